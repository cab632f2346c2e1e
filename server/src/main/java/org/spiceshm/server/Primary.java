package org.spiceshm.server;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The surface that is on the screen, rows top first.
 *
 * @param segment where it lies
 * @param offset bytes from the segment's start to the top row, a multiple of 4096
 * @param strideBytes from one row to the next, a multiple of 4
 */
public record Primary(
        SharedSegment segment, long offset, int strideBytes, int widthPixels, int heightPixels, SurfaceFormat format) {
    /** The number of every primary on the wire. */
    static final int ID = 0;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Copies part of a row as 32-bit pixels (x8r8g8b8), whatever its format is. */
    void copyRow(int y, int left, int width, MemorySegment target, long targetOffset) {
        MemorySegment memory = segment.memory();
        long row = offset + (long) strideBytes * y;
        switch (format.bitsPerPixel()) {
            case 32 -> MemorySegment.copy(memory, row + 4L * left, target, targetOffset, 4L * width);
            case 16 -> {
                for (int i = 0; i < width; i++) {
                    target.set(INT, targetOffset + 4L * i, format.toRgb(memory.get(SHORT, row + 2L * (left + i))));
                }
            }
            case 8 -> {
                for (int i = 0; i < width; i++) {
                    target.set(INT, targetOffset + 4L * i, format.toRgb(memory.get(JAVA_BYTE, row + left + i)));
                }
            }
            default -> {
                for (int i = 0; i < width; i++) {
                    int x = left + i;
                    int bit = memory.get(JAVA_BYTE, row + (x >> 3)) >> (x & 7);
                    target.set(INT, targetOffset + 4L * i, format.toRgb(bit));
                }
            }
        }
    }
}
