package org.spiceshm.renderer;

import java.lang.foreign.MemorySegment;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.CompositeParameters;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.LineStyle;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Polylines;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.Text;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlLineAttr;
import org.spiceshm.protocol.qxl.QxlOpaque;
import org.spiceshm.protocol.qxl.QxlPathSeg;
import org.spiceshm.protocol.qxl.QxlPattern;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlPoint16;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlRasterGlyph;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlRop3;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlTransform;
import org.spiceshm.protocol.qxl.QxlTransparent;

/**
 * Draws what a slot's drawable says: tells the canvas. Owned by the render thread; allocates nothing in steady state.
 *
 * <p>The picture of a part of the surface itself (self_bitmap) is the surface: the canvas draws as if through a copy of
 * it.
 */
final class DrawablePainter {
    private static final int COMPOSITE_OPTIONAL = QxlFlags.COMPOSITE_HAS_MASK
            | QxlFlags.COMPOSITE_HAS_SOURCE_TRANSFORM
            | QxlFlags.COMPOSITE_HAS_MASK_TRANSFORM;
    private static final int MASK_INVERS = 1;
    private static final int ALPHA_BLEND_SOURCE_SURFACE_HAS_ALPHA = 2;

    private final CommandImages images;
    private final Canvas canvas = new Canvas();
    private final Region background = new Region();
    private final Image source = new Image();
    private final Image compositeMask = new Image();
    private final Brush brush = new Brush();
    private final Brush backBrush = new Brush();
    private final Mask mask = new Mask();
    private final CompositeParameters parameters = new CompositeParameters();
    private final Polylines path = new Polylines();
    private final LineStyle lineStyle = new LineStyle();
    private final Text text = new Text();

    // The source area, in the source's pixels.
    private int areaTop;
    private int areaLeft;
    private int areaBottom;
    private int areaRight;

    DrawablePainter(Surfaces surfaces) {
        images = new CommandImages(surfaces);
    }

    /** Draws; a picture that does not decode is the slot's fault, and nothing is drawn. */
    Outcome draw(CommandSlot slot, Surface target, Region region) {
        return switch (QxlDrawable.TYPE.get(slot.snapshot(), 0)) {
            case QxlDrawType.FILL -> fill(slot, target, region);
            case QxlDrawType.OPAQUE -> opaque(slot, target, region);
            case QxlDrawType.COPY, QxlDrawType.BLEND -> copy(slot, target, region);
            case QxlDrawType.COPY_BITS -> copyBits(slot, target, region);
            case QxlDrawType.BLACKNESS -> canvas.blackness(target, region, maskOfThree(slot, target));
            case QxlDrawType.WHITENESS -> canvas.whiteness(target, region, maskOfThree(slot, target));
            case QxlDrawType.INVERS -> canvas.invers(target, region, maskOfThree(slot, target));
            case QxlDrawType.ROP3 -> rop3(slot, target, region);
            case QxlDrawType.STROKE -> stroke(slot, target, region);
            case QxlDrawType.TEXT -> text(slot, target, region);
            case QxlDrawType.TRANSPARENT -> transparent(slot, target, region);
            case QxlDrawType.ALPHA_BLEND -> alphaBlend(slot, target, region);
            case QxlDrawType.COMPOSITE -> composite(slot, target, region);
            case QxlDrawType.NOP -> Outcome.NOTHING;
            default -> Outcome.UNSUPPORTED;
        };
    }

    private Outcome fill(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.FILL.at(0);
        describeBrush(brush, slot, target, QxlFill.BRUSH.at(at), CommandSlot.PATTERN);
        describeMask(slot, target, QxlFill.MASK.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.fill(target, region, brush, QxlFill.ROP_DESCRIPTOR.get(copy, at), mask);
    }

    private Outcome copy(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.COPY.at(0);
        describeSource(slot, target, QxlCopy.SRC_AREA.at(at));
        describeMask(slot, target, QxlCopy.MASK.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.copy(
                        target,
                        region,
                        source,
                        areaTop,
                        areaLeft,
                        areaBottom,
                        areaRight,
                        QxlCopy.ROP_DESCRIPTOR.get(copy, at),
                        QxlCopy.SCALE_MODE.get(copy, at),
                        mask);
    }

    private Outcome opaque(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.OPAQUE.at(0);
        describeSource(slot, target, QxlOpaque.SRC_AREA.at(at));
        describeBrush(brush, slot, target, QxlOpaque.BRUSH.at(at), CommandSlot.PATTERN);
        describeMask(slot, target, QxlOpaque.MASK.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.opaque(
                        target,
                        region,
                        source,
                        areaTop,
                        areaLeft,
                        areaBottom,
                        areaRight,
                        brush,
                        QxlOpaque.ROP_DESCRIPTOR.get(copy, at),
                        QxlOpaque.SCALE_MODE.get(copy, at),
                        mask);
    }

    private Outcome rop3(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.ROP3.at(0);
        describeSource(slot, target, QxlRop3.SRC_AREA.at(at));
        describeBrush(brush, slot, target, QxlRop3.BRUSH.at(at), CommandSlot.PATTERN);
        describeMask(slot, target, QxlRop3.MASK.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.rop3(
                        target,
                        region,
                        source,
                        areaTop,
                        areaLeft,
                        areaBottom,
                        areaRight,
                        brush,
                        QxlRop3.ROP3.get(copy, at),
                        QxlRop3.SCALE_MODE.get(copy, at),
                        mask);
    }

    private Outcome transparent(CommandSlot slot, Surface target, Region region) {
        long at = QxlDrawable.TRANSPARENT.at(0);
        describeSource(slot, target, QxlTransparent.SRC_AREA.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.transparent(
                        target,
                        region,
                        source,
                        areaTop,
                        areaLeft,
                        areaBottom,
                        areaRight,
                        QxlTransparent.TRUE_COLOR.get(slot.snapshot(), at));
    }

    private Outcome alphaBlend(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.ALPHA_BLEND.at(0);
        describeSource(slot, target, QxlAlphaBlend.SRC_AREA.at(at));
        boolean surfaceHasAlpha = (QxlAlphaBlend.ALPHA_FLAGS.get(copy, at) & ALPHA_BLEND_SOURCE_SURFACE_HAS_ALPHA) != 0;
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.alphaBlend(
                        target,
                        region,
                        source,
                        areaTop,
                        areaLeft,
                        areaBottom,
                        areaRight,
                        QxlAlphaBlend.ALPHA.get(copy, at),
                        surfaceHasAlpha);
    }

    private Outcome copyBits(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long point = QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(0));
        return canvas.copyBits(target, region, QxlPoint.X.get(copy, point), QxlPoint.Y.get(copy, point));
    }

    private Outcome composite(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.COMPOSITE.at(0);
        boolean masked = images.describe(compositeMask, slot, CommandSlot.MASK, target.format());
        images.describe(source, slot, CommandSlot.SOURCE, target.format());
        // A guest says what there is by addresses; the flags say the same on the wire.
        int flags = QxlComposite.FLAGS.get(copy, at) & ~COMPOSITE_OPTIONAL;
        flags |= slot.sourceTransformOffset >= 0 ? QxlFlags.COMPOSITE_HAS_SOURCE_TRANSFORM : 0;
        flags |= masked ? QxlFlags.COMPOSITE_HAS_MASK : 0;
        flags |= masked && slot.maskTransformOffset >= 0 ? QxlFlags.COMPOSITE_HAS_MASK_TRANSFORM : 0;
        parameters.reset(flags);
        long sourceOrigin = QxlComposite.SRC_ORIGIN.at(at);
        long maskOrigin = QxlComposite.MASK_ORIGIN.at(at);
        parameters.sourceOrigin(QxlPoint16.X.get(copy, sourceOrigin), QxlPoint16.Y.get(copy, sourceOrigin));
        parameters.maskOrigin(QxlPoint16.X.get(copy, maskOrigin), QxlPoint16.Y.get(copy, maskOrigin));
        if (slot.sourceTransformOffset >= 0) {
            long t = slot.sourceTransformOffset;
            parameters.sourceTransform(
                    QxlTransform.T00.get(copy, t),
                    QxlTransform.T01.get(copy, t),
                    QxlTransform.T02.get(copy, t),
                    QxlTransform.T10.get(copy, t),
                    QxlTransform.T11.get(copy, t),
                    QxlTransform.T12.get(copy, t));
        }
        if (slot.maskTransformOffset >= 0) {
            long t = slot.maskTransformOffset;
            parameters.maskTransform(
                    QxlTransform.T00.get(copy, t),
                    QxlTransform.T01.get(copy, t),
                    QxlTransform.T02.get(copy, t),
                    QxlTransform.T10.get(copy, t),
                    QxlTransform.T11.get(copy, t),
                    QxlTransform.T12.get(copy, t));
        }
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.composite(target, region, parameters, source, compositeMask);
    }

    private Outcome stroke(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.STROKE.at(0);
        describeBrush(brush, slot, target, QxlStroke.BRUSH.at(at), CommandSlot.PATTERN);
        describePath(slot);
        describeLine(slot, QxlStroke.ATTR.at(at));
        return slot.fault != null
                ? Outcome.NOTHING
                : canvas.stroke(target, region, path, lineStyle, brush, QxlStroke.FORE_MODE.get(copy, at));
    }

    /** The device has checked that every segment's points lie in the copy. */
    private void describePath(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        path.reset();
        long at = slot.dataOffset;
        long end = at + slot.dataLength;
        while (at < end) {
            int flags = QxlPathSeg.FLAGS.get(copy, at);
            long points = QxlPathSeg.COUNT.getUnsigned(copy, at);
            at += QxlPathSeg.STRUCT.size();
            path.beginSegment(flags);
            for (long i = 0; i < points; i++) {
                path.point(QxlPoint.X.get(copy, at), QxlPoint.Y.get(copy, at));
                at += QxlPathSeg.POINT_BYTES;
            }
            path.endSegment(flags);
        }
        path.finish();
    }

    private void describeLine(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        lineStyle.reset(QxlLineAttr.FLAGS.get(copy, at));
        if (slot.styleOffset >= 0) {
            for (int i = 0; i < QxlLineAttr.STYLE_NSEG.get(copy, at); i++) {
                lineStyle.length(copy.get(CommandImages.ENTRY, slot.styleOffset + 4L * i));
            }
        }
    }

    private Outcome text(CommandSlot slot, Surface target, Region region) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.TEXT.at(0);
        describeBrush(brush, slot, target, QxlText.FORE_BRUSH.at(at), CommandSlot.PATTERN);
        describeBrush(backBrush, slot, target, QxlText.BACK_BRUSH.at(at), CommandSlot.BACK_PATTERN);
        describeText(slot);
        long back = QxlText.BACK_AREA.at(at);
        background.cut(
                region,
                QxlRect.TOP.get(copy, back),
                QxlRect.LEFT.get(copy, back),
                QxlRect.BOTTOM.get(copy, back),
                QxlRect.RIGHT.get(copy, back));
        return slot.fault != null ? Outcome.NOTHING : canvas.text(target, region, background, text, brush, backBrush);
    }

    /** The device has checked that every glyph's bytes lie in the copy. */
    private void describeText(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        int bits = QxlString.bitsPerPixel(QxlString.FLAGS.get(copy, slot.styleOffset));
        int glyphs = QxlString.LENGTH.get(copy, slot.styleOffset);
        text.reset(bits);
        long at = slot.dataOffset;
        for (int i = 0; i < glyphs; i++) {
            long position = QxlRasterGlyph.RENDER_POS.at(at);
            long origin = QxlRasterGlyph.GLYPH_ORIGIN.at(at);
            int width = QxlRasterGlyph.WIDTH.get(copy, at);
            int height = QxlRasterGlyph.HEIGHT.get(copy, at);
            at += QxlRasterGlyph.STRUCT.size();
            text.glyph(
                    QxlPoint.X.get(copy, position) + QxlPoint.X.get(copy, origin),
                    QxlPoint.Y.get(copy, position) + QxlPoint.Y.get(copy, origin),
                    width,
                    height,
                    copy,
                    at);
            at += Text.glyphBytes(bits, width, height);
        }
    }

    // ---- parts of drawables

    private void describeSource(CommandSlot slot, Surface target, long area) {
        MemorySegment copy = slot.snapshot();
        int top = 0;
        int left = 0;
        if (!images.describe(source, slot, CommandSlot.SOURCE, target.format())
                && slot.imageOffset(CommandSlot.SOURCE) < 0
                && QxlDrawable.SELF_BITMAP.get(copy, 0) != 0) {
            long self = QxlDrawable.SELF_BITMAP_AREA.at(0);
            top = QxlRect.TOP.get(copy, self);
            left = QxlRect.LEFT.get(copy, self);
            source.ofSurface(target);
        }
        areaTop = top + QxlRect.TOP.get(copy, area);
        areaLeft = left + QxlRect.LEFT.get(copy, area);
        areaBottom = top + QxlRect.BOTTOM.get(copy, area);
        areaRight = left + QxlRect.RIGHT.get(copy, area);
    }

    private Mask maskOfThree(CommandSlot slot, Surface target) {
        describeMask(slot, target, QxlBlackness.MASK.at(QxlDrawable.BLACKNESS.at(0)));
        return mask;
    }

    private void describeMask(CommandSlot slot, Surface target, long at) {
        if (slot.imageOffset(CommandSlot.MASK) < 0) {
            mask.none();
            return;
        }
        MemorySegment copy = slot.snapshot();
        long position = QxlQMask.POS.at(at);
        images.describe(mask.bitmap(), slot, CommandSlot.MASK, target.format());
        boolean inverse = (QxlQMask.FLAGS.get(copy, at) & MASK_INVERS) != 0;
        mask.set(QxlPoint.X.get(copy, position), QxlPoint.Y.get(copy, position), inverse);
    }

    private void describeBrush(Brush to, CommandSlot slot, Surface target, long at, int role) {
        MemorySegment copy = slot.snapshot();
        switch (QxlBrush.TYPE.get(copy, at)) {
            case QxlFlags.BRUSH_SOLID -> to.solid(QxlBrush.COLOR.get(copy, at));
            case QxlFlags.BRUSH_PATTERN -> {
                long position = QxlPattern.POS.at(QxlBrush.PATTERN.at(at));
                images.describe(to.pattern(), slot, role, target.format());
                to.pattern(QxlPoint.X.get(copy, position), QxlPoint.Y.get(copy, position));
            }
            default -> to.none();
        }
    }
}
