package org.spiceshm.canvas;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Copies runs but for the pixels of one colour. */
final class ColorKey {
    private static final int COLORS = 0xffffff;

    private ColorKey() {}

    /** A colour 0x??RRGGBB as native pixels of the format have it, bits cut off; coverage has no colour: 0. */
    static int of(SurfaceFormat format, int color) {
        return switch (format) {
            case RGB_555 -> (color >> 9 & 0x7c00) | (color >> 6 & 0x03e0) | (color >> 3 & 0x001f);
            case RGB_565 -> (color >> 8 & 0xf800) | (color >> 5 & 0x07e0) | (color >> 3 & 0x001f);
            case XRGB_32, ARGB_32 -> color & COLORS;
            case A8, A1 -> 0;
        };
    }

    /** The top byte of 32 bits is copied and not compared. */
    static void copy(Surface target, int y, int x, int width, int[] source, int key) {
        MemorySegment memory = target.memory;
        long base = target.pixelOffset(x, y);
        switch (target.pixelBytes) {
            case 4 -> {
                for (int i = 0; i < width; i++) {
                    int s = source[i];
                    int d = memory.get(Surface.INT, base + 4L * i);
                    int same = (((s ^ key) & COLORS) - 1) >> 31; // all ones if it is the key
                    memory.set(Surface.INT, base + 4L * i, s ^ ((s ^ d) & same));
                }
            }
            case 2 -> {
                for (int i = 0; i < width; i++) {
                    if ((short) source[i] != (short) key) {
                        memory.set(Surface.SHORT, base + 2L * i, (short) source[i]);
                    }
                }
            }
            default -> {
                for (int i = 0; i < width; i++) {
                    if ((byte) source[i] != (byte) key) {
                        memory.set(JAVA_BYTE, base + i, (byte) source[i]);
                    }
                }
            }
        }
    }
}
