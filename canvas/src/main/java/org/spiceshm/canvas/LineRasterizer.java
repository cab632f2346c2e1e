package org.spiceshm.canvas;

/**
 * Solid lines one pixel wide, as Bresenham draws them; X11's zero-width lines. A segment's last point is not drawn, so
 * that the segments of a polyline meet in one pixel and its end is missing.
 *
 * <p>Which pixel step k of a segment lands on is computed, not stepped to: {@code minor(k) = floor((2 * dMinor * k +
 * dMajor - bias) / (2 * dMajor))}. So a segment that starts far outside costs no more than its part inside.
 */
final class LineRasterizer {
    /** More rows than any drawing has: a command that asks for more keeps the thread for seconds. */
    private static final long MAX_ROWS = 1L << 25;

    private LineRasterizer() {}

    /**
     * Tells the spans of every segment, one after the other: where they cross, a pixel is told twice. What lies outside the
     * region's extents may be left out.
     */
    static void draw(Region region, Polylines path, SpanPainter painter) {
        for (int i = 0; i < path.polylines(); i++) {
            for (int point = path.start(i); point + 1 < path.end(i); point++) {
                segment(region, path.x(point), path.y(point), path.x(point + 1), path.y(point + 1), painter);
            }
        }
    }

    /** Whether the path crosses few enough rows of the region's extents. */
    static boolean fits(Region region, Polylines path) {
        long height = (long) region.extentBottom() - region.extentTop();
        long rows = 0;
        for (int i = 0; i < path.polylines(); i++) {
            for (int point = path.start(i); point + 1 < path.end(i); point++) {
                rows += Math.min(height, Math.abs((long) path.y(point + 1) - path.y(point)) + 1);
            }
        }
        return rows <= MAX_ROWS;
    }

    private static void segment(Region region, int x1, int y1, int x2, int y2, SpanPainter painter) {
        // INVARIANT: a coordinate is a 28.4 number without its fraction, so a difference has 30 bits.
        int dx = Math.abs(x2 - x1);
        int dy = Math.abs(y2 - y1);
        int stepX = x1 <= x2 ? 1 : -1;
        int stepY = y1 <= y2 ? 1 : -1;
        if (dy < dx) {
            wide(region, x1, y1, dx, dy, stepX, stepY, painter);
        } else if (dy != 0) {
            high(region, x1, y1, dx, dy, stepX, stepY, painter);
        }
    }

    /**
     * Lines that are wider than high: one span a row, from top to bottom. Where the region cuts spans into several pieces,
     * the reference paints only as many pieces, from the top, as it had spans.
     */
    private static void wide(Region region, int x1, int y1, int dx, int dy, int stepX, int stepY, SpanPainter painter) {
        int bias = stepX < 0 ? 1 : 0;
        long first = stepX > 0 ? region.extentLeft() - (long) x1 : x1 - (long) region.extentRight() + 1;
        long end = stepX > 0 ? region.extentRight() - (long) x1 : x1 - (long) region.extentLeft() + 1;
        first = Math.max(0, first);
        end = Math.min(end, dx);
        if (!(first < end)) {
            return;
        }
        long firstRow = stepY > 0 ? region.extentTop() - (long) y1 : y1 - (long) region.extentBottom() + 1;
        long endRow = stepY > 0 ? region.extentBottom() - (long) y1 : y1 - (long) region.extentTop() + 1;
        firstRow = Math.max(firstRow, minor(first, dx, dy, bias));
        endRow = Math.min(endRow, minor(end - 1, dx, dy, bias) + 1);
        painter.limitPieces(Math.max(0, endRow - firstRow));
        for (long i = 0; i < endRow - firstRow; i++) {
            long row = stepY > 0 ? firstRow + i : endRow - 1 - i;
            long from = dy == 0 ? first : Math.max(first, firstStepOn(row, dx, dy, bias));
            long to = dy == 0 ? end : Math.min(end, firstStepOn(row + 1, dx, dy, bias));
            long left = stepX > 0 ? x1 + from : x1 - to + 1;
            painter.span((int) (y1 + stepY * row), (int) left, (int) (left + to - from));
        }
        painter.limitPieces(Long.MAX_VALUE);
    }

    /** Lines that are as high as wide or higher: one pixel a row. */
    private static void high(Region region, int x1, int y1, int dx, int dy, int stepX, int stepY, SpanPainter painter) {
        int bias = stepY < 0 ? 1 : 0;
        long first = stepY > 0 ? region.extentTop() - (long) y1 : y1 - (long) region.extentBottom() + 1;
        long end = stepY > 0 ? region.extentBottom() - (long) y1 : y1 - (long) region.extentTop() + 1;
        end = Math.min(end, dy);
        for (long k = Math.max(0, first); k < end; k++) {
            int x = (int) (x1 + stepX * minor(k, dy, dx, bias));
            painter.span((int) (y1 + stepY * k), x, x + 1);
        }
    }

    private static long minor(long k, int dMajor, int dMinor, int bias) {
        return (2L * dMinor * k + dMajor - bias) / (2L * dMajor);
    }

    /** The least k with {@code minor(k) >= row}. */
    private static long firstStepOn(long row, int dMajor, int dMinor, int bias) {
        return Math.ceilDiv(2L * dMajor * row - dMajor + bias, 2L * dMinor);
    }
}
