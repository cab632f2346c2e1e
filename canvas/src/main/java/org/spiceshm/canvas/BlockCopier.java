package org.spiceshm.canvas;

/**
 * Copies without scaling: from another picture, or within a surface as if through a copy of all of it. Where the source
 * has no pixel, the destination stays. Owned by the render thread.
 */
final class BlockCopier {
    private final MaskRow maskRow = new MaskRow();
    private int[] sourceRow = new int[0];

    private int dx;
    private int dy;
    private int table;
    private boolean direct;
    private boolean shared;

    /** Puts the source's pixel {@code sourceLeft, sourceTop} on the box's corner; the caller has checked all of it. */
    Outcome copy(Surface target, Region region, Image source, int sourceLeft, int sourceTop, int newTable, Mask mask) {
        dx = sourceLeft - region.boxLeft();
        dy = sourceTop - region.boxTop();
        table = newTable;
        shared = source.sharesMemoryWith(target);
        if (shared && !source.sameGeometry(target)) {
            return Outcome.UNSUPPORTED;
        }
        if (shared && dx == 0 && dy == 0 && table == Rop.COPY) {
            return Outcome.NOTHING;
        }
        direct = table == Rop.COPY && !mask.isPresent() && source.isDirect(target);
        sourceRow = Canvas.atLeast(sourceRow, target.widthPixels);
        boolean upwards = shared && dy < 0;
        boolean drawn = false;
        int band = upwards ? lastBand(region, region.count()) : 0;
        int bandEnd = upwards ? region.count() : bandEnd(region, 0);
        while (0 <= band && band < bandEnd) {
            drawn |= copyBand(target, region, source, band, bandEnd, mask);
            if (upwards) {
                bandEnd = band;
                band = lastBand(region, bandEnd);
            } else {
                band = bandEnd;
                bandEnd = bandEnd(region, band);
            }
        }
        return drawn ? Outcome.DRAWN : Outcome.NOTHING;
    }

    /**
     * One band of rectangles. Within a surface, rectangles and rows are taken in the order in which no source is
     * overwritten before it is read: against the direction of the move.
     */
    private boolean copyBand(Surface target, Region region, Image source, int first, int end, Mask mask) {
        boolean drawn = false;
        boolean rightToLeft = shared && dx < 0;
        for (int i = 0; i < end - first; i++) {
            int rect = rightToLeft ? end - 1 - i : first + i;
            int left = Math.max(region.left(rect), -dx);
            int top = Math.max(region.top(rect), -dy);
            int right = Math.min(region.right(rect), source.widthPixels() - dx);
            int bottom = Math.min(region.bottom(rect), source.heightPixels() - dy);
            if (left < right && top < bottom) {
                drawn = true;
                copyRect(target, region, source, left, top, right - left, bottom - top, mask);
            }
        }
        return drawn;
    }

    private void copyRect(
            Surface target, Region region, Image source, int left, int top, int width, int height, Mask mask) {
        if (direct && !shared) {
            source.copyDirect(left + dx, top + dy, target, left, top, width, height);
            return;
        }
        for (int i = 0; i < height; i++) {
            int y = shared && dy < 0 ? top + height - 1 - i : top + i;
            if (direct) {
                source.copyDirect(left + dx, y + dy, target, left, y, width, 1);
                continue;
            }
            source.readFor(target.format, y + dy, left + dx, width, sourceRow, 0);
            maskRow.begin(region, mask, y, left, width);
            while (maskRow.next()) {
                int from = maskRow.from();
                Pixels.rop(target, y, left + from, maskRow.length(), sourceRow, from, table);
            }
        }
    }

    private static int bandEnd(Region region, int band) {
        int end = band;
        while (end < region.count() && region.top(end) == region.top(band)) {
            end++;
        }
        return end;
    }

    /** Where the last band before {@code end} starts, or -1. */
    private static int lastBand(Region region, int end) {
        int band = end - 1;
        while (0 < band && region.top(band - 1) == region.top(band)) {
            band--;
        }
        return band;
    }
}
