package org.spiceshm.canvas;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Rows of a part of a picture as they come to lie on a command's box, scaled if the sizes differ. Each operation has a
 * way of its own to scale and to convert; it calls {@link #describe}, one {@code prepare} and then {@link #row}.
 *
 * <p>Owned by the render thread; what it works in grows to the largest and stays.
 */
final class SourceRows {
    private final Sampler sampler = new Sampler();
    private final Transform scaling = new Transform();

    private SurfaceFormat format = SurfaceFormat.XRGB_32;
    private boolean shared;
    private Region region = new Region();
    private Image source = new Image();
    private int sourceLeft;
    private int sourceTop;
    private int sourceWidth;
    private int sourceHeight;
    private boolean scaled;
    private boolean sampled;
    private boolean argb;
    private SurfaceFormat argbFormat = SurfaceFormat.ARGB_32;

    /** Takes the part of the source that goes on the region's box; false if the corners make no rectangle. */
    boolean describe(Surface newTarget, Region newRegion, Image newSource, int top, int left, int bottom, int right) {
        format = newTarget.format;
        shared = newSource.sharesMemoryWith(newTarget);
        region = newRegion;
        source = newSource;
        sourceLeft = left;
        sourceTop = top;
        sourceWidth = right - left;
        sourceHeight = bottom - top;
        scaled = sourceWidth != newRegion.boxRight() - newRegion.boxLeft()
                || sourceHeight != newRegion.boxBottom() - newRegion.boxTop();
        return newSource.isComplete() && isSourceArea(top, bottom) && isSourceArea(left, right);
    }

    /** Whether the sizes differ. */
    boolean isScaled() {
        return scaled;
    }

    /** Native pixels, scaled as COPY does. Null if ready, else why not. */
    @Nullable
    Outcome prepareCopy(boolean interpolate) {
        argb = false;
        if (!scaled) {
            return prepareUnscaled(false);
        }
        if (!isScalable()) {
            return Outcome.INVALID;
        }
        // INVARIANT: sourceWidth, sourceHeight <= 32767, so the factors fit an int.
        scaling.set(
                (int) (((long) sourceWidth << 16) / boxWidth()),
                0,
                sourceLeft << 16,
                0,
                (int) (((long) sourceHeight << 16) / boxHeight()),
                sourceTop << 16);
        sampler.picture(source, format, false, 0, 0);
        return prepareScaled(interpolate);
    }

    /**
     * Native pixels, scaled as ROP3 does: the source area's corner is rounded to whole pixels of the box. An unscaled
     * source must cover the box.
     */
    @Nullable
    Outcome prepareRop3(boolean interpolate) {
        argb = false;
        if (!scaled) {
            boolean covers = 0 <= sourceLeft
                    && sourceLeft + sourceWidth <= source.widthPixels()
                    && 0 <= sourceTop
                    && sourceTop + sourceHeight <= source.heightPixels();
            return covers ? prepareUnscaled(false) : Outcome.INVALID;
        }
        if (!isScalable()) {
            return Outcome.INVALID;
        }
        double factorX = (double) sourceWidth / boxWidth();
        double factorY = (double) sourceHeight / boxHeight();
        scaling.set((int) (factorX * Transform.ONE), 0, 0, 0, (int) (factorY * Transform.ONE), 0);
        // INVARIANT: a factor is at least 2^-25 and a corner has 16 bits, so the origins fit an int or are clamped
        // there.
        int originX = (int) Math.floor(sourceLeft / factorX + 0.5);
        int originY = (int) Math.floor(sourceTop / factorY + 0.5);
        if (!Region.inRange(originX) || !Region.inRange(originY)) {
            return Outcome.INVALID;
        }
        sampler.picture(source, format, false, originX, originY);
        return prepareScaled(interpolate);
    }

    /**
     * Premultiplied ARGB of the picture as it is, not by way of the target's format, scaled to the nearest pixel.
     *
     * @param hasAlpha the unused byte of an xRGB surface is alpha
     */
    @Nullable
    Outcome prepareBlend(boolean hasAlpha) {
        argb = true;
        SurfaceFormat own = source.originalFormat(format);
        boolean counts = hasAlpha && source.isSurface() && own == SurfaceFormat.XRGB_32;
        argbFormat = counts ? SurfaceFormat.ARGB_32 : own;
        if (!scaled) {
            return prepareUnscaled(true);
        }
        if (!isScalable()) {
            return Outcome.INVALID;
        }
        scaling.set(
                (int) (((long) sourceWidth << 16) / boxWidth()),
                0,
                sourceLeft << 16,
                0,
                (int) (((long) sourceHeight << 16) / boxHeight()),
                sourceTop << 16);
        sampler.pictureAsItIs(source, format, argbFormat, 0, 0);
        return prepareScaled(false);
    }

    private @Nullable Outcome prepareUnscaled(boolean asItIs) {
        sampled = shared;
        if (!sampled) {
            return null;
        }
        if (asItIs) {
            sampler.pictureAsItIs(source, format, argbFormat, sourceLeft, sourceTop);
        } else {
            sampler.picture(source, format, false, sourceLeft, sourceTop);
        }
        scaling.identity();
        return prepareScaled(false);
    }

    private @Nullable Outcome prepareScaled(boolean interpolate) {
        sampled = true;
        sampler.samplingScaled(scaling, interpolate);
        boolean prepared = sampler.prepare(
                shared,
                region.extentLeft() - region.boxLeft(),
                region.extentTop() - region.boxTop(),
                region.extentRight() - region.boxLeft(),
                region.extentBottom() - region.boxTop());
        return prepared ? null : Outcome.UNSUPPORTED;
    }

    /** First column of the target that has a source pixel. */
    int left() {
        return scaled ? Integer.MIN_VALUE : region.boxLeft() - sourceLeft;
    }

    /** First row of the target that has a source pixel. */
    int top() {
        return scaled ? Integer.MIN_VALUE : region.boxTop() - sourceTop;
    }

    /** Column after the last of the target that has a source pixel. */
    int right() {
        return scaled ? Integer.MAX_VALUE : left() + source.widthPixels();
    }

    /** Row after the last of the target that has a source pixel. */
    int bottom() {
        return scaled ? Integer.MAX_VALUE : top() + source.heightPixels();
    }

    /** Pixels of row {@code y} of the target from {@code left} on; the run must have source pixels. */
    void row(int left, int y, int width, int[] out) {
        if (sampled) {
            sampler.row(left - region.boxLeft(), y - region.boxTop(), width, out);
            if (!argb) {
                Pixels.fromArgb(format, out, 0, width);
            }
            return;
        }
        int x = left - region.boxLeft() + sourceLeft;
        int row = y - region.boxTop() + sourceTop;
        if (argb) {
            source.read(row, x, width, out, 0);
            Pixels.toArgb(argbFormat, out, 0, width);
        } else {
            source.readFor(format, row, x, width, out, 0);
        }
    }

    private int boxWidth() {
        return region.boxRight() - region.boxLeft();
    }

    private int boxHeight() {
        return region.boxBottom() - region.boxTop();
    }

    private boolean isScalable() {
        return isScalable(sourceLeft, sourceWidth) && isScalable(sourceTop, sourceHeight);
    }

    private static boolean isScalable(int from, int size) {
        return -32768 <= from && size <= 32767 && from + size <= 32767;
    }

    private static boolean isSourceArea(int from, int to) {
        return Region.inRange(from) && Region.inRange(to) && from < to;
    }
}
