package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;

/** What a pointer's pixels look like. spice-protocol, enums.h: SpiceCursorType. */
public enum CursorType {
    /** Bytes blue, green, red, alpha. */
    ALPHA,
    /** An AND mask, then an XOR mask, each most significant bit first in rows of whole bytes. */
    MONO,
    /** Nibbles, 16 palette entries, then an AND mask. */
    COLOR4,
    /** Bytes, 256 palette entries, then an AND mask. */
    COLOR8,
    /** x1r5g5b5, then an AND mask. */
    COLOR16,
    /** Bytes blue, green, red, then an AND mask. */
    COLOR24,
    /** Bytes blue, green, red, unused, then an AND mask. */
    COLOR32;

    private static final CursorType[] VALUES = values();

    /** The number on the wire. */
    public int number() {
        return ordinal();
    }

    /** Bytes that a shape of this size takes; {@code 0 <= width, height <= 65535}. */
    public long dataBytes(int width, int height) {
        long maskBytes = (width + 7L) / 8 * height;
        long pixels = (long) width * height;
        return switch (this) {
            case ALPHA -> 4 * pixels;
            case MONO -> 2 * maskBytes;
            case COLOR4 -> (width + 1L) / 2 * height + 16 * 4 + maskBytes;
            case COLOR8 -> pixels + 256 * 4 + maskBytes;
            case COLOR16 -> 2 * pixels + maskBytes;
            case COLOR24 -> 3 * pixels + maskBytes;
            case COLOR32 -> 4 * pixels + maskBytes;
        };
    }

    /** The type with this number, or null. */
    public static @Nullable CursorType ofNumber(int number) {
        return 0 <= number && number < VALUES.length ? VALUES[number] : null;
    }
}
