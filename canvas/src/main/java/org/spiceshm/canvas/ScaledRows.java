package org.spiceshm.canvas;

import java.util.Arrays;

/**
 * Delivers rows of a picture that is scaled, mirrored or moved, but not turned: all pixels of a row then come from the
 * same one or two rows of the picture. Those are kept for the next row, and what a row's pixels take from which columns
 * is kept as long as the rows begin and end at the same columns.
 *
 * <p>Owned by the render thread; its rows grow to the widest and stay.
 */
final class ScaledRows {
    private static final int NO_ROW = -2;

    private long runX;
    private int runCount;

    /** For every pixel drawn, where its neighbours are in {@link #line}. */
    private int[] left = new int[0];

    private int[] right = new int[0];
    private int[] weights = new int[0];

    /** One row of the picture from column {@link #lineLeft} on, after one transparent pixel. */
    private int[] line = new int[1];

    /** Whether the pixels' neighbours are the line's pixels two by two: a picture of half the size. */
    private boolean halved;

    private int lineLeft;
    private int lineWidth;

    private int[] leftPixels = new int[0];
    private int[] rightPixels = new int[0];
    private Blended top = new Blended();
    private Blended bottom = new Blended();

    /** One row of the picture, brought to the columns that are drawn. Nearest, it has whole pixels and is all even. */
    private static final class Blended {
        int row = NO_ROW;
        int[] even = new int[0];
        int[] odd = new int[0];
    }

    /** Forgets the rows of another picture. */
    void begin() {
        runCount = 0;
    }

    /** Pixels nearest to {@code x}, {@code x + step} and so on in 16.16 numbers. */
    void nearest(Sampler picture, long x, int step, long y, int count, int[] out) {
        beginRun(picture, x, step, count, false);
        int row = picture.rowAt((int) (y >> 16));
        if (top.row != row) {
            readLine(picture, row);
            gather(line, left, count, top.even);
            top.row = row;
        }
        System.arraycopy(top.even, 0, out, 0, count);
    }

    /** Blends the pixels around {@code x}, {@code x + step} and so on in 16.16 numbers. */
    void bilinear(Sampler picture, long x, int step, long y, int count, int[] out) {
        beginRun(picture, x, step, count, true);
        int topRow = picture.rowAt((int) (y >> 16));
        int bottomRow = picture.rowAt((int) (y >> 16) + 1);
        if (top.row != topRow && (bottom.row == topRow || top.row == bottomRow)) {
            Blended other = top;
            top = bottom;
            bottom = other;
        }
        blend(picture, topRow, top);
        int weight = Bilinear.weight(y);
        if (weight == 0) {
            Bilinear.pack(top.even, top.odd, count, out);
            return;
        }
        blend(picture, bottomRow, bottom);
        Bilinear.down(top.even, top.odd, bottom.even, bottom.odd, weight, count, out);
    }

    private void blend(Sampler picture, int row, Blended blended) {
        if (blended.row == row) {
            return;
        }
        readLine(picture, row);
        if (halved) {
            split(line, left[0], runCount, leftPixels, rightPixels);
        } else {
            gather(line, left, runCount, leftPixels);
            gather(line, right, runCount, rightPixels);
        }
        Bilinear.acrossEven(leftPixels, rightPixels, weights, runCount, blended.even);
        Bilinear.acrossOdd(leftPixels, rightPixels, weights, runCount, blended.odd);
        blended.row = row;
    }

    private void readLine(Sampler picture, int row) {
        if (row < 0) {
            Arrays.fill(line, 0, lineWidth + 1, 0);
        } else if (lineWidth > 0) {
            picture.read(row, lineLeft, lineWidth, line, 1);
        }
    }

    private static void gather(int[] from, int[] indices, int count, int[] to) {
        for (int i = 0; i < count; i++) {
            to[i] = from[indices[i]];
        }
    }

    private static void split(int[] from, int first, int count, int[] even, int[] odd) {
        for (int i = 0; i < count; i++) {
            even[i] = from[first + 2 * i];
            odd[i] = from[first + 2 * i + 1];
        }
    }

    private void beginRun(Sampler picture, long x, int step, int count, boolean blends) {
        if (runCount == count && runX == x) {
            return;
        }
        runX = x;
        runCount = count;
        top.row = bottom.row = NO_ROW;
        grow(count);
        int least = Integer.MAX_VALUE;
        int most = -1;
        long at = x;
        for (int i = 0; i < count; i++) {
            int column = (int) (at >> 16);
            int l = picture.columnAt(column);
            int r = blends ? picture.columnAt(column + 1) : l;
            left[i] = l;
            right[i] = r;
            weights[i] = Bilinear.weight(at);
            // As unsigned numbers, the -1 of no column is never least.
            least = Math.min(least, Math.min(l & Integer.MAX_VALUE, r & Integer.MAX_VALUE));
            most = Math.max(most, Math.max(l, r));
            at += step;
        }
        lineLeft = least;
        lineWidth = most < 0 ? 0 : most + 1 - least;
        line = Canvas.atLeast(line, lineWidth + 1);
        line[0] = 0;
        for (int i = 0; i < count; i++) {
            left[i] = left[i] < 0 ? 0 : left[i] + 1 - least;
            right[i] = right[i] < 0 ? 0 : right[i] + 1 - least;
        }
        halved =
                step == 2 * Transform.ONE && isRun(left, count, 2) && isRun(right, count, 2) && right[0] == left[0] + 1;
    }

    private static boolean isRun(int[] columns, int count, int step) {
        int i = 1;
        while (i < count && columns[i] == columns[i - 1] + step) {
            i++;
        }
        return i == count;
    }

    private void grow(int count) {
        left = Canvas.atLeast(left, count);
        right = Canvas.atLeast(right, count);
        weights = Canvas.atLeast(weights, count);
        leftPixels = Canvas.atLeast(leftPixels, count);
        rightPixels = Canvas.atLeast(rightPixels, count);
        top.even = Canvas.atLeast(top.even, count);
        top.odd = Canvas.atLeast(top.odd, count);
        bottom.even = Canvas.atLeast(bottom.even, count);
        bottom.odd = Canvas.atLeast(bottom.odd, count);
    }
}
