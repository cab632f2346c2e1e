package org.spiceshm.app;

/** Sizes as {@code WIDTHxHEIGHT}. */
final class Sizes {
    private Sizes() {}

    static int width(String size) {
        return part(size, 0);
    }

    static int height(String size) {
        return part(size, 1);
    }

    private static int part(String size, int index) {
        String[] parts = size.split("x", -1);
        try {
            if (parts.length == 2) {
                return Integer.parseInt(parts[index]);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException("--size: got " + size + ", expected WIDTHxHEIGHT");
    }
}
