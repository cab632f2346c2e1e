package org.spiceshm.canvas;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The inner loops: raster operations on native pixels, and conversion between native pixels and premultiplied ARGB. A
 * loop reads a Java array and writes native memory, or stays inside one array, so that C2 vectorises it.
 */
final class Pixels {
    private static final int OPAQUE = 0xff000000;

    private Pixels() {}

    /** Every pixel of the run becomes {@code (pixel & keep) ^ flip}. */
    static void fill(Surface target, int y, int x, int width, int keep, int flip) {
        MemorySegment memory = target.memory;
        if (target.pixelBytes == 0) {
            fillBits(target, y, x, width, keep, flip);
            return;
        }
        long base = target.pixelOffset(x, y);
        switch (target.pixelBytes) {
            case 4 -> {
                if (keep == 0) {
                    fillInts(memory, base, width, flip);
                } else {
                    ropInts(memory, base, width, keep, flip);
                }
            }
            case 2 -> {
                for (int i = 0; i < width; i++) {
                    long at = base + 2L * i;
                    memory.set(Surface.SHORT, at, (short) ((memory.get(Surface.SHORT, at) & keep) ^ flip));
                }
            }
            default -> {
                for (int i = 0; i < width; i++) {
                    long at = base + i;
                    memory.set(JAVA_BYTE, at, (byte) ((memory.get(JAVA_BYTE, at) & keep) ^ flip));
                }
            }
        }
    }

    private static void fillInts(MemorySegment memory, long base, int width, int color) {
        for (int i = 0; i < width; i++) {
            memory.set(Surface.INT, base + 4L * i, color);
        }
    }

    private static void ropInts(MemorySegment memory, long base, int width, int keep, int flip) {
        for (int i = 0; i < width; i++) {
            long at = base + 4L * i;
            memory.set(Surface.INT, at, (memory.get(Surface.INT, at) & keep) ^ flip);
        }
    }

    private static void fillBits(Surface target, int y, int x, int width, int keep, int flip) {
        for (int i = x; i < x + width; i++) {
            long at = target.rowOffset(y) + (i >> 3);
            int bit = 1 << (i & 7);
            byte old = target.memory.get(JAVA_BYTE, at);
            int drawn = (old & -(keep & 1)) ^ -(flip & 1);
            target.memory.set(JAVA_BYTE, at, (byte) ((old & ~bit) | (drawn & bit)));
        }
    }

    /** Combines a run of source pixels with the surface by a truth table of {@link Rop}. */
    static void rop(Surface target, int y, int x, int width, int[] source, int index, int table) {
        rop(
                target,
                y,
                x,
                width,
                source,
                index,
                Rop.keepMask(table),
                Rop.keepInvert(table),
                Rop.flipMask(table),
                Rop.flipInvert(table));
    }

    /**
     * As above, by what becomes of the destination: {@code (d & ((s & keepMask) ^ keepInvert)) ^ ...}, see {@link Rop}.
     *
     * <p>It has more bytecodes than C2 inlines (325, FreqInlineSize), and should: inside the loops of its callers, C2 makes
     * vectors of only two pixels of it, a quarter of the speed.
     */
    static void rop(
            Surface target,
            int y,
            int x,
            int width,
            int[] source,
            int index,
            int keepMask,
            int keepInvert,
            int flipMask,
            int flipInvert) {
        if (keepMask == 0 && keepInvert == 0 && flipMask == -1 && flipInvert == 0) {
            target.writeRow(y, x, width, source, index);
            return;
        }
        MemorySegment memory = target.memory;
        long base = target.pixelOffset(x, y);
        switch (target.pixelBytes) {
            case 4 -> {
                for (int i = 0; i < width; i++) {
                    int s = source[index + i];
                    int d = memory.get(Surface.INT, base + 4L * i);
                    int result = (d & ((s & keepMask) ^ keepInvert)) ^ ((s & flipMask) ^ flipInvert);
                    memory.set(Surface.INT, base + 4L * i, result);
                }
            }
            case 2 -> {
                for (int i = 0; i < width; i++) {
                    int s = source[index + i];
                    int d = memory.get(Surface.SHORT, base + 2L * i);
                    int result = (d & ((s & keepMask) ^ keepInvert)) ^ ((s & flipMask) ^ flipInvert);
                    memory.set(Surface.SHORT, base + 2L * i, (short) result);
                }
            }
            default -> {
                for (int i = 0; i < width; i++) {
                    int s = source[index + i];
                    int d = memory.get(JAVA_BYTE, base + i);
                    int result = (d & ((s & keepMask) ^ keepInvert)) ^ ((s & flipMask) ^ flipInvert);
                    memory.set(JAVA_BYTE, base + i, (byte) result);
                }
            }
        }
    }

    /** Combines runs of source and brush pixels, which have the same index, with the surface. */
    static void rop3(Surface target, int y, int x, int width, int[] source, int[] brush, int index, Rop3 operation) {
        int keepMaskAnd = operation.keepMaskAnd;
        int keepMaskXor = operation.keepMaskXor;
        int keepInvertAnd = operation.keepInvertAnd;
        int keepInvertXor = operation.keepInvertXor;
        int flipMaskAnd = operation.flipMaskAnd;
        int flipMaskXor = operation.flipMaskXor;
        int flipInvertAnd = operation.flipInvertAnd;
        int flipInvertXor = operation.flipInvertXor;
        MemorySegment memory = target.memory;
        long base = target.pixelOffset(x, y);
        if (target.pixelBytes == 4) {
            for (int i = 0; i < width; i++) {
                int s = source[index + i];
                int p = brush[index + i];
                int d = memory.get(Surface.INT, base + 4L * i);
                int keep = (s & ((p & keepMaskAnd) ^ keepMaskXor)) ^ (p & keepInvertAnd) ^ keepInvertXor;
                int flip = (s & ((p & flipMaskAnd) ^ flipMaskXor)) ^ (p & flipInvertAnd) ^ flipInvertXor;
                memory.set(Surface.INT, base + 4L * i, (d & keep) ^ flip);
            }
            return;
        }
        for (int i = 0; i < width; i++) {
            int s = source[index + i];
            int p = brush[index + i];
            int d = memory.get(Surface.SHORT, base + 2L * i);
            int keep = (s & ((p & keepMaskAnd) ^ keepMaskXor)) ^ (p & keepInvertAnd) ^ keepInvertXor;
            int flip = (s & ((p & flipMaskAnd) ^ flipMaskXor)) ^ (p & flipInvertAnd) ^ flipInvertXor;
            memory.set(Surface.SHORT, base + 2L * i, (short) ((d & keep) ^ flip));
        }
    }

    /** Expands by bit replication; what has no alpha becomes opaque, and what is only alpha is black. */
    static void toArgb(SurfaceFormat from, int[] row, int index, int width) {
        int end = index + width;
        switch (from) {
            case ARGB_32 -> {}
            case XRGB_32 -> {
                for (int i = index; i < end; i++) {
                    row[i] |= OPAQUE;
                }
            }
            case A8 -> {
                for (int i = index; i < end; i++) {
                    row[i] <<= 24;
                }
            }
            case RGB_555 -> {
                for (int i = index; i < end; i++) {
                    int p = row[i];
                    int high = (p & 0x7c00) << 9 | (p & 0x03e0) << 6 | (p & 0x001f) << 3;
                    row[i] = OPAQUE | high | (high >> 5 & 0x070707);
                }
            }
            case RGB_565 -> {
                for (int i = index; i < end; i++) {
                    int p = row[i];
                    int redBlue = (p & 0xf800) << 8 | (p & 0x001f) << 3;
                    int green = (p & 0x07e0) << 5;
                    row[i] = OPAQUE | redBlue | (redBlue >> 5 & 0x070007) | green | (green >> 6 & 0x000300);
                }
            }
            case A1 -> {
                for (int i = index; i < end; i++) {
                    row[i] = -(row[i] & 1) & OPAQUE;
                }
            }
        }
    }

    /** Truncates; the unused bits of xRGB and 555 become zero. */
    static void fromArgb(SurfaceFormat to, int[] row, int index, int width) {
        int end = index + width;
        switch (to) {
            case ARGB_32 -> {}
            case XRGB_32 -> {
                for (int i = index; i < end; i++) {
                    row[i] &= ~OPAQUE;
                }
            }
            case A8 -> {
                for (int i = index; i < end; i++) {
                    row[i] >>>= 24;
                }
            }
            case RGB_555 -> {
                for (int i = index; i < end; i++) {
                    int p = row[i];
                    row[i] = (p >> 9 & 0x7c00) | (p >> 6 & 0x03e0) | (p >> 3 & 0x001f);
                }
            }
            case RGB_565 -> {
                for (int i = index; i < end; i++) {
                    int p = row[i];
                    row[i] = (p >> 8 & 0xf800) | (p >> 5 & 0x07e0) | (p >> 3 & 0x001f);
                }
            }
            case A1 -> {
                for (int i = index; i < end; i++) {
                    row[i] >>>= 31;
                }
            }
        }
    }
}
