package org.spiceshm.canvas;

import java.util.Arrays;

/**
 * The coverage of a string's glyphs, merged: one number, 0 to 255, for each pixel of a band of rows. Where glyphs
 * overlap, the greater counts. Owned by the render thread; grows to the largest band, at most {@link #MAX_PIXELS}, and
 * stays.
 */
final class GlyphMask {
    private static final int MAX_PIXELS = 1 << 22;
    private static final int FULL = 0xff;

    private int[] coverage = new int[0];
    private int left;
    private int top;
    private int width;
    private int height;

    /** How many rows a band of that width may have. */
    static int rows(int width) {
        return Math.max(1, MAX_PIXELS / width);
    }

    /** Draws the glyphs, as far as they lie in the rectangle. */
    void draw(Text text, int newTop, int newLeft, int bottom, int right) {
        top = newTop;
        left = newLeft;
        width = right - newLeft;
        height = bottom - newTop;
        int count = width * height;
        if (coverage.length < count) {
            coverage = new int[Math.min(Math.max(count, 2 * coverage.length), Math.max(count, MAX_PIXELS))];
        }
        Arrays.fill(coverage, 0, count, 0);
        for (int i = 0; i < text.count(); i++) {
            draw(text, i);
        }
    }

    /** Where the pixels of row {@code y} are in {@link #pixels}; the row's first pixel is the rectangle's left. */
    int row(int y) {
        return (y - top) * width;
    }

    int[] pixels() {
        return coverage;
    }

    private void draw(Text text, int glyph) {
        int glyphLeft = text.left(glyph);
        int glyphWidth = text.width(glyph);
        int glyphBottom = text.top(glyph) + text.height(glyph);
        int from = Math.max(0, left - glyphLeft);
        int to = Math.min(glyphWidth, left + width - glyphLeft);
        int first = Math.max(top, text.top(glyph));
        int end = Math.min(top + height, glyphBottom);
        if (from >= to) {
            return;
        }
        int stride = text.stride(glyph);
        for (int y = first; y < end; y++) {
            // The bottom row is stored first.
            int at = text.offset(glyph) + (glyphBottom - 1 - y) * stride;
            int out = row(y) + glyphLeft - left;
            switch (text.bitsPerPixel()) {
                case 1 -> bits(text.bytes(), at, from, to, out);
                case 4 -> nibbles(text.bytes(), at, from, to, out);
                default -> wholes(text.bytes(), at, from, to, out);
            }
        }
    }

    private void bits(byte[] bytes, int at, int from, int to, int out) {
        for (int i = from; i < to; i++) {
            coverage[out + i] |= -(bytes[at + (i >> 3)] >> (7 - (i & 7)) & 1) & FULL;
        }
    }

    /**
     * The high nibble first; 15 is 240 of 255. Where glyphs overlap, the reference compares a low nibble together with the
     * high one before it, which nearly always makes it the greater.
     */
    private void nibbles(byte[] bytes, int at, int from, int to, int out) {
        for (int i = from; i < to; i++) {
            int both = bytes[at + (i >> 1)] & 0xff;
            int value = (i & 1) == 0 ? both & 0xf0 : both << 4;
            if (coverage[out + i] < value) {
                coverage[out + i] = value & 0xf0;
            }
        }
    }

    private void wholes(byte[] bytes, int at, int from, int to, int out) {
        for (int i = from; i < to; i++) {
            coverage[out + i] = Math.max(coverage[out + i], bytes[at + i] & 0xff);
        }
    }
}
