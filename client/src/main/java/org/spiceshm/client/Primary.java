package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Where the screen's pixels are. Immutable; the pixels change. All of it has been checked to lie inside the memory.
 *
 * @param serial how many screens there have been, with this one
 * @param segment what must be held while reading, or null if the display's lock guards the pixels
 */
record Primary(
        long serial,
        int surfaceId,
        int width,
        int height,
        SurfaceFormat format,
        MemorySegment memory,
        long offset,
        int strideBytes,
        @Nullable MappedSegment segment) {
    /** No screen has more pixels: 16384 x 8192. */
    static final long MAX_PIXELS = 1L << 27;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Whether a screen may look like this. */
    static boolean isScreenFormat(SurfaceFormat format) {
        return switch (format) {
            case RGB_555, RGB_565, XRGB_32, ARGB_32 -> true;
            case A1, A8 -> false;
        };
    }

    /** One pixel, as x8r8g8b8 with a zero x. */
    int pixel(int x, int y) {
        Objects.checkIndex(x, width);
        Objects.checkIndex(y, height);
        long row = offset + (long) strideBytes * y;
        return switch (format) {
            case RGB_555, RGB_565 -> format.toRgb(memory.get(SHORT, row + 2L * x));
            case XRGB_32, ARGB_32 -> memory.get(INT, row + 4L * x) & 0xff_ffff;
            case A1, A8 -> throw new IllegalStateException("a screen in " + format);
        };
    }

    /** Copies every pixel as it is stored into {@code target}: the part that must be quick. */
    void copyRaw(int[] target) {
        if (format.bitsPerPixel() == 32) {
            copyInts(target);
        } else {
            copyShorts(target);
        }
    }

    private void copyInts(int[] target) {
        if (strideBytes == 4 * width) {
            MemorySegment.copy(memory, INT, offset, target, 0, width * height);
            return;
        }
        for (int y = 0; y < height; y++) {
            MemorySegment.copy(memory, INT, offset + (long) strideBytes * y, target, y * width, width);
        }
    }

    private void copyShorts(int[] target) {
        for (int y = 0; y < height; y++) {
            long row = offset + (long) strideBytes * y;
            for (int x = 0; x < width; x++) {
                target[y * width + x] = memory.get(SHORT, row + 2L * x);
            }
        }
    }

    /** Turns what {@link #copyRaw} gave into x8r8g8b8 with a zero x. */
    void convert(int[] pixels) {
        switch (format) {
            case RGB_555, RGB_565 -> {
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = format.toRgb(pixels[i]);
                }
            }
            case XRGB_32, ARGB_32 -> {
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] &= 0xff_ffff;
                }
            }
            case A1, A8 -> throw new IllegalStateException("a screen in " + format);
        }
    }
}
