package org.spiceshm.canvas;

import java.util.Arrays;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Draws commands on surfaces. The renderer calls it once for each command, with the reusable {@link Region}, {@link
 * Image}, {@link Brush} and {@link Mask} that it has filled from the command.
 *
 * <p>Owned by the render thread. In steady state a call allocates nothing: the rows that it works in grow to the widest
 * surface and stay. Every result is decided before the first pixel is written, and is the same, pixel for pixel, as that
 * of spice-common's sw_canvas.c and canvas_base.c over pixman 0.42.
 */
public final class Canvas {
    /** Interpolate between source pixels when scaling. spice-protocol, enums.h: SpiceImageScaleMode. */
    public static final int SCALE_INTERPOLATE = 0;

    /** Take the nearest source pixel when scaling. */
    public static final int SCALE_NEAREST = 1;

    private final Image itself = new Image();
    private final Mask noMask = new Mask();
    private final Transform scaling = new Transform();
    private final Sampler sourceSampler = new Sampler();
    private final Sampler maskSampler = new Sampler();
    private int[] sourceRow = new int[0];
    private int[] maskRow = new int[0];
    private int[] targetRow = new int[0];
    private int[] tileRow = new int[0];

    /** FILL: the brush, combined with what is there. */
    public Outcome fill(Surface target, Region region, Brush brush, int ropDescriptor, Mask mask) {
        int table = Rop.table(ropDescriptor, Rop.INVERS_BRUSH);
        if (brush.isPattern()) {
            return fillPattern(target, region, brush, table, mask);
        }
        int color = brush.color();
        int keep = (color & Rop.keepMask(table)) ^ Rop.keepInvert(table);
        int flip = (color & Rop.flipMask(table)) ^ Rop.flipInvert(table);
        return fillConstant(target, region, mask, keep, flip);
    }

    /** BLACKNESS: all bits become 0, those of alpha too. */
    public Outcome blackness(Surface target, Region region, Mask mask) {
        return fillConstant(target, region, mask, 0, 0);
    }

    /** WHITENESS: all bits become 1. */
    public Outcome whiteness(Surface target, Region region, Mask mask) {
        return fillConstant(target, region, mask, 0, -1);
    }

    /** INVERS: all bits change. */
    public Outcome invers(Surface target, Region region, Mask mask) {
        return fillConstant(target, region, mask, -1, -1);
    }

    /**
     * COPY and BLEND: the part of {@code source} between the given edges, put on the region's box, scaled if the sizes
     * differ. Where the source has no pixel, an unscaled copy leaves the destination alone.
     */
    public Outcome copy(
            Surface target,
            Region region,
            Image source,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            int ropDescriptor,
            int scaleMode,
            Mask mask) {
        if (!region.isValid()
                || !source.isComplete()
                || !isSourceArea(sourceTop, sourceBottom)
                || !isSourceArea(sourceLeft, sourceRight)
                || !isUsable(mask)) {
            return Outcome.INVALID;
        }
        int table = Rop.table(ropDescriptor, Rop.INVERS_SRC);
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !source.suits(target.format)) {
            return Outcome.UNSUPPORTED;
        }
        boolean sameSize = sourceBottom - sourceTop == region.boxBottom() - region.boxTop()
                && sourceRight - sourceLeft == region.boxRight() - region.boxLeft();
        return sameSize
                ? copyUnscaled(target, region, source, sourceLeft, sourceTop, table, mask)
                : copyScaled(
                        target,
                        region,
                        source,
                        sourceLeft,
                        sourceTop,
                        sourceRight - sourceLeft,
                        sourceBottom - sourceTop,
                        table,
                        scaleMode,
                        mask);
    }

    /**
     * COPY_BITS: moves pixels of one surface, as if through a copy of all of it. Where the source would lie outside the
     * surface, nothing changes.
     */
    public Outcome copyBits(Surface surface, Region region, int sourceX, int sourceY) {
        if (!region.isValid() || !Region.inRange(sourceX) || !Region.inRange(sourceY)) {
            return Outcome.INVALID;
        }
        if (region.isEmpty()) {
            return Outcome.NOTHING;
        }
        if (surface.format == SurfaceFormat.A1) {
            return Outcome.UNSUPPORTED;
        }
        itself.ofSurface(surface);
        Outcome outcome = copyUnscaled(surface, region, itself, sourceX, sourceY, Rop.COPY, noMask);
        itself.none();
        return outcome;
    }

    /**
     * COMPOSITE: combines {@code source}, through {@code mask} if the parameters have one, with the region, by an
     * operator of the X Render extension.
     */
    public Outcome composite(Surface target, Region region, CompositeParameters parameters, Image source, Image mask) {
        if (!region.isValid() || !source.isComplete() || (parameters.hasMask() && !mask.isComplete())) {
            return Outcome.INVALID;
        }
        if (target.format == SurfaceFormat.A1
                || !Compositor.supports(parameters.operator())
                || !Sampler.knowsFilter(parameters.sourceFilter())
                || !Sampler.knowsFilter(parameters.maskFilter())
                || !source.suits(target.format)
                || (parameters.hasMask() && !mask.suits(target.format))) {
            return Outcome.UNSUPPORTED;
        }
        if (region.isEmpty()) {
            return Outcome.NOTHING;
        }
        boolean sourceOpaque = parameters.sourceOpaque() && source.isArgbSurface();
        sourceSampler.picture(source, target.format, sourceOpaque, parameters.sourceX, parameters.sourceY);
        sourceSampler.sampling(parameters.sourceTransform, parameters.sourceFilter(), parameters.sourceRepeat());
        maskSampler.picture(
                parameters.hasMask() ? mask : source, target.format, false, parameters.maskX, parameters.maskY);
        maskSampler.sampling(parameters.maskTransform, parameters.maskFilter(), parameters.maskRepeat());
        return compositeSampled(target, region, parameters, source, mask);
    }

    private Outcome fillConstant(Surface target, Region region, Mask mask, int keep, int flip) {
        if (!region.isValid() || !isUsable(mask)) {
            return Outcome.INVALID;
        }
        if (region.isEmpty() || (keep == -1 && flip == 0)) {
            return Outcome.NOTHING;
        }
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                if (mask.isPresent()) {
                    fillMasked(target, region, mask, y, left, width, keep, flip);
                } else {
                    Pixels.fill(target, y, left, width, keep, flip);
                }
            }
        }
        return Outcome.DRAWN;
    }

    private void fillMasked(Surface target, Region region, Mask mask, int y, int left, int width, int keep, int flip) {
        readMask(region, mask, y, left, width);
        int from = nextBit(0, width, 1);
        while (from < width) {
            int to = nextBit(from, width, 0);
            Pixels.fill(target, y, left + from, to - from, keep, flip);
            from = nextBit(to, width, 1);
        }
    }

    private Outcome fillPattern(Surface target, Region region, Brush brush, int table, Mask mask) {
        Image tile = brush.pattern;
        if (!region.isValid()
                || !tile.isComplete()
                || !Region.inRange(brush.patternX)
                || !Region.inRange(brush.patternY)
                || !isUsable(mask)) {
            return Outcome.INVALID;
        }
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !tile.suits(target.format) || tile.sharesMemoryWith(target)) {
            return Outcome.UNSUPPORTED;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        tileRow = atLeast(tileRow, tile.widthPixels());
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                readTile(tile, target.format, left - brush.patternX, y - brush.patternY, width);
                drawRow(target, region, y, left, width, table, mask);
            }
        }
        return Outcome.DRAWN;
    }

    /** Repeats a row of the tile over {@link #sourceRow}. */
    private void readTile(Image tile, SurfaceFormat format, int x, int y, int width) {
        int tileWidth = tile.widthPixels();
        tile.readFor(format, Math.floorMod(y, tile.heightPixels()), 0, tileWidth, tileRow, 0);
        int phase = Math.floorMod(x, tileWidth);
        int done = 0;
        while (done < width) {
            int part = Math.min(width - done, tileWidth - phase);
            System.arraycopy(tileRow, phase, sourceRow, done, part);
            done += part;
            phase = 0;
        }
    }

    private Outcome copyUnscaled(
            Surface target, Region region, Image source, int sourceLeft, int sourceTop, int table, Mask mask) {
        int dx = sourceLeft - region.boxLeft();
        int dy = sourceTop - region.boxTop();
        boolean shared = source.sharesMemoryWith(target);
        if (shared && !source.sameGeometry(target)) {
            return Outcome.UNSUPPORTED;
        }
        if (shared && dx == 0 && dy == 0 && table == Rop.COPY) {
            return Outcome.NOTHING;
        }
        boolean direct = table == Rop.COPY && !mask.isPresent() && source.isDirect(target);
        sourceRow = atLeast(sourceRow, target.widthPixels);
        boolean upwards = shared && dy < 0;
        boolean drawn = false;
        int band = upwards ? lastBand(region, region.count()) : 0;
        int bandEnd = upwards ? region.count() : bandEnd(region, 0);
        while (0 <= band && band < bandEnd) {
            drawn |= copyBand(target, region, source, band, bandEnd, dx, dy, table, mask, direct, shared);
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
    private boolean copyBand(
            Surface target,
            Region region,
            Image source,
            int first,
            int end,
            int dx,
            int dy,
            int table,
            Mask mask,
            boolean direct,
            boolean shared) {
        boolean drawn = false;
        boolean rightToLeft = shared && dx < 0;
        for (int i = 0; i < end - first; i++) {
            int rect = rightToLeft ? end - 1 - i : first + i;
            int left = Math.max(region.left(rect), -dx);
            int top = Math.max(region.top(rect), -dy);
            int right = Math.min(region.right(rect), source.widthPixels() - dx);
            int bottom = Math.min(region.bottom(rect), source.heightPixels() - dy);
            if (!(left < right && top < bottom)) {
                continue;
            }
            drawn = true;
            if (direct && !shared) {
                source.copyDirect(left + dx, top + dy, target, left, top, right - left, bottom - top);
                continue;
            }
            for (int j = 0; j < bottom - top; j++) {
                int y = shared && dy < 0 ? bottom - 1 - j : top + j;
                if (direct) {
                    source.copyDirect(left + dx, y + dy, target, left, y, right - left, 1);
                } else {
                    source.readFor(target.format, y + dy, left + dx, right - left, sourceRow, 0);
                    drawRow(target, region, y, left, right - left, table, mask);
                }
            }
        }
        return drawn;
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

    private Outcome copyScaled(
            Surface target,
            Region region,
            Image source,
            int sourceLeft,
            int sourceTop,
            int sourceWidth,
            int sourceHeight,
            int table,
            int scaleMode,
            Mask mask) {
        if ((scaleMode != SCALE_INTERPOLATE && scaleMode != SCALE_NEAREST)
                || !isScalable(sourceLeft, sourceWidth)
                || !isScalable(sourceTop, sourceHeight)) {
            return Outcome.INVALID;
        }
        // INVARIANT: sourceWidth, sourceHeight <= 32767, so the factors fit an int.
        scaling.set(
                (int) (((long) sourceWidth << 16) / (region.boxRight() - region.boxLeft())),
                0,
                sourceLeft << 16,
                0,
                (int) (((long) sourceHeight << 16) / (region.boxBottom() - region.boxTop())),
                sourceTop << 16);
        sourceSampler.picture(source, target.format, false, 0, 0);
        sourceSampler.samplingScaled(scaling, scaleMode == SCALE_INTERPOLATE);
        boolean prepared = sourceSampler.prepare(
                true,
                region.extentLeft() - region.boxLeft(),
                region.extentTop() - region.boxTop(),
                region.extentRight() - region.boxLeft(),
                region.extentBottom() - region.boxTop());
        if (!prepared) {
            return Outcome.UNSUPPORTED;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                sourceSampler.row(left - region.boxLeft(), y - region.boxTop(), width, sourceRow);
                Pixels.fromArgb(target.format, sourceRow, 0, width);
                drawRow(target, region, y, left, width, table, mask);
            }
        }
        return Outcome.DRAWN;
    }

    private Outcome compositeSampled(
            Surface target, Region region, CompositeParameters parameters, Image source, Image mask) {
        boolean masked = parameters.hasMask();
        int boxWidth = region.boxRight() - region.boxLeft();
        int boxHeight = region.boxBottom() - region.boxTop();
        if (!sourceSampler.fits(boxWidth, boxHeight) || (masked && !maskSampler.fits(boxWidth, boxHeight))) {
            return Outcome.NOTHING;
        }
        boolean componentAlpha = masked && parameters.componentAlpha() && maskSampler.hasColor();
        int operator = simplest(parameters.operator(), target.format, masked, componentAlpha);
        if (operator == Compositor.DST) {
            return Outcome.NOTHING;
        }
        int left = region.extentLeft() - region.boxLeft();
        int top = region.extentTop() - region.boxTop();
        int right = region.extentRight() - region.boxLeft();
        int bottom = region.extentBottom() - region.boxTop();
        if (!sourceSampler.prepare(source.sharesMemoryWith(target), left, top, right, bottom)
                || (masked && !maskSampler.prepare(mask.sharesMemoryWith(target), left, top, right, bottom))) {
            return Outcome.UNSUPPORTED;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        maskRow = atLeast(maskRow, target.widthPixels);
        targetRow = atLeast(targetRow, target.widthPixels);
        for (int i = 0; i < region.count(); i++) {
            for (int y = region.top(i); y < region.bottom(i); y++) {
                compositeRow(target, region, i, y, operator, masked, componentAlpha);
            }
        }
        return Outcome.DRAWN;
    }

    /**
     * pixman replaces operators by simpler ones where opaque pictures allow it (optimize_operator in pixman.c). The
     * results are the same, but for SATURATE, whose single-precision arithmetic rounds otherwise.
     */
    private int simplest(int operator, SurfaceFormat target, boolean masked, boolean componentAlpha) {
        if (operator != Compositor.SATURATE) {
            return operator;
        }
        if (target != SurfaceFormat.ARGB_32 && target != SurfaceFormat.A8) {
            return Compositor.DST;
        }
        boolean maskOpaque = !masked || (!componentAlpha && maskSampler.isOpaque());
        return sourceSampler.isOpaque() && maskOpaque ? Compositor.OVER_REVERSE : operator;
    }

    private void compositeRow(
            Surface target, Region region, int rect, int y, int operator, boolean masked, boolean componentAlpha) {
        int left = region.left(rect);
        int width = region.right(rect) - left;
        int boxX = left - region.boxLeft();
        int boxY = y - region.boxTop();
        sourceSampler.row(boxX, boxY, width, sourceRow);
        target.readRow(y, left, width, targetRow, 0);
        Pixels.toArgb(target.format, targetRow, 0, width);
        if (masked) {
            maskSampler.row(boxX, boxY, width, maskRow);
        }
        if (masked && !componentAlpha && operator == Compositor.SATURATE) {
            Compositor.spreadAlpha(maskRow, width); // its mask must not be rounded to 8 bits first
            Compositor.combine(operator, targetRow, sourceRow, maskRow, width);
        } else if (componentAlpha) {
            Compositor.combine(operator, targetRow, sourceRow, maskRow, width);
        } else {
            if (masked) {
                Compositor.applyMask(sourceRow, maskRow, width);
            }
            Compositor.combine(operator, targetRow, sourceRow, width);
        }
        Pixels.fromArgb(target.format, targetRow, 0, width);
        target.writeRow(y, left, width, targetRow, 0);
    }

    /** Draws {@link #sourceRow} where the mask allows it. */
    private void drawRow(Surface target, Region region, int y, int left, int width, int table, Mask mask) {
        if (!mask.isPresent()) {
            Pixels.rop(target, y, left, width, sourceRow, 0, table);
            return;
        }
        readMask(region, mask, y, left, width);
        int from = nextBit(0, width, 1);
        while (from < width) {
            int to = nextBit(from, width, 0);
            Pixels.rop(target, y, left + from, to - from, sourceRow, from, table);
            from = nextBit(to, width, 1);
        }
    }

    /** Sets {@link #maskRow} to 1 where row {@code y} may be drawn, from {@code left} on, else to 0. */
    private void readMask(Region region, Mask mask, int y, int left, int width) {
        maskRow = atLeast(maskRow, width);
        int row = y - region.boxTop() + mask.y;
        int x = left - region.boxLeft() + mask.x;
        boolean rowExists = 0 <= row && row < mask.bitmap.heightPixels();
        int from = Math.clamp(0L - x, 0, width);
        int to = rowExists ? Math.clamp((long) mask.bitmap.widthPixels() - x, from, width) : from;
        Arrays.fill(maskRow, 0, from, 0);
        Arrays.fill(maskRow, to, width, 0);
        if (from < to) {
            mask.bitmap.readMask(row, x + from, to - from, maskRow, from);
            int flip = mask.drawnBit ^ 1;
            for (int i = from; i < to; i++) {
                maskRow[i] ^= flip;
            }
        }
    }

    private int nextBit(int from, int width, int bit) {
        int at = from;
        while (at < width && maskRow[at] != bit) {
            at++;
        }
        return at;
    }

    private static boolean isUsable(Mask mask) {
        return !mask.isPresent()
                || (mask.bitmap.isComplete()
                        && mask.bitmap.isMask()
                        && Region.inRange(mask.x)
                        && Region.inRange(mask.y));
    }

    private static boolean isSourceArea(int from, int to) {
        return Region.inRange(from) && Region.inRange(to) && from < to;
    }

    private static boolean isScalable(int from, int size) {
        return -32768 <= from && size <= 32767 && from + size <= 32767;
    }

    private static int[] atLeast(int[] row, int width) {
        return row.length < width ? new int[Math.max(width, 2 * row.length)] : row;
    }
}
