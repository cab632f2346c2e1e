package org.spiceshm.canvas;

/**
 * Solid lines one pixel wide, as Bresenham draws them; X11's zero-width lines. A segment's last point is not drawn, so
 * that the segments of a polyline meet in one pixel and its end is missing.
 *
 * <p>Which pixel step k of a segment lands on is computed, not stepped to: {@code minor(k) = floor((2 * dMinor * k +
 * dMajor - bias) / (2 * dMajor))}. So a segment that starts far outside costs no more than its part inside.
 */
final class LineRasterizer {
    private LineRasterizer() {}

    /**
     * Tells the spans of every segment, one after the other: where they cross, a pixel is told twice. What lies outside the
     * region's extents may be left out.
     */
    static void draw(Region region, Path path, SpanSink sink) {
        for (int i = 0; i < path.polylines(); i++) {
            for (int point = path.start(i); point + 1 < path.end(i); point++) {
                segment(region, path.x(point), path.y(point), path.x(point + 1), path.y(point + 1), sink);
            }
        }
    }

    private static void segment(
            Region region, int x1, int y1, int x2, int y2, SpanSink sink) {
        // INVARIANT: a coordinate is a 28.4 number without its fraction, so a difference has 30 bits.
        int dx = Math.abs(x2 - x1);
        int dy = Math.abs(y2 - y1);
        int stepX = x1 <= x2 ? 1 : -1;
        int stepY = y1 <= y2 ? 1 : -1;
        if (dy < dx) {
            wide(region, x1, y1, dx, dy, stepX, stepY, sink);
        } else if (dy != 0) {
            high(region, x1, y1, dx, dy, stepX, stepY, sink);
        }
    }

    /** Lines that are wider than high: one span a row. */
    private static void wide(
            Region region, int x1, int y1, int dx, int dy, int stepX, int stepY, SpanSink sink) {
        int bias = stepX < 0 ? 1 : 0;
        long first = stepX > 0 ? region.extentLeft() - (long) x1 : x1 - (long) region.extentRight() + 1;
        long end = stepX > 0 ? region.extentRight() - (long) x1 : x1 - (long) region.extentLeft() + 1;
        long k = Math.max(0, first);
        end = Math.min(end, dx);
        while (k < end) {
            long row = minor(k, dx, dy, bias);
            long next = Math.min(end, dy == 0 ? end : firstStepOn(row + 1, dx, dy, bias));
            int y = (int) (y1 + stepY * row);
            if (region.extentTop() <= y && y < region.extentBottom()) {
                int from = (int) (stepX > 0 ? x1 + k : x1 - next + 1);
                sink.span(y, from, (int) (from + next - k));
            } else if (stepY > 0 ? region.extentBottom() <= y : y < region.extentTop()) {
                return;
            } else {
                long rowsBefore = stepY > 0 ? region.extentTop() - (long) y1 : y1 - (long) region.extentBottom() + 1;
                next = dy == 0 ? end : Math.max(next, firstStepOn(rowsBefore, dx, dy, bias));
            }
            k = next;
        }
    }

    /** Lines that are as high as wide or higher: one pixel a row. */
    private static void high(
            Region region, int x1, int y1, int dx, int dy, int stepX, int stepY, SpanSink sink) {
        int bias = stepY < 0 ? 1 : 0;
        long first = stepY > 0 ? region.extentTop() - (long) y1 : y1 - (long) region.extentBottom() + 1;
        long end = stepY > 0 ? region.extentBottom() - (long) y1 : y1 - (long) region.extentTop() + 1;
        end = Math.min(end, dy);
        for (long k = Math.max(0, first); k < end; k++) {
            int x = (int) (x1 + stepX * minor(k, dy, dx, bias));
            sink.span((int) (y1 + stepY * k), x, x + 1);
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
