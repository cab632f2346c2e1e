package org.spiceshm.canvas;

/**
 * A convex polygon of three or four corners, filled by pixel centres: what wide lines are made of in X11's mi. Corners
 * are doubles, counted from a whole pixel; edges are told twice, by their corners, which say on which rows they count,
 * and by a direction in whole numbers and {@code k = x * dy - y * dx}, which say exactly where they cross a row.
 *
 * <pre>
 *        0 top        edge i goes from corner i to corner i + 1
 *   3  /   \  1       right edges: what lies left of the crossing is inside
 *      \   /          left edges: what lies at the crossing, or right of it
 *        2 bottom
 * </pre>
 *
 * <p>Owned by the render thread; reused for every polygon.
 */
final class ConvexPolygon {
    private static final int MAX_CORNERS = 4;

    final double[] x = new double[MAX_CORNERS];
    final double[] y = new double[MAX_CORNERS];
    final long[] dx = new long[MAX_CORNERS];
    final long[] dy = new long[MAX_CORNERS];
    final double[] k = new double[MAX_CORNERS];

    private final Chain left = new Chain();
    private final Chain right = new Chain();

    /** The edges of one side, from top to bottom. */
    private static final class Chain {
        private final int[] firstRow = new int[MAX_CORNERS];
        private final long[] slopeX = new long[MAX_CORNERS];
        private final long[] slopeY = new long[MAX_CORNERS];
        private final long[] crossing = new long[MAX_CORNERS];
        private int count;
        private int at;

        private void add(int row, long dx, long dy, double k) {
            boolean down = dy > 0;
            firstRow[count] = row;
            slopeX[count] = down ? dx : -dx;
            slopeY[count] = down ? dy : -dy;
            crossing[count] = (long) Math.ceil(down ? k : -k);
            count++;
        }

        /** The last pixel before the side, on a row not above those asked for before. */
        private long before(int row) {
            while (at + 1 < count && firstRow[at + 1] <= row) {
                at++;
            }
            return Math.floorDiv(crossing[at] + row * slopeX[at] - 1, slopeY[at]);
        }
    }

    /** Fills it: the origin of its corners is pixel {@code originX, originY}; only rows from top to bottom are told. */
    void fill(int corners, int originX, int originY, int clipTop, int clipBottom, SpanSink sink) {
        int top = 0;
        int bottom = 0;
        for (int i = 1; i < corners; i++) {
            top = y[i] < y[top] ? i : top;
            bottom = y[i] >= y[bottom] ? i : bottom;
        }
        int before = (top + corners - 1) % corners;
        boolean clockwise = dy[before] * dx[top] <= dy[top] * dx[before];
        collect(right, corners, top, bottom, clockwise);
        collect(left, corners, top, bottom, !clockwise);
        if (left.count == 0 || right.count == 0) {
            return;
        }
        int first = Math.max(right.firstRow[0], clipTop - originY);
        int end = Math.min((int) Math.ceil(y[bottom]), clipBottom - originY);
        for (int row = first; row < end; row++) {
            long from = left.before(row) + 1;
            long to = right.before(row) + 1;
            if (from < to) {
                sink.span(row + originY, (int) (from + originX), (int) (to + originX));
            }
        }
    }

    private void collect(Chain chain, int corners, int top, int bottom, boolean forwards) {
        chain.count = 0;
        chain.at = 0;
        int corner = top;
        while (corner != bottom) {
            int next = forwards ? (corner + 1) % corners : (corner + corners - 1) % corners;
            int edge = forwards ? corner : next;
            if (dy[edge] != 0) {
                chain.add((int) Math.ceil(y[corner]), dx[edge], dy[edge], k[edge]);
            }
            corner = next;
        }
    }
}
