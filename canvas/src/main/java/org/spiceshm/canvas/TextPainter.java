package org.spiceshm.canvas;

import org.spiceshm.protocol.spice.SurfaceFormat;

/** Puts a brush, through the coverage of a string's glyphs, over a surface. Owned by the render thread. */
final class TextPainter {
    private static final int OPAQUE = 0xff000000;
    private static final int FIVE_BITS = 31;
    private static final int SIXTEEN_BITS = 65535;

    private final GlyphMask mask = new GlyphMask();
    private final Tile tile = new Tile();
    private final AlphaBlender blender = new AlphaBlender();
    /** For every coverage so much of the colour, or itself for a pattern. */
    private final int[] covered = new int[256];

    private int[] row = new int[0];
    private int[] tileRow = new int[0];

    /** Draws the string where it lies in the region; whether it does at all. */
    boolean draw(Surface target, Region region, Text text, Brush brush) {
        int left = Math.max(text.boxLeft(), region.extentLeft());
        int right = Math.min(text.boxRight(), region.extentRight());
        int top = Math.max(text.boxTop(), region.extentTop());
        int bottom = Math.min(text.boxBottom(), region.extentBottom());
        if (text.count() == 0 || !(left < right && top < bottom)) {
            return false;
        }
        row = Canvas.atLeast(row, target.widthPixels);
        tileRow = Canvas.atLeast(tileRow, target.widthPixels);
        int color = brush.isPattern() ? 0 : solidColor(target.format, brush.color());
        for (int i = 0; i < covered.length; i++) {
            covered[i] = brush.isPattern() ? i : Compositor.multiply(color, i);
        }
        int rows = GlyphMask.rows(right - left);
        boolean drawn = false;
        for (int band = top; band < bottom; band += rows) {
            int bandEnd = Math.min(band + rows, bottom);
            mask.draw(text, band, left, bandEnd, right);
            for (int i = region.firstEndingAfter(band); i < region.count() && region.top(i) < bandEnd; i++) {
                int from = Math.max(left, region.left(i));
                int to = Math.min(right, region.right(i));
                if (from < to) {
                    drawn = true;
                    int end = Math.min(bandEnd, region.bottom(i));
                    for (int y = Math.max(band, region.top(i)); y < end; y++) {
                        drawRow(target, text, brush, y, from, to - from);
                    }
                }
            }
        }
        return drawn;
    }

    private void drawRow(Surface target, Text text, Brush brush, int y, int x, int width) {
        mask.read(y, x, width, covered, row);
        if (brush.isPattern()) {
            // The phase counts from the string's box, not from the surface's corner.
            int tileX = x - text.boxLeft() - brush.patternX;
            int tileY = y - text.boxTop() - brush.patternY;
            tile.readArgb(brush.pattern, target.format, tileX, tileY, width, tileRow);
            for (int i = 0; i < width; i++) {
                row[i] = Compositor.multiply(tileRow[i], row[i]);
            }
        }
        blender.over(target, y, x, width, row);
    }

    /** The reference splits the colours of both 16-bit formats as 5-5-5, which is wrong for 565, and what it is. */
    private static int solidColor(SurfaceFormat format, int color) {
        return format.bitsPerPixel() == 16
                ? OPAQUE | five(color >> 10) << 16 | five(color >> 5) << 8 | five(color)
                : OPAQUE | color;
    }

    private static int five(int bits) {
        return ((bits & FIVE_BITS) * SIXTEEN_BITS / FIVE_BITS) >> 8;
    }
}
