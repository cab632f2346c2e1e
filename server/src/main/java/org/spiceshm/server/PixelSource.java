package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * A primary as whoever draws it knows it, before anybody is told.
 *
 * @param memory what it lies in
 * @param offset bytes to its top row
 * @param strideBytes from one row to the next
 */
public record PixelSource(
        MemorySegment memory, long offset, int strideBytes, int widthPixels, int heightPixels, SurfaceFormat format) {
    /** Whether these are the pixels of {@code primary}. */
    boolean isOf(Primary primary) {
        return memory.address() == primary.segment().memory().address()
                && offset == primary.offset()
                && strideBytes == primary.strideBytes()
                && widthPixels == primary.widthPixels()
                && heightPixels == primary.heightPixels()
                && format == primary.format();
    }

    /** Copies a rectangle to the same place of a surface with the same stride at {@code targetOffset}. */
    void copyTo(MemorySegment target, long targetOffset, int top, int left, int bottom, int right) {
        int bits = format.bitsPerPixel();
        long first = (long) left * bits / Byte.SIZE;
        long bytes = ((long) right * bits + Byte.SIZE - 1) / Byte.SIZE - first;
        if (left == 0 && right == widthPixels) {
            // Whole rows: what lies between them comes along, and it is one copy.
            long start = (long) strideBytes * top;
            long length = (long) strideBytes * (bottom - 1 - top) + bytes;
            MemorySegment.copy(memory, offset + start, target, targetOffset + start, length);
            return;
        }
        for (int y = top; y < bottom; y++) {
            long row = (long) strideBytes * y + first;
            MemorySegment.copy(memory, offset + row, target, targetOffset + row, bytes);
        }
    }
}
