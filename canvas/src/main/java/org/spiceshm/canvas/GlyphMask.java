package org.spiceshm.canvas;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The coverage of a string's glyphs, merged: one byte, 0 to 255, for each pixel of a band of rows. Where glyphs
 * overlap, the greater counts. Owned by the render thread; grows to the largest band, at most {@link #MAX_PIXELS}, and
 * stays.
 */
final class GlyphMask {
    private static final int MAX_PIXELS = 1 << 22;
    private static final int FULL = 0xff;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Eight pixels may be looked at where one is left. */
    private static final int SPARE = Long.BYTES;

    private byte[] coverage = new byte[SPARE];
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
        int count = width * height + SPARE;
        if (coverage.length < count) {
            coverage = new byte[Math.clamp(2L * coverage.length, count, Math.max(count, MAX_PIXELS + SPARE))];
        }
        Arrays.fill(coverage, 0, count, (byte) 0);
        for (int i = 0; i < text.count(); i++) {
            draw(text, i);
        }
    }

    /** What {@code values} has for the coverage, 0 to 255, of each pixel of a run of row {@code y}. */
    void read(int y, int x, int count, int[] values, int[] out) {
        int at = (y - top) * width + x - left;
        byte[] from = coverage;
        for (int i = 0; i < count; i++) {
            out[i] = values[from[at + i] & FULL];
        }
    }

    private void draw(Text text, int glyph) {
        int glyphLeft = text.left(glyph);
        int glyphWidth = text.width(glyph);
        int glyphBottom = text.top(glyph) + text.height(glyph);
        int from = Math.max(0, left - glyphLeft);
        int to = Math.min(glyphWidth, left + width - glyphLeft);
        int first = Math.max(top, text.top(glyph));
        int end = Math.min(top + height, glyphBottom);
        if (from >= to || first >= end) {
            return;
        }
        int stride = text.stride(glyph);
        // The bottom row is stored first.
        int at = text.offset(glyph) + (glyphBottom - 1 - first) * stride;
        int out = (first - top) * width + glyphLeft - left;
        for (int rows = end - first; rows > 0; rows--) {
            switch (text.bitsPerPixel()) {
                case 1 -> bits(text.bytes(), at, from, to, out);
                case 4 -> nibbles(text.bytes(), at, from, to, out);
                default -> wholes(text.bytes(), at, from, to, out);
            }
            at -= stride;
            out += width;
        }
    }

    private void bits(byte[] bytes, int at, int from, int to, int out) {
        for (int i = from; i < to; i++) {
            coverage[out + i] |= (byte) -(bytes[at + (i >> 3)] >> (7 - (i & 7)) & 1);
        }
    }

    /** Eight at a time where nothing was drawn yet, which is nearly everywhere. */
    private void nibbles(byte[] bytes, int at, int from, int to, int out) {
        int i = from;
        if ((i & 1) != 0) {
            nibble(bytes, at, i, out);
            i++;
        }
        for (; i < to; i += Long.BYTES) {
            int count = Math.min(Long.BYTES, to - i);
            long drawn = -1L >>> ((Long.BYTES - count) * Byte.SIZE);
            long old = (long) LONG.get(coverage, out + i);
            if ((old & drawn) == 0) {
                LONG.set(coverage, out + i, old | (spread((int) INT.get(bytes, at + (i >> 1))) & drawn));
            } else {
                for (int j = i; j < i + count; j++) {
                    nibble(bytes, at, j, out);
                }
            }
        }
    }

    /** Each of eight nibbles, the high one of a byte first, to the high half of a byte of its own: 15 is 240 of 255. */
    private static long spread(int nibbles) {
        long pairs = nibbles & 0xffffffffL;
        pairs = (pairs | pairs << 16) & 0x0000ffff0000ffffL;
        pairs = (pairs | pairs << 8) & 0x00ff00ff00ff00ffL;
        return (pairs & 0x00f000f000f000f0L) | (pairs & 0x000f000f000f000fL) << 12;
    }

    /**
     * Where glyphs overlap, the reference compares a low nibble together with the high one before it, which nearly always
     * makes it the greater.
     */
    private void nibble(byte[] bytes, int at, int i, int out) {
        int both = bytes[at + (i >> 1)] & 0xff;
        int value = (i & 1) == 0 ? both & 0xf0 : both << 4;
        if ((coverage[out + i] & FULL) < value) {
            coverage[out + i] = (byte) (value & 0xf0);
        }
    }

    private void wholes(byte[] bytes, int at, int from, int to, int out) {
        for (int i = from; i < to; i++) {
            coverage[out + i] = (byte) Math.max(coverage[out + i] & FULL, bytes[at + i] & FULL);
        }
    }
}
