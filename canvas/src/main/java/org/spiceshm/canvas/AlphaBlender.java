package org.spiceshm.canvas;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Puts rows of premultiplied ARGB over what a surface shows. Owned by the render thread; its row grows and stays. */
final class AlphaBlender {
    private static final int COLORS = 0xffffff;
    private static final int NONE = 0;
    private static final int PARTIAL = 1;
    private static final int FULL = 2;

    private int[] targetRow = new int[0];

    /** {@code source + surface * (255 - source's alpha) / 255}, saturated, for every channel. */
    void over(Surface target, int y, int x, int width, int[] source) {
        if (target.pixelBytes == 4) {
            int stored = target.format == SurfaceFormat.ARGB_32 ? -1 : COLORS;
            over(target.memory, target.pixelOffset(x, y), width, source, stored);
            return;
        }
        targetRow = Canvas.atLeast(targetRow, width);
        target.readRow(y, x, width, targetRow, 0);
        Pixels.toArgb(target.format, targetRow, 0, width);
        Compositor.combine(Compositor.OVER, targetRow, source, width);
        Pixels.fromArgb(target.format, targetRow, 0, width);
        target.writeRow(y, x, width, targetRow, 0);
    }

    /**
     * Most rows of real pictures are opaque from end to end, or nothing at all: those are copied, or passed over. What is
     * passed over keeps its unused byte, which the reference leaves undefined here.
     */
    private static void over(MemorySegment memory, long base, int width, int[] source, int stored) {
        switch (coverage(source, width)) {
            case FULL -> put(memory, base, width, source, stored);
            case PARTIAL -> blend(memory, base, width, source, stored);
            default -> {}
        }
    }

    /** Without an early way out, which C2 would not vectorise. */
    private static int coverage(int[] source, int width) {
        int any = 0;
        int missing = 0;
        for (int i = 0; i < width; i++) {
            any |= source[i];
            missing |= ~source[i] >>> 24;
        }
        return missing == 0 ? FULL : any == 0 ? NONE : PARTIAL;
    }

    private static void put(MemorySegment memory, long base, int width, int[] source, int stored) {
        for (int i = 0; i < width; i++) {
            memory.set(Surface.INT, base + 4L * i, source[i] & stored);
        }
    }

    private static void blend(MemorySegment memory, long base, int width, int[] source, int stored) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = memory.get(Surface.INT, base + 4L * i);
            memory.set(Surface.INT, base + 4L * i, Compositor.add(s, Compositor.multiply(d, ~s >>> 24)) & stored);
        }
    }

    /** Every channel of the row times {@code alpha} 255ths. */
    static void fade(int[] row, int width, int alpha) {
        for (int i = 0; i < width; i++) {
            row[i] = Compositor.multiply(row[i], alpha);
        }
    }
}
