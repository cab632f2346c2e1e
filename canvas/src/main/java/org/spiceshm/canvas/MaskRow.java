package org.spiceshm.canvas;

import java.util.Arrays;

/**
 * The runs of one row that a mask lets through.
 *
 * <pre>
 * begin(region, mask, y, left, width)
 * while (next()) draw [from(), from() + length()), counted from left
 * </pre>
 *
 * <p>Owned by the render thread; its row grows to the widest and stays.
 */
final class MaskRow {
    private int[] drawn = new int[0];
    private boolean masked;
    private int width;
    private int from;
    private int to;

    /** Row {@code y} of the surface, from column {@code left} on. Without a mask it is one run. */
    void begin(Region region, Mask mask, int y, int left, int newWidth) {
        masked = mask.isPresent();
        width = newWidth;
        from = to = 0;
        if (masked) {
            read(region, mask, y, left);
        }
    }

    /** Finds the next run; false when there is none. */
    boolean next() {
        if (to == width) {
            return false;
        }
        from = masked ? next(to, 1) : 0;
        to = masked ? next(from, 0) : width;
        return from < to;
    }

    /** Where the run starts, counted from the row's first pixel. */
    int from() {
        return from;
    }

    /** Pixels of the run. */
    int length() {
        return to - from;
    }

    private void read(Region region, Mask mask, int y, int left) {
        if (drawn.length < width) {
            drawn = new int[Math.max(width, 2 * drawn.length)];
        }
        int row = y - region.boxTop() + mask.y;
        int x = left - region.boxLeft() + mask.x;
        boolean rowExists = 0 <= row && row < mask.bitmap.heightPixels();
        int first = Math.clamp(0L - x, 0, width);
        int end = rowExists ? Math.clamp((long) mask.bitmap.widthPixels() - x, first, width) : first;
        Arrays.fill(drawn, 0, first, 0);
        Arrays.fill(drawn, end, width, 0);
        if (first < end) {
            mask.bitmap.readMask(row, x + first, end - first, drawn, first);
            int flip = mask.drawnBit ^ 1;
            for (int i = first; i < end; i++) {
                drawn[i] ^= flip;
            }
        }
    }

    private int next(int start, int bit) {
        int at = start;
        while (at < width && drawn[at] != bit) {
            at++;
        }
        return at;
    }
}
