package org.spiceshm.canvas;

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

    private static final int OPAQUE = 255;

    private final Image itself = new Image();
    private final Mask noMask = new Mask();
    private final BlockCopier copier = new BlockCopier();
    private final CompositePainter compositePainter = new CompositePainter();
    private final AlphaBlender blender = new AlphaBlender();
    private final TextPainter textPainter = new TextPainter();
    private final StrokePainter strokePainter = new StrokePainter();
    private final SourceRows source = new SourceRows();
    private final MaskRow maskRow = new MaskRow();
    private final Tile tile = new Tile();
    private int[] sourceRow = new int[0];
    private int[] brushRow = new int[0];

    /** FILL: the brush, combined with what is there. */
    public Outcome fill(Surface target, Region region, Brush brush, int ropDescriptor, Mask mask) {
        return fill(target, region, brush, Rop.table(ropDescriptor, Rop.INVERS_BRUSH, Rop.INVERS_DEST), mask, false);
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
     * COPY and BLEND: the part of {@code image} between the given edges, put on the region's box, scaled if the sizes
     * differ. Where the image has no pixel, an unscaled copy leaves the destination alone.
     */
    public Outcome copy(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            int ropDescriptor,
            int scaleMode,
            Mask mask) {
        if (!region.isValid()
                || !source.describe(target, region, image, sourceTop, sourceLeft, sourceBottom, sourceRight)
                || !isUsable(mask)) {
            return Outcome.INVALID;
        }
        int table = Rop.table(ropDescriptor, Rop.INVERS_SRC, Rop.INVERS_DEST);
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !image.suits(target.format)) {
            return Outcome.UNSUPPORTED;
        }
        return copy(target, region, image, sourceTop, sourceLeft, table, scaleMode, mask);
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
        Outcome outcome = copier.copy(surface, region, itself, sourceX, sourceY, Rop.COPY, noMask);
        itself.none();
        return outcome;
    }

    /**
     * OPAQUE: puts the image on the box, as COPY does, and then combines the brush with it: the operation's destination
     * is the image, whose inversion is that of the source.
     */
    public Outcome opaque(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            Brush brush,
            int ropDescriptor,
            int scaleMode,
            Mask mask) {
        if (!region.isValid()
                || !source.describe(target, region, image, sourceTop, sourceLeft, sourceBottom, sourceRight)
                || !isUsable(mask)
                || !isUsable(brush)) {
            return Outcome.INVALID;
        }
        int table = Rop.table(ropDescriptor, Rop.INVERS_BRUSH, Rop.INVERS_SRC);
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !image.suits(target.format) || !suits(brush, target)) {
            return Outcome.UNSUPPORTED;
        }
        Outcome copied = copy(target, region, image, sourceTop, sourceLeft, Rop.COPY, scaleMode, mask);
        if (copied != Outcome.DRAWN && copied != Outcome.NOTHING) {
            return copied;
        }
        return fill(target, region, brush, table, mask, true);
    }

    /** ROP3: combines image, brush and what is there by a ternary operation; {@code code} is 0 to 255. */
    public Outcome rop3(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            Brush brush,
            int code,
            int scaleMode,
            Mask mask) {
        if (!region.isValid()
                || !source.describe(target, region, image, sourceTop, sourceLeft, sourceBottom, sourceRight)
                || !isScaleMode(scaleMode)
                || !isUsable(mask)
                || !isUsable(brush)) {
            return Outcome.INVALID;
        }
        if (target.format.bitsPerPixel() < 16 || !image.suits(target.format) || !suits(brush, target)) {
            return Outcome.UNSUPPORTED;
        }
        if (region.isEmpty()) {
            return Outcome.NOTHING;
        }
        Outcome refused = source.prepareRop3(scaleMode == SCALE_INTERPOLATE);
        if (refused != null) {
            return refused;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        Rop3 operation = Rop3.of(code & 0xff);
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                source.row(left, y, width, sourceRow);
                if (brush.isPattern()) {
                    rop3Pattern(target, region, y, left, width, brush, operation, mask);
                } else {
                    rop3Solid(target, region, y, left, width, brush.color(), operation, mask);
                }
            }
        }
        return Outcome.DRAWN;
    }

    /** STROKE: lines one pixel wide, solid or dashed, painted with the brush. */
    public Outcome stroke(
            Surface target, Region region, Polylines path, LineStyle style, Brush brush, int ropDescriptor) {
        int table = Rop.table(ropDescriptor, Rop.INVERS_BRUSH, Rop.INVERS_DEST);
        if (!region.isValid() || !path.isValid() || !style.isValid() || !isUsable(brush)) {
            return Outcome.INVALID;
        }
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !suits(brush, target)) {
            return Outcome.UNSUPPORTED;
        }
        return strokePainter.draw(target, region, path, style, brush, table);
    }

    /**
     * TEXT: fills the part of the region that lies in the back area with the back brush, unless the area is empty, and
     * puts the fore brush, through the glyphs' coverage, over it.
     *
     * @param background the region cut to the back area; empty without one
     */
    public Outcome text(Surface target, Region region, Region background, Text text, Brush foreBrush, Brush backBrush) {
        boolean filled = background.isValid() && !background.isEmpty();
        boolean written = !foreBrush.isNone();
        if (!region.isValid()
                || !text.isValid()
                || (written && !isUsable(foreBrush))
                || (filled && !isUsable(backBrush))) {
            return Outcome.INVALID;
        }
        if (target.format == SurfaceFormat.A1
                || (written && !suits(foreBrush, target))
                || (filled && !suits(backBrush, target))) {
            return Outcome.UNSUPPORTED;
        }
        Outcome outcome = filled ? fill(target, background, backBrush, Rop.COPY, noMask, false) : Outcome.NOTHING;
        boolean drawn = written && textPainter.draw(target, region, text, foreBrush);
        return drawn ? Outcome.DRAWN : outcome;
    }

    /**
     * TRANSPARENT: copies the image but for the pixels of one colour, scaled to the nearest pixel if the sizes differ.
     *
     * @param trueColor the colour, 0x??RRGGBB whatever the surface's format
     */
    public Outcome transparent(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            int trueColor) {
        if (!region.isValid()
                || !source.describe(target, region, image, sourceTop, sourceLeft, sourceBottom, sourceRight)) {
            return Outcome.INVALID;
        }
        if (target.format == SurfaceFormat.A1 || !image.suits(target.format)) {
            return Outcome.UNSUPPORTED;
        }
        if (region.isEmpty()) {
            return Outcome.NOTHING;
        }
        Outcome refused = source.prepareCopy(false);
        if (refused != null) {
            return refused;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        int key = ColorKey.of(target.format, trueColor);
        boolean drawn = false;
        for (int i = 0; i < region.count(); i++) {
            int left = Math.max(region.left(i), source.left());
            int width = Math.min(region.right(i), source.right()) - left;
            int bottom = Math.min(region.bottom(i), source.bottom());
            for (int y = Math.max(region.top(i), source.top()); y < bottom && width > 0; y++) {
                source.row(left, y, width, sourceRow);
                ColorKey.copy(target, y, left, width, sourceRow, key);
                drawn = true;
            }
        }
        return drawn ? Outcome.DRAWN : Outcome.NOTHING;
    }

    /**
     * ALPHA_BLEND: the image, its channels times {@code alpha} 255ths, over what is there; scaled to the nearest pixel if
     * the sizes differ. An image without alpha is opaque.
     *
     * @param surfaceHasAlpha the unused byte of an xRGB surface that is drawn from is alpha
     */
    public Outcome alphaBlend(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int sourceBottom,
            int sourceRight,
            int alpha,
            boolean surfaceHasAlpha) {
        if (!region.isValid()
                || !source.describe(target, region, image, sourceTop, sourceLeft, sourceBottom, sourceRight)) {
            return Outcome.INVALID;
        }
        if (target.format == SurfaceFormat.A1 || !image.suits(target.format)) {
            return Outcome.UNSUPPORTED;
        }
        if (region.isEmpty() || alpha == 0) {
            return Outcome.NOTHING;
        }
        Outcome refused = source.prepareBlend(surfaceHasAlpha);
        if (refused != null) {
            return refused;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        boolean drawn = false;
        for (int i = 0; i < region.count(); i++) {
            int left = Math.max(region.left(i), source.left());
            int width = Math.min(region.right(i), source.right()) - left;
            int bottom = Math.min(region.bottom(i), source.bottom());
            for (int y = Math.max(region.top(i), source.top()); y < bottom && width > 0; y++) {
                source.row(left, y, width, sourceRow);
                if (alpha != OPAQUE) {
                    AlphaBlender.fade(sourceRow, width, alpha);
                }
                blender.over(target, y, left, width, sourceRow);
                drawn = true;
            }
        }
        return drawn ? Outcome.DRAWN : Outcome.NOTHING;
    }

    /**
     * COMPOSITE: combines {@code image}, through {@code mask} if the parameters have one, with the region, by an operator
     * of the X Render extension.
     */
    public Outcome composite(Surface target, Region region, CompositeParameters parameters, Image image, Image mask) {
        if (!region.isValid() || !image.isComplete() || (parameters.hasMask() && !mask.isComplete())) {
            return Outcome.INVALID;
        }
        if (target.format == SurfaceFormat.A1
                || !(Compositor.supports(parameters.operator()) || FloatCompositor.supports(parameters.operator()))
                || !Sampler.knowsFilter(parameters.sourceFilter())
                || !Sampler.knowsFilter(parameters.maskFilter())
                || !image.suits(target.format)
                || (parameters.hasMask() && !mask.suits(target.format))) {
            return Outcome.UNSUPPORTED;
        }
        return region.isEmpty() ? Outcome.NOTHING : compositePainter.draw(target, region, parameters, image, mask);
    }

    /** @param checked whether the caller has found brush and mask usable */
    private Outcome fill(Surface target, Region region, Brush brush, int table, Mask mask, boolean checked) {
        if (brush.isPattern()) {
            return fillPattern(target, region, brush, table, mask, checked);
        }
        int color = brush.color();
        int keep = (color & Rop.keepMask(table)) ^ Rop.keepInvert(table);
        int flip = (color & Rop.flipMask(table)) ^ Rop.flipInvert(table);
        return fillConstant(target, region, mask, keep, flip);
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
                maskRow.begin(region, mask, y, left, width);
                while (maskRow.next()) {
                    Pixels.fill(target, y, left + maskRow.from(), maskRow.length(), keep, flip);
                }
            }
        }
        return Outcome.DRAWN;
    }

    private Outcome fillPattern(Surface target, Region region, Brush brush, int table, Mask mask, boolean checked) {
        if (!checked && (!region.isValid() || !isUsable(brush) || !isUsable(mask))) {
            return Outcome.INVALID;
        }
        if (region.isEmpty() || table == Rop.NOOP) {
            return Outcome.NOTHING;
        }
        if (target.format == SurfaceFormat.A1 || !suits(brush, target)) {
            return Outcome.UNSUPPORTED;
        }
        brushRow = atLeast(brushRow, target.widthPixels);
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                tile.read(brush.pattern, target.format, left - brush.patternX, y - brush.patternY, width, brushRow);
                drawRow(target, region, y, left, width, brushRow, table, mask);
            }
        }
        return Outcome.DRAWN;
    }

    /** The caller has described {@link #source}. */
    private Outcome copy(
            Surface target,
            Region region,
            Image image,
            int sourceTop,
            int sourceLeft,
            int table,
            int scaleMode,
            Mask mask) {
        if (!source.isScaled()) {
            return copier.copy(target, region, image, sourceLeft, sourceTop, table, mask);
        }
        if (!isScaleMode(scaleMode)) {
            return Outcome.INVALID;
        }
        Outcome refused = source.prepareCopy(scaleMode == SCALE_INTERPOLATE);
        if (refused != null) {
            return refused;
        }
        sourceRow = atLeast(sourceRow, target.widthPixels);
        for (int i = 0; i < region.count(); i++) {
            int left = region.left(i);
            int width = region.right(i) - left;
            for (int y = region.top(i); y < region.bottom(i); y++) {
                source.row(left, y, width, sourceRow);
                drawRow(target, region, y, left, width, sourceRow, table, mask);
            }
        }
        return Outcome.DRAWN;
    }

    /** Draws the row where the mask allows it. */
    private void drawRow(Surface target, Region region, int y, int left, int width, int[] row, int table, Mask mask) {
        maskRow.begin(region, mask, y, left, width);
        while (maskRow.next()) {
            Pixels.rop(target, y, left + maskRow.from(), maskRow.length(), row, maskRow.from(), table);
        }
    }

    private void rop3Solid(
            Surface target, Region region, int y, int left, int width, int color, Rop3 operation, Mask mask) {
        maskRow.begin(region, mask, y, left, width);
        while (maskRow.next()) {
            int from = maskRow.from();
            Pixels.rop(
                    target,
                    y,
                    left + from,
                    maskRow.length(),
                    sourceRow,
                    from,
                    operation.keepMask(color),
                    operation.keepInvert(color),
                    operation.flipMask(color),
                    operation.flipInvert(color));
        }
    }

    /** The tile's phase counts from the box's corner, as the reference has it. */
    private void rop3Pattern(
            Surface target, Region region, int y, int left, int width, Brush brush, Rop3 operation, Mask mask) {
        brushRow = atLeast(brushRow, target.widthPixels);
        tile.read(brush.pattern, target.format, left - brush.patternX, y - brush.patternY, width, brushRow);
        maskRow.begin(region, mask, y, left, width);
        while (maskRow.next()) {
            int from = maskRow.from();
            Pixels.rop3(target, y, left + from, maskRow.length(), sourceRow, brushRow, from, operation);
        }
    }

    private static boolean isUsable(Mask mask) {
        return !mask.isPresent()
                || (mask.bitmap.isComplete()
                        && mask.bitmap.isMask()
                        && Region.inRange(mask.x)
                        && Region.inRange(mask.y));
    }

    private static boolean isUsable(Brush brush) {
        return !brush.isPattern()
                || (brush.pattern.isComplete() && Region.inRange(brush.patternX) && Region.inRange(brush.patternY));
    }

    private static boolean suits(Brush brush, Surface target) {
        return !brush.isPattern() || brush.pattern.suits(target.format);
    }

    private static boolean isScaleMode(int mode) {
        return mode == SCALE_INTERPOLATE || mode == SCALE_NEAREST;
    }

    static int[] atLeast(int[] row, int width) {
        return row.length < width ? new int[Math.max(width, 2 * row.length)] : row;
    }
}
