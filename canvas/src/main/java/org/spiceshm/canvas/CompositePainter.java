package org.spiceshm.canvas;

import org.spiceshm.protocol.spice.SurfaceFormat;

/** Draws a COMPOSITE row by row. Owned by the render thread; its rows grow to the widest surface and stay. */
final class CompositePainter {
    private final Sampler sourceSampler = new Sampler();
    private final Sampler maskSampler = new Sampler();
    private final AlphaBlender blender = new AlphaBlender();
    private final FloatCompositor floats = new FloatCompositor();
    private int[] sourceRow = new int[0];
    private int[] maskRow = new int[0];
    private int[] targetRow = new int[0];

    private int operator;
    private boolean masked;
    private boolean componentAlpha;

    /** The caller has checked that pictures, filters and operator are known. */
    Outcome draw(Surface target, Region region, CompositeParameters parameters, Image source, Image mask) {
        describe(target.format, parameters, source, mask);
        masked = parameters.hasMask();
        int boxWidth = region.boxRight() - region.boxLeft();
        int boxHeight = region.boxBottom() - region.boxTop();
        if (!sourceSampler.fits(boxWidth, boxHeight) || (masked && !maskSampler.fits(boxWidth, boxHeight))) {
            return Outcome.NOTHING;
        }
        componentAlpha = masked && parameters.componentAlpha() && maskSampler.hasColor();
        operator = simplest(parameters.operator(), target.format);
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
        sourceRow = Canvas.atLeast(sourceRow, target.widthPixels);
        maskRow = Canvas.atLeast(maskRow, target.widthPixels);
        targetRow = Canvas.atLeast(targetRow, target.widthPixels);
        for (int i = 0; i < region.count(); i++) {
            for (int y = region.top(i); y < region.bottom(i); y++) {
                drawRow(target, region, i, y);
            }
        }
        return Outcome.DRAWN;
    }

    private void describe(SurfaceFormat target, CompositeParameters parameters, Image source, Image mask) {
        boolean sourceOpaque = parameters.sourceOpaque() && source.isArgbSurface();
        sourceSampler.picture(source, target, sourceOpaque, parameters.sourceX, parameters.sourceY);
        sourceSampler.sampling(parameters.sourceTransform, parameters.sourceFilter(), parameters.sourceRepeat());
        Image maskImage = parameters.hasMask() ? mask : source;
        maskSampler.picture(maskImage, target, false, parameters.maskX, parameters.maskY);
        maskSampler.sampling(parameters.maskTransform, parameters.maskFilter(), parameters.maskRepeat());
    }

    /**
     * pixman replaces operators by simpler ones where opaque pictures allow it (optimize_operator in pixman.c). The
     * results are the same, but for SATURATE, whose single-precision arithmetic rounds otherwise.
     */
    private int simplest(int wanted, SurfaceFormat target) {
        if (wanted != Compositor.SATURATE) {
            return wanted;
        }
        if (target != SurfaceFormat.ARGB_32 && target != SurfaceFormat.A8) {
            return Compositor.DST;
        }
        boolean maskOpaque = !masked || (!componentAlpha && maskSampler.isOpaque());
        return sourceSampler.isOpaque() && maskOpaque ? Compositor.OVER_REVERSE : wanted;
    }

    private void drawRow(Surface target, Region region, int rect, int y) {
        int left = region.left(rect);
        int width = region.right(rect) - left;
        int boxX = left - region.boxLeft();
        int boxY = y - region.boxTop();
        sourceSampler.row(boxX, boxY, width, sourceRow);
        if (masked) {
            maskSampler.row(boxX, boxY, width, maskRow);
        }
        if (operator == Compositor.OVER && !componentAlpha) {
            if (masked) {
                Compositor.applyMask(sourceRow, maskRow, width);
            }
            blender.over(target, y, left, width, sourceRow);
            return;
        }
        target.readRow(y, left, width, targetRow, 0);
        Pixels.toArgb(target.format, targetRow, 0, width);
        combine(width);
        Pixels.fromArgb(target.format, targetRow, 0, width);
        target.writeRow(y, left, width, targetRow, 0);
    }

    private void combine(int width) {
        boolean basic = Compositor.supports(operator);
        boolean rounds = basic ? operator != Compositor.SATURATE : FloatCompositor.roundsMask(operator);
        boolean maskLeft = masked;
        if (masked && !componentAlpha) {
            if (rounds) {
                Compositor.applyMask(sourceRow, maskRow, width);
                maskLeft = false;
            } else {
                Compositor.spreadAlpha(maskRow, width);
            }
        }
        if (!basic) {
            floats.combine(operator, targetRow, sourceRow, maskLeft ? maskRow : null, componentAlpha, width);
        } else if (maskLeft) {
            Compositor.combine(operator, targetRow, sourceRow, maskRow, width);
        } else {
            Compositor.combine(operator, targetRow, sourceRow, width);
        }
    }
}
