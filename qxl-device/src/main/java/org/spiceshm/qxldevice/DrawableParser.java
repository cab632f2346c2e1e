package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCompatAlphaBlend;
import org.spiceshm.protocol.qxl.QxlCompatDrawable;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlLineAttr;
import org.spiceshm.protocol.qxl.QxlOpaque;
import org.spiceshm.protocol.qxl.QxlPath;
import org.spiceshm.protocol.qxl.QxlPathSeg;
import org.spiceshm.protocol.qxl.QxlPattern;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlRasterGlyph;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlRop3;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlTransform;
import org.spiceshm.protocol.qxl.QxlTransparent;

/**
 * Copies drawables and all that they name, but for pixels, into a {@link CommandSlot}, and checks the copy:
 * {@link CommandParser}'s rules for drawing. Drawables of compat mode leave it as native ones. Owned by the device thread;
 * allocates nothing.
 */
final class DrawableParser {
    /** More rectangles make no sense on a screen, and they must fit a slot. */
    static final int MAX_CLIP_RECTS = 65536;

    private final GuestMemory guest;
    private final SurfaceTable surfaces;
    private final ImageParser images;
    private boolean compat;

    DrawableParser(GuestMemory guest, SurfaceTable surfaces) {
        this.guest = guest;
        this.surfaces = surfaces;
        images = new ImageParser(guest, surfaces);
    }

    /** Which layout drawables have from now on, and whether their colours are x1r5g5b5 for a surface of 32 bits. */
    void setCompat(boolean newCompat, boolean sixteenBitColours) {
        compat = newCompat;
        images.setSixteenBits(sixteenBitColours);
    }

    /** Reads the drawable at {@code physical}. */
    @Nullable
    GuestFault parse(CommandSlot slot, long physical) {
        GuestFault fault =
                compat ? compatDrawable(slot, physical) : guest.copy(slot, physical, QxlDrawable.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        slot.kind = CommandSlot.Kind.DRAW;
        slot.surfaceId = QxlDrawable.SURFACE_ID.get(copy, 0);
        fault = surfaces.check(slot.surfaceId);
        if (fault == null) {
            fault = dependencies(copy);
        }
        if (fault == null) {
            fault = box(slot);
        }
        if (fault == null) {
            fault = clip(slot);
        }
        if (fault != null) {
            return fault;
        }
        if (QxlDrawable.EFFECT.get(copy, 0) == QxlFlags.EFFECT_NOP) {
            slot.kind = CommandSlot.Kind.NONE;
            return null;
        }
        return operation(slot, QxlDrawable.TYPE.get(slot.snapshot(), 0));
    }

    /**
     * Copies a compat drawable, and writes what it says as a native one at snapshot offset 0: nobody behind the parser knows
     * that there are two layouts (spice-server, red_get_compat_drawable).
     */
    private @Nullable GuestFault compatDrawable(CommandSlot slot, long physical) {
        int at = slot.reserve(QxlDrawable.STRUCT.size());
        GuestFault fault = guest.copy(slot, physical, QxlCompatDrawable.STRUCT.size());
        if (at < 0 || fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        int from = guest.copiedTo();
        int type = QxlCompatDrawable.TYPE.get(copy, from);
        copy.asSlice(at, QxlDrawable.STRUCT.size()).fill((byte) 0);
        QxlDrawable.SURFACE_ID.set(copy, at, SurfaceTable.PRIMARY);
        QxlDrawable.EFFECT.set(copy, at, QxlCompatDrawable.EFFECT.get(copy, from));
        QxlDrawable.TYPE.set(copy, at, type);
        QxlDrawable.SELF_BITMAP.set(copy, at, QxlCompatDrawable.BITMAP_OFFSET.get(copy, from) != 0 ? 1 : 0);
        QxlDrawable.MM_TIME.set(copy, at, QxlCompatDrawable.MM_TIME.get(copy, from));
        move(copy, QxlCompatDrawable.RELEASE_INFO, from, QxlDrawable.RELEASE_INFO, at);
        move(copy, QxlCompatDrawable.BITMAP_AREA, from, QxlDrawable.SELF_BITMAP_AREA, at);
        move(copy, QxlCompatDrawable.BBOX, from, QxlDrawable.BBOX, at);
        move(copy, QxlCompatDrawable.CLIP, from, QxlDrawable.CLIP, at);
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            int surface = i == 0 && type == QxlDrawType.COPY_BITS ? SurfaceTable.PRIMARY : -1;
            QxlSurfaceId.SURFACE_ID.set(copy, QxlDrawable.SURFACES_DEST.at(at, i), surface);
        }
        if (type == QxlDrawType.COMPOSITE) {
            return GuestFault.DRAW_TYPE_UNKNOWN;
        }
        if (type == QxlDrawType.ALPHA_BLEND) {
            compatAlphaBlend(copy, QxlCompatDrawable.ALPHA_BLEND.at(from), QxlDrawable.ALPHA_BLEND.at(at));
        } else {
            // All other members are the same, and TEXT is the largest of them.
            move(copy, QxlCompatDrawable.TEXT, from, QxlDrawable.TEXT, at);
        }
        return null;
    }

    private static void compatAlphaBlend(MemorySegment copy, long from, long at) {
        QxlAlphaBlend.ALPHA_FLAGS.set(copy, at, 0);
        QxlAlphaBlend.ALPHA.set(copy, at, QxlCompatAlphaBlend.ALPHA.get(copy, from));
        QxlAlphaBlend.SRC_BITMAP.set(copy, at, QxlCompatAlphaBlend.SRC_BITMAP.get(copy, from));
        move(copy, QxlCompatAlphaBlend.SRC_AREA, from, QxlAlphaBlend.SRC_AREA, at);
    }

    private static void move(MemorySegment copy, Nested source, long from, Nested target, long at) {
        MemorySegment.copy(copy, source.at(from), copy, target.at(at), source.length());
    }

    private @Nullable GuestFault dependencies(MemorySegment copy) {
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            int surface = QxlSurfaceId.SURFACE_ID.get(copy, QxlDrawable.SURFACES_DEST.at(0, i));
            if (surface != -1 && surfaces.check(surface) != null) {
                return GuestFault.SURFACE_DEPENDENCY_ABSENT;
            }
        }
        return null;
    }

    private @Nullable GuestFault box(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        long box = QxlDrawable.BBOX.at(0);
        slot.boxTop = QxlRect.TOP.get(copy, box);
        slot.boxLeft = QxlRect.LEFT.get(copy, box);
        slot.boxBottom = QxlRect.BOTTOM.get(copy, box);
        slot.boxRight = QxlRect.RIGHT.get(copy, box);
        boolean inside = 0 <= slot.boxTop
                && 0 <= slot.boxLeft
                && 0 <= slot.boxBottom
                && slot.boxBottom <= surfaces.height(slot.surfaceId)
                && 0 <= slot.boxRight
                && slot.boxRight <= surfaces.width(slot.surfaceId);
        return inside ? null : GuestFault.BOX_OUTSIDE_SURFACE;
    }

    private @Nullable GuestFault clip(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        long clip = QxlDrawable.CLIP.at(0);
        int type = QxlClip.TYPE.get(copy, clip);
        if (type == QxlFlags.CLIP_NONE) {
            return null;
        }
        if (type != QxlFlags.CLIP_RECTS) {
            return GuestFault.CLIP_TYPE_UNKNOWN;
        }
        long physical = QxlClip.DATA.get(copy, clip);
        GuestFault fault = guest.copy(slot, physical, QxlClipRects.NUM_RECTS.length());
        if (fault != null) {
            return fault;
        }
        long count = GuestMemory.intAt(slot, guest.copiedTo()) & 0xffff_ffffL;
        if (!(count <= MAX_CLIP_RECTS)) {
            return GuestFault.CLIP_RECTS_TOO_MANY;
        }
        fault = guest.walkChunks(slot, physical + QxlClipRects.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        if (guest.chunkBytes() != count * QxlRect.STRUCT.size()) {
            return GuestFault.CLIP_RECTS_MISMATCH;
        }
        fault = guest.linearize(slot);
        slot.clipOffset = guest.copiedTo();
        slot.clipCount = (int) count;
        return fault;
    }

    private @Nullable GuestFault operation(CommandSlot slot, int type) {
        return switch (type) {
            case QxlDrawType.NOP -> null;
            case QxlDrawType.FILL -> fill(slot, QxlDrawable.FILL.at(0));
            case QxlDrawType.OPAQUE -> opaque(slot, QxlDrawable.OPAQUE.at(0));
            case QxlDrawType.COPY, QxlDrawType.BLEND -> copy(slot, QxlDrawable.COPY.at(0));
            case QxlDrawType.COPY_BITS -> null;
            case QxlDrawType.BLACKNESS, QxlDrawType.WHITENESS, QxlDrawType.INVERS ->
                mask(slot, QxlBlackness.MASK.at(QxlDrawable.BLACKNESS.at(0)));
            case QxlDrawType.ROP3 -> rop3(slot, QxlDrawable.ROP3.at(0));
            case QxlDrawType.STROKE -> stroke(slot, QxlDrawable.STROKE.at(0));
            case QxlDrawType.TEXT -> text(slot, QxlDrawable.TEXT.at(0));
            case QxlDrawType.TRANSPARENT -> transparent(slot, QxlDrawable.TRANSPARENT.at(0));
            case QxlDrawType.ALPHA_BLEND -> alphaBlend(slot, QxlDrawable.ALPHA_BLEND.at(0));
            case QxlDrawType.COMPOSITE -> composite(slot, QxlDrawable.COMPOSITE.at(0));
            default -> GuestFault.DRAW_TYPE_UNKNOWN;
        };
    }

    private @Nullable GuestFault fill(CommandSlot slot, long at) {
        GuestFault fault = brush(slot, QxlFill.BRUSH.at(at), CommandSlot.PATTERN);
        return fault != null ? fault : mask(slot, QxlFill.MASK.at(at));
    }

    private @Nullable GuestFault opaque(CommandSlot slot, long at) {
        GuestFault fault = source(slot, QxlOpaque.SRC_BITMAP.get(slot.snapshot(), at), QxlOpaque.SRC_AREA.at(at));
        if (fault == null) {
            fault = brush(slot, QxlOpaque.BRUSH.at(at), CommandSlot.PATTERN);
        }
        return fault != null ? fault : mask(slot, QxlOpaque.MASK.at(at));
    }

    private @Nullable GuestFault copy(CommandSlot slot, long at) {
        long physical = QxlCopy.SRC_BITMAP.get(slot.snapshot(), at);
        if (physical == 0) {
            return GuestFault.IMAGE_ABSENT;
        }
        GuestFault fault = source(slot, physical, QxlCopy.SRC_AREA.at(at));
        return fault != null ? fault : mask(slot, QxlCopy.MASK.at(at));
    }

    private @Nullable GuestFault rop3(CommandSlot slot, long at) {
        GuestFault fault = source(slot, QxlRop3.SRC_BITMAP.get(slot.snapshot(), at), QxlRop3.SRC_AREA.at(at));
        if (fault == null) {
            fault = brush(slot, QxlRop3.BRUSH.at(at), CommandSlot.PATTERN);
        }
        return fault != null ? fault : mask(slot, QxlRop3.MASK.at(at));
    }

    private @Nullable GuestFault transparent(CommandSlot slot, long at) {
        return source(slot, QxlTransparent.SRC_BITMAP.get(slot.snapshot(), at), QxlTransparent.SRC_AREA.at(at));
    }

    private @Nullable GuestFault alphaBlend(CommandSlot slot, long at) {
        return source(slot, QxlAlphaBlend.SRC_BITMAP.get(slot.snapshot(), at), QxlAlphaBlend.SRC_AREA.at(at));
    }

    private @Nullable GuestFault composite(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        long source = QxlComposite.SRC.get(copy, at);
        long sourceTransform = QxlComposite.SRC_TRANSFORM.get(copy, at);
        long mask = QxlComposite.MASK.get(copy, at);
        long maskTransform = QxlComposite.MASK_TRANSFORM.get(copy, at);
        if (source == 0) {
            return GuestFault.IMAGE_ABSENT;
        }
        GuestFault fault = images.parse(slot, source, CommandSlot.SOURCE);
        if (fault == null && mask != 0) {
            fault = images.parse(slot, mask, CommandSlot.MASK);
        }
        if (fault == null && sourceTransform != 0) {
            fault = guest.copy(slot, sourceTransform, QxlTransform.STRUCT.size());
            slot.sourceTransformOffset = guest.copiedTo();
        }
        if (fault == null && maskTransform != 0) {
            fault = guest.copy(slot, maskTransform, QxlTransform.STRUCT.size());
            slot.maskTransformOffset = guest.copiedTo();
        }
        return fault;
    }

    private @Nullable GuestFault stroke(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        long path = QxlStroke.PATH.get(copy, at);
        GuestFault fault = brush(slot, QxlStroke.BRUSH.at(at), CommandSlot.PATTERN);
        if (fault == null) {
            fault = lineStyle(slot, QxlStroke.ATTR.at(at));
        }
        if (fault == null) {
            fault = guest.walkChunks(slot, path + QxlPath.CHUNK.offset());
        }
        if (fault == null) {
            fault = guest.linearize(slot);
        }
        if (fault != null) {
            return fault;
        }
        slot.dataOffset = guest.copiedTo();
        slot.dataLength = (int) guest.chunkBytes();
        return checkPath(slot);
    }

    private @Nullable GuestFault lineStyle(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        if ((QxlLineAttr.FLAGS.get(copy, at) & QxlFlags.LINE_STYLED) == 0) {
            return null;
        }
        int dashes = QxlLineAttr.STYLE_NSEG.get(copy, at);
        if (dashes == 0) {
            return GuestFault.LINE_STYLE_MALFORMED;
        }
        GuestFault fault = guest.copy(slot, QxlLineAttr.STYLE.get(copy, at), 4L * dashes);
        slot.styleOffset = guest.copiedTo();
        return fault;
    }

    /** Every segment's points must fit what is left; a segment takes 8 bytes at least, so this ends. */
    private static @Nullable GuestFault checkPath(CommandSlot slot) {
        long at = slot.dataOffset;
        long end = at + slot.dataLength;
        while (at < end) {
            if (!(at + QxlPathSeg.STRUCT.size() <= end)) {
                return GuestFault.PATH_MALFORMED;
            }
            long points = QxlPathSeg.COUNT.getUnsigned(slot.snapshot(), at);
            at += QxlPathSeg.STRUCT.size() + points * QxlPathSeg.POINT_BYTES;
        }
        return at == end ? null : GuestFault.PATH_MALFORMED;
    }

    private @Nullable GuestFault text(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        long string = QxlText.STR.get(copy, at);
        GuestFault fault = brush(slot, QxlText.FORE_BRUSH.at(at), CommandSlot.PATTERN);
        if (fault == null) {
            fault = brush(slot, QxlText.BACK_BRUSH.at(at), CommandSlot.BACK_PATTERN);
        }
        if (fault == null) {
            fault = guest.copy(slot, string, QxlString.CHUNK.offset());
        }
        if (fault != null) {
            return fault;
        }
        int header = guest.copiedTo();
        fault = guest.walkChunks(slot, string + QxlString.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        if (guest.chunkBytes() != QxlString.DATA_SIZE.getUnsigned(slot.snapshot(), header)) {
            return GuestFault.STRING_MALFORMED;
        }
        fault = guest.linearize(slot);
        if (fault != null) {
            return fault;
        }
        slot.dataOffset = guest.copiedTo();
        slot.dataLength = (int) guest.chunkBytes();
        slot.styleOffset = header;
        return checkGlyphs(slot, header);
    }

    private static @Nullable GuestFault checkGlyphs(CommandSlot slot, int header) {
        MemorySegment copy = slot.snapshot();
        int flags = QxlString.FLAGS.get(copy, header);
        int bits = QxlString.bitsPerPixel(flags);
        int glyphs = QxlString.LENGTH.get(copy, header);
        long at = slot.dataOffset;
        long end = at + slot.dataLength;
        for (int i = 0; i < glyphs; i++) {
            if (!(at + QxlRasterGlyph.STRUCT.size() <= end)) {
                return GuestFault.STRING_MALFORMED;
            }
            long width = QxlRasterGlyph.WIDTH.get(copy, at);
            long height = QxlRasterGlyph.HEIGHT.get(copy, at);
            at += QxlRasterGlyph.STRUCT.size() + (bits * width + 7) / 8 * height;
        }
        return at == end && glyphs != 0 && bits != 0 ? null : GuestFault.STRING_MALFORMED;
    }

    // ---- parts

    private @Nullable GuestFault brush(CommandSlot slot, long at, int role) {
        MemorySegment copy = slot.snapshot();
        return switch (QxlBrush.TYPE.get(copy, at)) {
            case QxlFlags.BRUSH_NONE -> null;
            case QxlFlags.BRUSH_SOLID -> {
                QxlBrush.COLOR.set(copy, at, images.surfaceColor(QxlBrush.COLOR.get(copy, at)));
                yield null;
            }
            case QxlFlags.BRUSH_PATTERN -> images.parse(slot, QxlPattern.PAT.get(copy, QxlBrush.PATTERN.at(at)), role);
            default -> GuestFault.BRUSH_TYPE_UNKNOWN;
        };
    }

    private @Nullable GuestFault mask(CommandSlot slot, long at) {
        long physical = QxlQMask.BITMAP.get(slot.snapshot(), at);
        return physical == 0 ? null : images.parse(slot, physical, CommandSlot.MASK);
    }

    /** The image drawn from; null means a part of the surface itself, as it was before (self_bitmap). */
    private @Nullable GuestFault source(CommandSlot slot, long physical, long areaAt) {
        if (physical == 0) {
            boolean self = QxlDrawable.SELF_BITMAP.get(slot.snapshot(), 0) != 0;
            return self ? selfBitmap(slot, areaAt) : GuestFault.IMAGE_ABSENT;
        }
        GuestFault fault = images.parse(slot, physical, CommandSlot.SOURCE);
        return fault != null ? fault : images.checkArea(slot, areaAt);
    }

    /** The self_bitmap_area must lie in the surface, and the source area, which counts from its corner, in it. */
    private @Nullable GuestFault selfBitmap(CommandSlot slot, long areaAt) {
        MemorySegment copy = slot.snapshot();
        long self = QxlDrawable.SELF_BITMAP_AREA.at(0);
        int top = QxlRect.TOP.get(copy, self);
        int left = QxlRect.LEFT.get(copy, self);
        int bottom = QxlRect.BOTTOM.get(copy, self);
        int right = QxlRect.RIGHT.get(copy, self);
        boolean inSurface = 0 <= top
                && top < bottom
                && bottom <= surfaces.height(slot.surfaceId)
                && 0 <= left
                && left < right
                && right <= surfaces.width(slot.surfaceId);
        if (!inSurface) {
            return GuestFault.SELF_BITMAP_OUTSIDE_SURFACE;
        }
        boolean inArea = 0 <= QxlRect.TOP.get(copy, areaAt)
                && QxlRect.TOP.get(copy, areaAt) < QxlRect.BOTTOM.get(copy, areaAt)
                && QxlRect.BOTTOM.get(copy, areaAt) <= bottom - top
                && 0 <= QxlRect.LEFT.get(copy, areaAt)
                && QxlRect.LEFT.get(copy, areaAt) < QxlRect.RIGHT.get(copy, areaAt)
                && QxlRect.RIGHT.get(copy, areaAt) <= right - left;
        return inArea ? null : GuestFault.SOURCE_AREA_OUTSIDE_IMAGE;
    }
}
