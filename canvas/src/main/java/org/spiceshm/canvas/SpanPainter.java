package org.spiceshm.canvas;

import org.jspecify.annotations.Nullable;

/**
 * Paints spans with a brush, inside a region. Owned by the render thread; its row grows to the widest surface and stays.
 */
final class SpanPainter implements SpanSink {
    private final Tile tile = new Tile();
    private int[] row = new int[0];

    private @Nullable Surface target;
    private @Nullable Region region;
    private @Nullable Brush pattern;
    private int table;
    private int keep;
    private int flip;
    private boolean painted;
    private long piecesLeft;

    /** Takes what the spans to come are painted on, and with; {@code newTable} is the raster operation's truth table. */
    void begin(Surface newTarget, Region newRegion, Brush brush, int newTable) {
        target = newTarget;
        region = newRegion;
        pattern = brush.isPattern() ? brush : null;
        table = newTable;
        keep = (brush.color() & Rop.keepMask(table)) ^ Rop.keepInvert(table);
        flip = (brush.color() & Rop.flipMask(table)) ^ Rop.flipInvert(table);
        row = Canvas.atLeast(row, brush.isPattern() ? newTarget.widthPixels : 0);
        painted = false;
        piecesLeft = Long.MAX_VALUE;
    }

    /** Paints no more than so many pieces of spans from now on. */
    void limitPieces(long pieces) {
        piecesLeft = pieces;
    }

    /** Lets go of the target; whether any pixel was painted. */
    boolean end() {
        target = null;
        region = null;
        pattern = null;
        return painted;
    }

    @Override
    public void span(int y, int left, int right) {
        Surface surface = target;
        Region inside = region;
        if (surface == null || inside == null) {
            throw new IllegalStateException("a span outside begin and end");
        }
        for (int i = inside.firstEndingAfter(y); i < inside.count() && inside.top(i) <= y; i++) {
            int from = Math.max(left, inside.left(i));
            int to = Math.min(right, inside.right(i));
            if (from < to && piecesLeft > 0) {
                piecesLeft--;
                paint(surface, y, from, to - from);
            }
        }
    }

    private void paint(Surface surface, int y, int left, int width) {
        painted = true;
        Brush brush = pattern;
        if (brush == null) {
            Pixels.fill(surface, y, left, width, keep, flip);
        } else {
            tile.read(brush.pattern, surface.format, left - brush.patternX, y - brush.patternY, width, row);
            Pixels.rop(surface, y, left, width, row, 0, table);
        }
    }
}
