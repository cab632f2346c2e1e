package org.spiceshm.server;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes 32-bit pixels of others, as canvases do: the high bits of a component are repeated below. */
final class Expand {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Expand() {}

    static void rgb555(MemorySegment source, long from, MemorySegment target, long to, int width) {
        for (int i = 0; i < width; i++) {
            int pixel = source.get(SHORT, from + 2L * i);
            target.set(INT, to + 4L * i, rgb(five(pixel >> 10), five(pixel >> 5), five(pixel)));
        }
    }

    static void rgb565(MemorySegment source, long from, MemorySegment target, long to, int width) {
        for (int i = 0; i < width; i++) {
            int pixel = source.get(SHORT, from + 2L * i);
            int green = (pixel >> 5) & 0x3f;
            target.set(INT, to + 4L * i, rgb(five(pixel >> 11), (green << 2) | (green >> 4), five(pixel)));
        }
    }

    static void a8(MemorySegment source, long from, MemorySegment target, long to, int width) {
        for (int i = 0; i < width; i++) {
            int level = source.get(JAVA_BYTE, from + i) & 0xff;
            target.set(INT, to + 4L * i, rgb(level, level, level));
        }
    }

    static void a1(MemorySegment source, long row, int left, MemorySegment target, long to, int width) {
        for (int i = 0; i < width; i++) {
            int x = left + i;
            int level = ((source.get(JAVA_BYTE, row + (x >> 3)) >> (x & 7)) & 1) * 0xff;
            target.set(INT, to + 4L * i, rgb(level, level, level));
        }
    }

    private static int five(int bits) {
        int level = bits & 0x1f;
        return (level << 3) | (level >> 2);
    }

    private static int rgb(int red, int green, int blue) {
        return (red << 16) | (green << 8) | blue;
    }
}
