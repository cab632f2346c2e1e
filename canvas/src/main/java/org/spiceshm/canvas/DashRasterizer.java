package org.spiceshm.canvas;

/**
 * Dashed lines, which are not Bresenham's: X11's wide dashes, of width 1. Every dash is a rectangle around the line, half
 * a pixel each way, filled by pixel centres; where a dash runs over a corner of the line, the two rectangles are joined
 * by a mitre. Gaps are not drawn.
 *
 * <p>Doubles, in the order in which X.Org's miwideline.c computes them, as the reference does: where a dash ends is the
 * sum of all steps before it. Owned by the render thread.
 */
final class DashRasterizer {
    /** Lines farther out are refused: how many dashes a line has is known only by counting them. */
    private static final int MAX_COORDINATE_PIXELS = 1 << 16;

    /** All lines of a path together. */
    private static final long MAX_LENGTH_PIXELS = 1L << 24;

    private static final double HALF_WIDTH = 0.5;

    /** Sharper corners are cut off: X11's limit of 11 degrees, as 1 / sin(5.5 degrees) squared. */
    private static final double MITRE_LIMIT_SQUARED = 108.856472512142;

    private static final double BEVEL_SCALE = 65536;

    private static final int TOP = 0;
    private static final int RIGHT = 1;
    private static final int BOTTOM = 2;
    private static final int LEFT = 3;
    private static final int CORNERS = 4;

    private final ConvexPolygon polygon = new ConvexPolygon();
    private final Face leftFace = new Face();
    private final Face rightFace = new Face();
    private final Face rightFaceBefore = new Face();
    private final Face firstFace = new Face();

    /** The dash (even) or gap (odd) that the line is in, and how far. */
    private int dash;

    private int offset;

    private boolean joinsAll;

    /** The rows that matter. */
    private int clipTop;

    private int clipBottom;

    /** One end of a segment: where it is, which way the line goes from there, and one corner of its rectangle. */
    private static final class Face {
        private int x;
        private int y;
        private long dx;
        private long dy;
        private double cornerX;
        private double cornerY;
        private double k;

        private void set(
                int newX, int newY, long newDx, long newDy, double newCornerX, double newCornerY, double newK) {
            x = newX;
            y = newY;
            dx = newDx;
            dy = newDy;
            cornerX = newCornerX;
            cornerY = newCornerY;
            k = newK;
        }

        private void set(Face other) {
            set(other.x, other.y, other.dx, other.dy, other.cornerX, other.cornerY, other.k);
        }

        private void turn() {
            cornerX = -cornerX;
            cornerY = -cornerY;
            dx = -dx;
            dy = -dy;
        }
    }

    /** Whether the path is short enough to be dashed. */
    static boolean fits(Polylines path) {
        long length = 0;
        for (int i = 0; i < path.polylines(); i++) {
            for (int point = path.start(i); point < path.end(i); point++) {
                if (!isNear(path.x(point)) || !isNear(path.y(point))) {
                    return false;
                }
                if (point > path.start(i)) {
                    length += Math.abs(path.x(point) - path.x(point - 1));
                    length += Math.abs(path.y(point) - path.y(point - 1));
                }
            }
        }
        return length <= MAX_LENGTH_PIXELS;
    }

    private static boolean isNear(int coordinate) {
        return -MAX_COORDINATE_PIXELS <= coordinate && coordinate <= MAX_COORDINATE_PIXELS;
    }

    /**
     * Tells the spans of one polyline, at least those on rows of the region's extents; its pattern starts anew.
     *
     * @param allJoins fill every corner; the reference does so only where it collects spans before it paints them, and else
     *     only corners that point to the right
     */
    void draw(Region region, Polylines path, int polyline, LineStyle style, boolean allJoins, SpanSink sink) {
        joinsAll = allJoins;
        clipTop = region.extentTop();
        clipBottom = region.extentBottom();
        int first = path.start(polyline);
        int last = path.end(polyline) - 1;
        boolean closed = path.x(first) == path.x(last) && path.y(first) == path.y(last);
        start(style);
        boolean any = false;
        boolean firstIsDash = false;
        boolean endsInDash = false;
        for (int i = first; i < last; i++) {
            if (path.x(i) == path.x(i + 1) && path.y(i) == path.y(i + 1)) {
                continue;
            }
            boolean startsInDash = (dash & 1) == 0;
            segment(path.x(i), path.y(i), path.x(i + 1), path.y(i + 1), style, sink);
            if (startsInDash && any && endsInDash) {
                join(leftFace, rightFaceBefore, sink);
            } else if (startsInDash && !any && closed) {
                firstFace.set(leftFace);
                firstIsDash = true;
            }
            endsInDash = ((dash & 1) != 0) != (offset != 0);
            rightFaceBefore.set(rightFace);
            any = true;
        }
        if (any && endsInDash && closed && firstIsDash) {
            join(firstFace, rightFaceBefore, sink);
        }
    }

    private void start(LineStyle style) {
        dash = 0;
        offset = style.startPixels();
        while (offset >= style.lengthPixels(dash)) {
            offset -= style.lengthPixels(dash);
            dash = after(dash, style);
        }
    }

    private static int after(int dash, LineStyle style) {
        return dash + 1 == style.count() ? 0 : dash + 1;
    }

    private void segment(int x1, int y1, int x2, int y2, LineStyle style, SpanSink sink) {
        int dx = x2 - x1;
        int dy = y2 - y1;
        double length = dx == 0 ? Math.abs(dy) : dy == 0 ? Math.abs(dx) : Math.hypot(dx, dy);
        double scale = HALF_WIDTH / length;
        double acrossX = dy == 0 ? Math.copySign(HALF_WIDTH, dx) : dx == 0 ? 0 : scale * dx;
        double acrossY = dx == 0 ? Math.copySign(HALF_WIDTH, dy) : dy == 0 ? 0 : scale * dy;
        double k = HALF_WIDTH * length;
        edges(dx, dy, k);
        corner(TOP, acrossY, -acrossX);
        corner(RIGHT, acrossY, -acrossX);
        corner(BOTTOM, -acrossY, acrossX);
        corner(LEFT, -acrossY, acrossX);
        int remains = style.lengthPixels(dash) - offset;
        double lineRemains = length;
        while (lineRemains > remains) {
            double stepX = (double) (remains * (long) dx) / length;
            double stepY = (double) (remains * (long) dy) / length;
            polygon.x[RIGHT] += stepX;
            polygon.y[RIGHT] += stepY;
            polygon.x[BOTTOM] += stepX;
            polygon.y[BOTTOM] += stepY;
            polygon.k[RIGHT] = polygon.x[RIGHT] * dx + polygon.y[RIGHT] * dy;
            if ((dash & 1) == 0) {
                fill(CORNERS, x1, y1, sink);
            }
            lineRemains -= remains;
            dash = after(dash, style);
            remains = style.lengthPixels(dash);
            corner(LEFT, polygon.x[BOTTOM], polygon.y[BOTTOM]);
            corner(TOP, polygon.x[RIGHT], polygon.y[RIGHT]);
            polygon.k[LEFT] = -polygon.k[RIGHT];
        }
        if ((dash & 1) == 0) {
            corner(TOP, polygon.x[TOP] - dx, polygon.y[TOP] - dy);
            corner(LEFT, polygon.x[LEFT] - dx, polygon.y[LEFT] - dy);
            corner(RIGHT, acrossY, -acrossX);
            corner(BOTTOM, -acrossY, acrossX);
            polygon.k[RIGHT] = 0;
            polygon.k[LEFT] += (double) dx * dx + (double) dy * dy;
            fill(CORNERS, x2, y2, sink);
        }
        leftFace.set(x1, y1, dx, dy, acrossY, -acrossX, k);
        rightFace.set(x2, y2, -dx, -dy, -acrossY, acrossX, k);
        remains = (int) (remains - lineRemains);
        if (remains == 0) {
            dash = after(dash, style);
            remains = style.lengthPixels(dash);
        }
        offset = style.lengthPixels(dash) - remains;
    }

    private void edges(int dx, int dy, double k) {
        edge(TOP, dx, dy, k);
        edge(RIGHT, -dy, dx, 0);
        edge(BOTTOM, -dx, -dy, k);
        edge(LEFT, dy, -dx, 0);
    }

    private void edge(int index, long dx, long dy, double k) {
        polygon.dx[index] = dx;
        polygon.dy[index] = dy;
        polygon.k[index] = k;
    }

    private void corner(int index, double x, double y) {
        polygon.x[index] = x;
        polygon.y[index] = y;
    }

    private void fill(int corners, int originX, int originY, SpanSink sink) {
        polygon.fill(corners, originX, originY, clipTop, clipBottom, sink);
    }

    /** Fills the outer side of a corner of the line: {@code left} is where a segment starts, {@code right} where one ended. */
    private void join(Face left, Face right, SpanSink sink) {
        double turn = -left.dx * (double) right.dy + right.dx * (double) left.dy;
        boolean pointsRight = left.dx < 0 && right.dx <= 0;
        if (turn == 0 || !(joinsAll || pointsRight)) {
            return;
        }
        boolean turnsLeft = turn > 0;
        if (turnsLeft) {
            left.turn();
        } else {
            right.turn();
        }
        int sign = turnsLeft ? 1 : -1;
        corner(0, right.cornerX, right.cornerY);
        edge(0, -right.dy, right.dx, 0);
        corner(1, 0, 0);
        edge(1, left.dy, -left.dx, 0);
        corner(2, left.cornerX, left.cornerY);
        double y = (left.dy * (right.cornerX * right.dy - right.cornerY * right.dx)
                        - right.dy * (left.cornerX * left.dy - left.cornerY * left.dx))
                / turn;
        double x = left.dy != 0
                ? left.cornerX + (y - left.cornerY) * left.dx / left.dy
                : right.cornerX + (y - right.cornerY) * right.dx / right.dy;
        if ((x * x + y * y) * 4 <= MITRE_LIMIT_SQUARED) {
            edge(2, sign * left.dx, sign * left.dy, sign * left.k);
            corner(3, x, y);
            edge(3, sign * right.dx, sign * right.dy, sign * right.k);
            fill(CORNERS, left.x, left.y, sink);
        } else {
            bevel(left, right);
            fill(CORNERS - 1, left.x, left.y, sink);
        }
    }

    private void bevel(Face left, Face right) {
        double dx = right.cornerX - left.cornerX;
        double dy = right.cornerY - left.cornerY;
        double scale = Math.max(Math.abs(dx), Math.abs(dy));
        long slopeX = (long) (dx * BEVEL_SCALE / scale);
        long slopeY = (long) (dy * BEVEL_SCALE / scale);
        double k = ((left.cornerX + right.cornerX) * slopeY - (left.cornerY + right.cornerY) * slopeX) / 2;
        edge(2, slopeX, slopeY, k);
    }
}
