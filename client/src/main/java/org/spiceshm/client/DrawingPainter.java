package org.spiceshm.client;

import java.util.List;
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
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.GlyphString;
import org.spiceshm.protocol.spice.LineAttributes;
import org.spiceshm.protocol.spice.Point;
import org.spiceshm.protocol.spice.QMask;
import org.spiceshm.protocol.spice.StrokePath;
import org.spiceshm.protocol.spice.Transform;

/**
 * Draws messages: tells the canvas what a message says. All pictures of a message are loaded even if nothing of it is
 * seen, since the server counts on their being cached. Guarded by the display's lock.
 */
final class DrawingPainter {
    private static final int ROP_PUT = 8;
    private static final int SOURCE_SURFACE_HAS_ALPHA = 2;

    private final ImageLoader images;
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Region background = new Region();
    private final Image source = new Image();
    private final Image maskImage = new Image();
    private final Brush brush = new Brush();
    private final Brush backBrush = new Brush();
    private final Mask mask = new Mask();
    private final CompositeParameters composite = new CompositeParameters();
    private final Polylines path = new Polylines();
    private final LineStyle lineStyle = new LineStyle();
    private final Text text = new Text();
    private int[] clip = new int[64];

    DrawingPainter(ImageLoader images) {
        this.images = images;
    }

    /** Where the last drawing went. */
    Region region() {
        return region;
    }

    /** Draws one message. UNSUPPORTED also if a picture is missing; the loader knows why. */
    Outcome draw(Surface target, DrawMessage message) throws MalformedMessageException {
        setRegion(region, target, message.base().box(), message.base().clip());
        images.begin();
        try {
            return dispatch(target, message);
        } finally {
            source.none();
            maskImage.none();
            brush.pattern().none();
            backBrush.pattern().none();
            mask.bitmap().none();
        }
    }

    /** Draws a picture, scaled to the nearest pixel, on a part of a surface. */
    Outcome drawFrame(Surface target, Rect box, Clip newClip, Image picture) {
        setRegion(region, target, box, newClip);
        mask.none();
        return canvas.copy(
                target,
                region,
                picture,
                0,
                0,
                picture.heightPixels(),
                picture.widthPixels(),
                ROP_PUT,
                Canvas.SCALE_NEAREST,
                mask);
    }

    private void setRegion(Region to, Surface surface, Rect box, Clip newClip) {
        to.setBox(surface, box.top(), box.left(), box.bottom(), box.right());
        if (newClip instanceof Clip.Rects(List<Rect> rects)) {
            if (clip.length < 4 * rects.size()) {
                clip = new int[Math.max(4 * rects.size(), 2 * clip.length)];
            }
            int at = 0;
            for (Rect rect : rects) {
                clip[at++] = rect.top();
                clip[at++] = rect.left();
                clip[at++] = rect.bottom();
                clip[at++] = rect.right();
            }
            to.clipTo(clip, rects.size());
        }
    }

    private Outcome dispatch(Surface target, DrawMessage message) throws MalformedMessageException {
        return switch (message) {
            case DrawMessage.CopyBits draw ->
                canvas.copyBits(target, region, draw.source().x(), draw.source().y());
            case DrawMessage.Fill draw -> fill(target, draw);
            case DrawMessage.Opaque draw -> opaque(target, draw);
            case DrawMessage.Copy draw ->
                copy(target, draw.source(), draw.sourceArea(), draw.rop(), draw.scaleMode(), draw.mask());
            case DrawMessage.Blend draw ->
                copy(target, draw.source(), draw.sourceArea(), draw.rop(), draw.scaleMode(), draw.mask());
            case DrawMessage.Blackness draw ->
                setMask(target, draw.mask()) ? canvas.blackness(target, region, mask) : Outcome.UNSUPPORTED;
            case DrawMessage.Whiteness draw ->
                setMask(target, draw.mask()) ? canvas.whiteness(target, region, mask) : Outcome.UNSUPPORTED;
            case DrawMessage.Invers draw ->
                setMask(target, draw.mask()) ? canvas.invers(target, region, mask) : Outcome.UNSUPPORTED;
            case DrawMessage.Rop3 draw -> rop3(target, draw);
            case DrawMessage.Stroke draw -> stroke(target, draw);
            case DrawMessage.Text draw -> text(target, draw);
            case DrawMessage.Transparent draw -> transparent(target, draw);
            case DrawMessage.AlphaBlend draw -> alphaBlend(target, draw);
            case DrawMessage.Composite draw -> composite(target, draw);
        };
    }

    private Outcome fill(Surface target, DrawMessage.Fill draw) throws MalformedMessageException {
        setBrush(brush, target, draw.brush());
        return setMask(target, draw.mask())
                ? canvas.fill(target, region, brush, draw.rop(), mask)
                : Outcome.UNSUPPORTED;
    }

    private Outcome copy(
            Surface target,
            org.spiceshm.protocol.spice.Image picture,
            Rect area,
            int rop,
            int scaleMode,
            QMask drawMask)
            throws MalformedMessageException {
        images.load(source, target.format(), picture);
        if (!setMask(target, drawMask)) {
            return Outcome.UNSUPPORTED;
        }
        return canvas.copy(
                target, region, source, area.top(), area.left(), area.bottom(), area.right(), rop, scaleMode, mask);
    }

    private Outcome opaque(Surface target, DrawMessage.Opaque draw) throws MalformedMessageException {
        images.load(source, target.format(), draw.source());
        setBrush(brush, target, draw.brush());
        if (!setMask(target, draw.mask())) {
            return Outcome.UNSUPPORTED;
        }
        Rect area = draw.sourceArea();
        return canvas.opaque(
                target,
                region,
                source,
                area.top(),
                area.left(),
                area.bottom(),
                area.right(),
                brush,
                draw.rop(),
                draw.scaleMode(),
                mask);
    }

    private Outcome rop3(Surface target, DrawMessage.Rop3 draw) throws MalformedMessageException {
        images.load(source, target.format(), draw.source());
        setBrush(brush, target, draw.brush());
        if (!setMask(target, draw.mask())) {
            return Outcome.UNSUPPORTED;
        }
        Rect area = draw.sourceArea();
        return canvas.rop3(
                target,
                region,
                source,
                area.top(),
                area.left(),
                area.bottom(),
                area.right(),
                brush,
                draw.rop3(),
                draw.scaleMode(),
                mask);
    }

    private Outcome stroke(Surface target, DrawMessage.Stroke draw) throws MalformedMessageException {
        setBrush(brush, target, draw.brush());
        path.reset();
        for (StrokePath.Segment segment : draw.path().segments()) {
            path.beginSegment(segment.flags());
            for (Point point : segment.points()) {
                path.point(point.x(), point.y());
            }
            path.endSegment(segment.flags());
        }
        path.finish();
        LineAttributes line = draw.line();
        lineStyle.reset(line.flags());
        for (int dash : line.dashes()) {
            lineStyle.length(dash);
        }
        return canDraw() ? canvas.stroke(target, region, path, lineStyle, brush, draw.foreMode()) : Outcome.UNSUPPORTED;
    }

    private Outcome text(Surface target, DrawMessage.Text draw) throws MalformedMessageException {
        setBrush(brush, target, draw.foreBrush());
        setBrush(backBrush, target, draw.backBrush());
        text.reset(draw.string().bitsPerPixel());
        for (GlyphString.Glyph glyph : draw.string().glyphs()) {
            text.glyph(
                    glyph.renderPosition().x() + glyph.origin().x(),
                    glyph.renderPosition().y() + glyph.origin().y(),
                    glyph.width(),
                    glyph.height(),
                    glyph.data(),
                    0);
        }
        Rect back = draw.backArea();
        background.cut(region, back.top(), back.left(), back.bottom(), back.right());
        return canDraw() ? canvas.text(target, region, background, text, brush, backBrush) : Outcome.UNSUPPORTED;
    }

    private Outcome transparent(Surface target, DrawMessage.Transparent draw) throws MalformedMessageException {
        images.load(source, target.format(), draw.source());
        Rect area = draw.sourceArea();
        return canDraw()
                ? canvas.transparent(
                        target, region, source, area.top(), area.left(), area.bottom(), area.right(), draw.trueColor())
                : Outcome.UNSUPPORTED;
    }

    private Outcome alphaBlend(Surface target, DrawMessage.AlphaBlend draw) throws MalformedMessageException {
        images.load(source, target.format(), draw.source());
        Rect area = draw.sourceArea();
        return canDraw()
                ? canvas.alphaBlend(
                        target,
                        region,
                        source,
                        area.top(),
                        area.left(),
                        area.bottom(),
                        area.right(),
                        draw.alpha(),
                        (draw.alphaFlags() & SOURCE_SURFACE_HAS_ALPHA) != 0)
                : Outcome.UNSUPPORTED;
    }

    private Outcome composite(Surface target, DrawMessage.Composite draw) throws MalformedMessageException {
        images.load(source, target.format(), draw.source());
        maskImage.none();
        if (draw.mask() != null) {
            images.load(maskImage, target.format(), draw.mask());
        }
        composite.reset(draw.flags());
        composite.sourceOrigin(draw.sourceOrigin().x(), draw.sourceOrigin().y());
        composite.maskOrigin(draw.maskOrigin().x(), draw.maskOrigin().y());
        Transform t = draw.sourceTransform();
        if (t != null) {
            composite.sourceTransform(t.t00(), t.t01(), t.t02(), t.t10(), t.t11(), t.t12());
        }
        t = draw.maskTransform();
        if (t != null) {
            composite.maskTransform(t.t00(), t.t01(), t.t02(), t.t10(), t.t11(), t.t12());
        }
        return canDraw() ? canvas.composite(target, region, composite, source, maskImage) : Outcome.UNSUPPORTED;
    }

    private boolean canDraw() {
        return images.fault() == null;
    }

    /** A solid brush's colour is a pixel of the surface already. */
    private void setBrush(Brush to, Surface target, org.spiceshm.protocol.spice.Brush wanted)
            throws MalformedMessageException {
        switch (wanted) {
            case org.spiceshm.protocol.spice.Brush.None() -> to.none();
            case org.spiceshm.protocol.spice.Brush.Solid(int color) -> to.solid(color);
            case org.spiceshm.protocol.spice.Brush.Pattern(var image, var origin) -> {
                images.load(to.pattern(), target.format(), image);
                to.pattern(origin.x(), origin.y());
            }
        }
    }

    /** Whether everything that was loaded for the drawing, its mask last, is there. */
    private boolean setMask(Surface target, QMask wanted) throws MalformedMessageException {
        mask.none();
        if (wanted.bitmap() != null) {
            images.loadMask(mask.bitmap(), target.format(), wanted.bitmap());
            mask.set(wanted.position().x(), wanted.position().y(), (wanted.flags() & QMask.INVERS) != 0);
        }
        return canDraw();
    }
}
