package org.spiceshm.canvas;

import java.util.Arrays;

/**
 * Lines to stroke: polylines of whole pixels, made of a path's points in 28.4 fixed point. spice-protocol, enums.h:
 * SpicePathFlags.
 *
 * <p>Owned by the render thread; reused for every command. Its arrays grow to the longest path, at most
 * {@link #MAX_POINTS}, and stay.
 */
public final class Polylines {
    /** A path with more points, those of flattened curves included, is invalid. */
    public static final int MAX_POINTS = 1 << 20;

    private static final int BEGIN = 1;
    private static final int END = 2;
    private static final int CLOSE = 8;
    private static final int BEZIER = 16;

    private static final int FRACTION_BITS = 4;
    private static final int HALF = 8;
    private static final int FRACTION = 15;

    private int[] xs = new int[64];
    private int[] ys = new int[64];
    /** Where each polyline starts among the points; one entry more than polylines. */
    private int[] starts = new int[16];

    private int points;
    private int polylines;
    private boolean valid = true;

    private boolean curves;
    private int pending;
    private final long[] controlX = new long[2];
    private final long[] controlY = new long[2];

    /** No line. */
    public void reset() {
        points = polylines = 0;
        pending = 0;
        valid = true;
    }

    /** Begins a segment; its points follow, and then {@link #endSegment}. */
    public void beginSegment(int flags) {
        if ((flags & BEGIN) != 0) {
            endPolyline();
        }
        curves = (flags & BEZIER) != 0;
        pending = 0;
    }

    /** The segment's next point, 28.4 fixed point. Of a curve, two control points and an end make a piece. */
    public void point(int x, int y) {
        if (!curves || points == starts[polylines]) {
            append(round(x), round(y));
        } else if (pending < 2) {
            controlX[pending] = x;
            controlY[pending] = y;
            pending++;
        } else {
            pending = 0;
            long fromX = (long) xs[points - 1] << FRACTION_BITS;
            long fromY = (long) ys[points - 1] << FRACTION_BITS;
            flatten(fromX, fromY, controlX[0], controlY[0], controlX[1], controlY[1], x, y);
        }
    }

    /** Ends a segment. */
    public void endSegment(int flags) {
        if ((flags & END) != 0) {
            if ((flags & CLOSE) != 0 && points != starts[polylines]) {
                append(xs[starts[polylines]], ys[starts[polylines]]);
            }
            endPolyline();
        }
    }

    /** Ends the last polyline, whether or not its segment said so. */
    public void finish() {
        endPolyline();
    }

    /** False when it has more than {@link #MAX_POINTS}. */
    public boolean isValid() {
        return valid;
    }

    int polylines() {
        return polylines;
    }

    /** First point of a polyline. */
    int start(int polyline) {
        return starts[polyline];
    }

    /** Point after the last of a polyline. */
    int end(int polyline) {
        return starts[polyline + 1];
    }

    int x(int point) {
        return xs[point];
    }

    int y(int point) {
        return ys[point];
    }

    /** To the nearest pixel; one half goes down. */
    private static int round(long fixed) {
        return (int) (fixed >> FRACTION_BITS) + ((fixed & FRACTION) > HALF ? 1 : 0);
    }

    private void append(int x, int y) {
        if (points == MAX_POINTS) {
            valid = false;
            return;
        }
        if (points == xs.length) {
            xs = Arrays.copyOf(xs, 2 * points);
            ys = Arrays.copyOf(ys, 2 * points);
        }
        xs[points] = x;
        ys[points] = y;
        points++;
    }

    private void endPolyline() {
        if (points == starts[polylines]) {
            return;
        }
        polylines++;
        if (polylines == starts.length) {
            starts = Arrays.copyOf(starts, 2 * polylines);
        }
        starts[polylines] = points;
    }

    /** Halves the curve until its control points lie close to its chord; each piece adds its rounded end. */
    private void flatten(long x0, long y0, long x1, long y1, long x2, long y2, long x3, long y3) {
        if (!valid) {
            return;
        }
        if (isFlat(x1 - x0, y1 - y0, x3 - x0, y3 - y0) && isFlat(x2 - x3, y2 - y3, x0 - x3, y0 - y3)) {
            append(round(x3), round(y3));
            return;
        }
        long x01 = (x0 + x1) / 2;
        long y01 = (y0 + y1) / 2;
        long x12 = (x1 + x2) / 2;
        long y12 = (y1 + y2) / 2;
        long x23 = (x2 + x3) / 2;
        long y23 = (y2 + y3) / 2;
        long x012 = (x01 + x12) / 2;
        long y012 = (y01 + y12) / 2;
        long x123 = (x12 + x23) / 2;
        long y123 = (y12 + y23) / 2;
        long x = (x012 + x123) / 2;
        long y = (y012 + y123) / 2;
        flatten(x0, y0, x01, y01, x012, y012, x, y);
        flatten(x, y, x123, y123, x23, y23, x3, y3);
    }

    /**
     * Whether the squared height of a over b is below half a pixel; 28.4 fixed point throughout. What is smaller than can
     * be told is flat, so that halving ends.
     */
    private static boolean isFlat(long ax, long ay, long bx, long by) {
        long a2 = (ax * ax + ay * ay) >> FRACTION_BITS;
        long b2 = (bx * bx + by * by) >> FRACTION_BITS;
        long ab = (ax * bx + ay * by) >> FRACTION_BITS;
        long h = (a2 * b2 - ab * ab) >> 3;
        return h < b2 || (a2 == 0 && b2 == 0);
    }
}
