package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The surface that is on the screen, rows top first.
 *
 * @param segment where it lies
 * @param offset bytes from the segment's start to the top row, a multiple of 4096
 * @param strideBytes from one row to the next, a multiple of 4
 */
public record Primary(
        SharedSegment segment,
        long offset,
        int strideBytes,
        int widthPixels,
        int heightPixels,
        SurfaceFormat format) {
    /** Copies part of a row as 32-bit pixels (x8r8g8b8), whatever its format is. */
    void copyRow(int y, int left, int width, MemorySegment target, long targetOffset) {
        MemorySegment memory = segment.memory();
        long row = offset + (long) strideBytes * y;
        switch (format) {
            case XRGB_32, ARGB_32 -> MemorySegment.copy(memory, row + 4L * left, target, targetOffset, 4L * width);
            case RGB_555 -> Expand.rgb555(memory, row + 2L * left, target, targetOffset, width);
            case RGB_565 -> Expand.rgb565(memory, row + 2L * left, target, targetOffset, width);
            case A8 -> Expand.a8(memory, row + left, target, targetOffset, width);
            case A1 -> Expand.a1(memory, row, left, target, targetOffset, width);
        }
    }
}
