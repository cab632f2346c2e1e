package org.spiceshm.canvas;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A string's glyphs, as coverage. spice-protocol, draw.h: SpiceString. The bytes are copied here, so that whoever they
 * come from may change them.
 *
 * <p>Owned by the render thread; reused for every command. Its arrays grow to the longest string and stay.
 */
public final class Text {
    private static final int FIELDS = 5;
    private static final int LEFT = 0;
    private static final int TOP = 1;
    private static final int WIDTH = 2;
    private static final int HEIGHT = 3;
    private static final int OFFSET = 4;
    private static final int MAX_BYTES = 1 << 26;
    /** So that four bytes may be read where one is left. */
    private static final int SPARE_BYTES = Integer.BYTES - 1;

    private int bitsPerPixel;
    private int[] glyphs = new int[16 * FIELDS];
    private int count;
    private byte[] bytes = new byte[256];
    private MemorySegment segment = MemorySegment.ofArray(bytes);
    private int length;
    private boolean valid;

    private int boxTop;
    private int boxLeft;
    private int boxBottom;
    private int boxRight;

    /** An empty string whose glyphs have 1, 4 or 8 bits a pixel. */
    public void reset(int newBitsPerPixel) {
        bitsPerPixel = newBitsPerPixel;
        valid = newBitsPerPixel == 1 || newBitsPerPixel == 4 || newBitsPerPixel == 8;
        count = 0;
        length = 0;
        boxTop = boxLeft = Integer.MAX_VALUE;
        boxBottom = boxRight = Integer.MIN_VALUE;
    }

    /** Bytes of a glyph: rows of whole bytes. */
    public static long glyphBytes(int bitsPerPixel, int width, int height) {
        return ((long) width * bitsPerPixel + 7) / 8 * height;
    }

    /**
     * One more glyph, whose left top corner goes to pixel {@code left, top}.
     *
     * @param width pixels, 0 to 65535; as {@code height}
     * @param memory holds the glyph's bytes at {@code offset}, the bottom row first
     */
    public void glyph(int left, int top, int width, int height, MemorySegment memory, long offset) {
        long size = glyphBytes(bitsPerPixel, width, height);
        Objects.checkFromIndexSize(offset, size, memory.byteSize());
        if (!Region.inRange(left) || !Region.inRange(top) || size > MAX_BYTES - length) {
            valid = false;
            return;
        }
        // INVARIANT: size <= MAX_BYTES - length, so the sum fits an int.
        int end = length + (int) size;
        if (end + SPARE_BYTES > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end + SPARE_BYTES, 2 * bytes.length));
            segment = MemorySegment.ofArray(bytes);
        }
        MemorySegment.copy(memory, offset, segment, length, size);
        int at = count * FIELDS;
        if (at == glyphs.length) {
            glyphs = Arrays.copyOf(glyphs, 2 * at);
        }
        glyphs[at + LEFT] = left;
        glyphs[at + TOP] = top;
        glyphs[at + WIDTH] = width;
        glyphs[at + HEIGHT] = height;
        glyphs[at + OFFSET] = length;
        length = end;
        count++;
        boxTop = Math.min(boxTop, top);
        boxLeft = Math.min(boxLeft, left);
        boxBottom = Math.max(boxBottom, top + height);
        boxRight = Math.max(boxRight, left + width);
    }

    /** False when a glyph lies out of range, or there are more bytes than can be meant. */
    boolean isValid() {
        return valid;
    }

    int bitsPerPixel() {
        return bitsPerPixel;
    }

    int count() {
        return count;
    }

    int left(int glyph) {
        return glyphs[glyph * FIELDS + LEFT];
    }

    int top(int glyph) {
        return glyphs[glyph * FIELDS + TOP];
    }

    int width(int glyph) {
        return glyphs[glyph * FIELDS + WIDTH];
    }

    int height(int glyph) {
        return glyphs[glyph * FIELDS + HEIGHT];
    }

    int offset(int glyph) {
        return glyphs[glyph * FIELDS + OFFSET];
    }

    int stride(int glyph) {
        return (width(glyph) * bitsPerPixel + 7) >> 3;
    }

    byte[] bytes() {
        return bytes;
    }

    /** The smallest rectangle around all glyphs; meaningless without glyphs. */
    int boxTop() {
        return boxTop;
    }

    int boxLeft() {
        return boxLeft;
    }

    int boxBottom() {
        return boxBottom;
    }

    int boxRight() {
        return boxRight;
    }
}
