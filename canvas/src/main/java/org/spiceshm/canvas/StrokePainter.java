package org.spiceshm.canvas;

/** Strokes paths: rasters their lines and paints the spans. Owned by the render thread. */
final class StrokePainter {
    private final SpanPainter painter = new SpanPainter();
    private final SpanUnion union = new SpanUnion(painter);
    private final DashRasterizer dashes = new DashRasterizer();

    /** The caller has checked path, style and brush; {@code table} is the raster operation's truth table. */
    Outcome draw(Surface target, Region region, Polylines path, LineStyle style, Brush brush, int table) {
        if (style.isDashed() ? !DashRasterizer.fits(path) : !LineRasterizer.fits(region, path)) {
            return Outcome.INVALID;
        }
        painter.begin(target, region, brush, table);
        if (style.isDashed()) {
            drawDashed(region, path, style, table);
        } else {
            LineRasterizer.draw(region, path, painter);
        }
        return painter.end() ? Outcome.DRAWN : Outcome.NOTHING;
    }

    /** Within one polyline of several segments no pixel is drawn twice, unless that makes no difference. */
    private void drawDashed(Region region, Polylines path, LineStyle style, int table) {
        boolean idempotent = Rop.isIdempotent(table);
        union.begin(region);
        for (int i = 0; i < path.polylines(); i++) {
            boolean collects = !idempotent && path.end(i) - path.start(i) > 2;
            dashes.draw(region, path, i, style, collects, collects ? union : painter);
            union.flush();
        }
    }
}
