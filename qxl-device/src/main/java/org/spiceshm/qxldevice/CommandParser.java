package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCompatAlphaBlend;
import org.spiceshm.protocol.qxl.QxlCompatDrawable;
import org.spiceshm.protocol.qxl.QxlCompatUpdateCmd;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlLineAttr;
import org.spiceshm.protocol.qxl.QxlOpaque;
import org.spiceshm.protocol.qxl.QxlPalette;
import org.spiceshm.protocol.qxl.QxlPath;
import org.spiceshm.protocol.qxl.QxlPathSeg;
import org.spiceshm.protocol.qxl.QxlPattern;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlRasterGlyph;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlRop3;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlTransform;
import org.spiceshm.protocol.qxl.QxlTransparent;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.CursorType;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Copies a command and all that it names, but for pixels, into a {@link CommandSlot}, and checks the copy. The rules are
 * spice-server's (red-parse-qxl.cpp, red-worker.cpp) without its aborts. Commands of compat mode leave it as native ones.
 * Owned by the device thread; allocates nothing.
 */
final class CommandParser {
    /** More rectangles make no sense on a screen, and they must fit a slot. */
    static final int MAX_CLIP_RECTS = 65536;
    /** CVE-2021-4206: so that no product of the two overflows. */
    static final int MAX_CURSOR_SIDE = 512;
    /** The reference looks no further for a message's end. */
    static final int MAX_MESSAGE_BYTES = 100_000;

    private final GuestMemory guest;
    private final SurfaceTable surfaces;
    private boolean compat;
    private boolean sixteenBits;

    CommandParser(GuestMemory guest, SurfaceTable surfaces) {
        this.guest = guest;
        this.surfaces = surfaces;
    }

    /** From now on commands are of the native layout. */
    void setNative() {
        compat = false;
        sixteenBits = false;
    }

    /**
     * From now on commands are of the first generation's layout.
     *
     * @param sixteenBitColours whether colours are x1r5g5b5, though the surface is of 32 bits
     */
    void setCompat(boolean sixteenBitColours) {
        compat = true;
        sixteenBits = sixteenBitColours;
    }

    /**
     * Fills {@code slot} from the ring item {@code type}, {@code physical}. On a fault the slot asks for nothing but the
     * command's release, if its release info could be found.
     */
    void parse(CommandSlot slot, int type, long physical, boolean cursorRing) {
        slot.commandType = type;
        slot.commandAddress = physical;
        slot.cursorRing = cursorRing;
        GuestFault fault = parseCommand(slot, type, physical, cursorRing);
        if (fault != null) {
            slot.fault = fault;
            slot.kind = CommandSlot.Kind.NONE;
        }
    }

    private @Nullable GuestFault parseCommand(CommandSlot slot, int type, long physical, boolean cursorRing) {
        if (type == QxlCommandType.NOP) {
            return null;
        }
        GuestFault fault = guest.findReleaseInfo(slot, physical);
        if (!(QxlCommandType.NOP < type && type <= QxlCommandType.SURFACE)) {
            return GuestFault.COMMAND_TYPE_UNKNOWN;
        }
        if (fault != null) {
            return fault;
        }
        if (cursorRing != (type == QxlCommandType.CURSOR)) {
            return GuestFault.COMMAND_ON_WRONG_RING;
        }
        return switch (type) {
            case QxlCommandType.DRAW -> drawable(slot, physical);
            case QxlCommandType.SURFACE -> compat ? GuestFault.COMMAND_IN_WRONG_MODE : surfaceCommand(slot, physical);
            case QxlCommandType.CURSOR -> cursorCommand(slot, physical);
            case QxlCommandType.UPDATE -> compat ? compatUpdateCommand(slot, physical) : updateCommand(slot, physical);
            default -> guest.scanText(physical + ReleaseRing.RELEASE_INFO_BYTES, MAX_MESSAGE_BYTES);
        };
    }

    // ---- drawables

    private @Nullable GuestFault drawable(CommandSlot slot, long physical) {
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
        GuestFault fault = image(slot, source, CommandSlot.SOURCE);
        if (fault == null && mask != 0) {
            fault = image(slot, mask, CommandSlot.MASK);
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
        int bits = bitsPerGlyphPixel(flags);
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

    private static int bitsPerGlyphPixel(int stringFlags) {
        if ((stringFlags & QxlFlags.STRING_A1) != 0) {
            return 1;
        }
        if ((stringFlags & QxlFlags.STRING_A4) != 0) {
            return 4;
        }
        return (stringFlags & QxlFlags.STRING_A8) != 0 ? 8 : 0;
    }

    // ---- parts of drawables

    private @Nullable GuestFault brush(CommandSlot slot, long at, int role) {
        MemorySegment copy = slot.snapshot();
        return switch (QxlBrush.TYPE.get(copy, at)) {
            case QxlFlags.BRUSH_NONE -> null;
            case QxlFlags.BRUSH_SOLID -> {
                if (sixteenBits) {
                    QxlBrush.COLOR.set(copy, at, widen(QxlBrush.COLOR.get(copy, at)));
                }
                yield null;
            }
            case QxlFlags.BRUSH_PATTERN -> image(slot, QxlPattern.PAT.get(copy, QxlBrush.PATTERN.at(at)), role);
            default -> GuestFault.BRUSH_TYPE_UNKNOWN;
        };
    }

    /** Colours of a compat mode of 16 bits, for its surface of 32. */
    private static int widen(int colour) {
        return SurfaceFormat.RGB_555.toRgb(colour);
    }

    private @Nullable GuestFault mask(CommandSlot slot, long at) {
        long physical = QxlQMask.BITMAP.get(slot.snapshot(), at);
        return physical == 0 ? null : image(slot, physical, CommandSlot.MASK);
    }

    /** The image drawn from; null means the destination itself (self_bitmap), which is the renderer's business. */
    private @Nullable GuestFault source(CommandSlot slot, long physical, long areaAt) {
        if (physical == 0) {
            boolean self = QxlDrawable.SELF_BITMAP.get(slot.snapshot(), 0) != 0;
            return self ? GuestFault.UNSUPPORTED : GuestFault.IMAGE_ABSENT;
        }
        GuestFault fault = image(slot, physical, CommandSlot.SOURCE);
        return fault != null ? fault : sourceArea(slot, areaAt);
    }

    private @Nullable GuestFault sourceArea(CommandSlot slot, long area) {
        MemorySegment copy = slot.snapshot();
        int image = slot.imageOffset(CommandSlot.SOURCE);
        long width = imageWidth(copy, image);
        long height = imageHeight(copy, image);
        int top = QxlRect.TOP.get(copy, area);
        int left = QxlRect.LEFT.get(copy, area);
        int bottom = QxlRect.BOTTOM.get(copy, area);
        int right = QxlRect.RIGHT.get(copy, area);
        boolean inside = 0 <= top && top < bottom && bottom <= height && 0 <= left && left < right && right <= width;
        return inside ? null : GuestFault.SOURCE_AREA_OUTSIDE_IMAGE;
    }

    private long imageWidth(MemorySegment copy, int image) {
        return switch (QxlImageDescriptor.TYPE.get(copy, image)) {
            case QxlFlags.IMAGE_BITMAP -> QxlBitmap.X.getUnsigned(copy, QxlImage.BITMAP.at(image));
            case QxlFlags.IMAGE_SURFACE -> surfaces.width(surfaceOf(copy, image));
            default -> QxlImageDescriptor.WIDTH.getUnsigned(copy, image);
        };
    }

    private long imageHeight(MemorySegment copy, int image) {
        return switch (QxlImageDescriptor.TYPE.get(copy, image)) {
            case QxlFlags.IMAGE_BITMAP -> QxlBitmap.Y.getUnsigned(copy, QxlImage.BITMAP.at(image));
            case QxlFlags.IMAGE_SURFACE -> surfaces.height(surfaceOf(copy, image));
            default -> QxlImageDescriptor.HEIGHT.getUnsigned(copy, image);
        };
    }

    private static int surfaceOf(MemorySegment copy, int image) {
        return QxlSurfaceId.SURFACE_ID.get(copy, QxlImage.SURFACE_IMAGE.at(image));
    }

    private @Nullable GuestFault image(CommandSlot slot, long physical, int role) {
        int at = slot.reserve(QxlImage.STRUCT.size());
        if (at < 0) {
            return GuestFault.COMMAND_TOO_LARGE;
        }
        long descriptorBytes = QxlImageDescriptor.STRUCT.size();
        GuestFault fault = guest.copyTo(slot, physical, descriptorBytes, at);
        if (fault != null) {
            return fault;
        }
        long rest = physical + descriptorBytes;
        int restAt = (int) (at + descriptorBytes);
        return switch (QxlImageDescriptor.TYPE.get(slot.snapshot(), at)) {
            case QxlFlags.IMAGE_BITMAP -> {
                fault = guest.copyTo(slot, rest, QxlBitmap.STRUCT.size(), restAt);
                yield fault != null ? fault : bitmap(slot, at, role);
            }
            case QxlFlags.IMAGE_SURFACE -> {
                fault = guest.copyTo(slot, rest, QxlSurfaceId.STRUCT.size(), restAt);
                yield fault != null ? fault : surfaceImage(slot, at, role);
            }
            case QxlFlags.IMAGE_QUIC -> GuestFault.UNSUPPORTED;
            default -> GuestFault.IMAGE_TYPE_NOT_ALLOWED;
        };
    }

    private @Nullable GuestFault surfaceImage(CommandSlot slot, int at, int role) {
        GuestFault fault = surfaces.check(surfaceOf(slot.snapshot(), at));
        if (fault == null) {
            slot.setImage(role, at, 0, 0);
        }
        return fault;
    }

    private @Nullable GuestFault bitmap(CommandSlot slot, int image, int role) {
        MemorySegment copy = slot.snapshot();
        long at = QxlImage.BITMAP.at(image);
        BitmapFormat format = BitmapFormat.ofNumber(QxlBitmap.FORMAT.get(copy, at));
        if (format == null) {
            return GuestFault.BITMAP_FORMAT_UNKNOWN;
        }
        long width = QxlBitmap.X.getUnsigned(copy, at);
        long height = QxlBitmap.Y.getUnsigned(copy, at);
        long stride = QxlBitmap.STRIDE.getUnsigned(copy, at);
        if (width == 0 || height == 0) {
            return GuestFault.BITMAP_SIZE_INVALID;
        }
        // INVARIANT: all three are below 2^32 and a pixel has 32 bits at most, so this product stays below 2^37.
        if (!((width * format.bitsPerPixel() + 7) / 8 <= stride)) {
            return GuestFault.BITMAP_STRIDE_TOO_SMALL;
        }
        // INVARIANT: width is not 0, so stride is not 0 either.
        if (!(stride <= SurfaceTable.MAX_BYTES && height <= SurfaceTable.MAX_BYTES / stride)) {
            return GuestFault.BITMAP_TOO_LARGE;
        }
        GuestFault fault = palette(slot, at, format, role);
        return fault != null ? fault : bitmapData(slot, image, stride * height, role);
    }

    private @Nullable GuestFault palette(CommandSlot slot, long bitmap, BitmapFormat format, int role) {
        boolean isMask = role == CommandSlot.MASK && QxlDrawable.TYPE.get(slot.snapshot(), 0) != QxlDrawType.COMPOSITE;
        if (isMask && format.bitsPerPixel() != 1) {
            return GuestFault.MASK_FORMAT_INVALID;
        }
        if (isMask || !format.hasPalette()) {
            return null;
        }
        long physical = QxlBitmap.PALETTE.get(slot.snapshot(), bitmap);
        if (physical == 0) {
            return GuestFault.PALETTE_ABSENT;
        }
        GuestFault fault = guest.copy(slot, physical, QxlPalette.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        int entries = QxlPalette.NUM_ENTS.get(slot.snapshot(), guest.copiedTo());
        if (!(entries <= 1 << format.bitsPerPixel())) {
            return GuestFault.PALETTE_TOO_LARGE;
        }
        fault = guest.copy(slot, physical + QxlPalette.STRUCT.size(), 4L * entries);
        slot.setPalette(role, guest.copiedTo(), entries);
        if (fault == null && sixteenBits) {
            widenPalette(slot.snapshot(), guest.copiedTo(), entries);
        }
        return fault;
    }

    private static void widenPalette(MemorySegment copy, int at, int entries) {
        for (int i = 0; i < entries; i++) {
            long entry = at + 4L * i;
            copy.set(GuestMemory.INT, entry, widen(copy.get(GuestMemory.INT, entry)));
        }
    }

    private @Nullable GuestFault bitmapData(CommandSlot slot, int image, long size, int role) {
        MemorySegment copy = slot.snapshot();
        long at = QxlImage.BITMAP.at(image);
        long data = QxlBitmap.DATA.get(copy, at);
        int first = slot.pieces();
        GuestFault fault;
        if ((QxlBitmap.FLAGS.get(copy, at) & QxlFlags.BITMAP_DIRECT) != 0) {
            fault = guest.addPiece(slot, data, size);
        } else {
            fault = guest.walkChunks(slot, data);
            if (fault == null && guest.chunkBytes() < size) {
                fault = GuestFault.BITMAP_DATA_TOO_SHORT;
            }
            if (fault == null) {
                fault = guest.addChunksAsPieces(slot);
            }
        }
        slot.setImage(role, image, first, slot.pieces() - first);
        return fault;
    }

    // ---- surfaces

    private @Nullable GuestFault surfaceCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlSurfaceCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        slot.surfaceId = QxlSurfaceCmd.SURFACE_ID.get(copy, 0);
        if (!(SurfaceTable.PRIMARY < slot.surfaceId && slot.surfaceId < surfaces.count())) {
            return GuestFault.SURFACE_ID_OUT_OF_RANGE;
        }
        return switch (QxlSurfaceCmd.TYPE.get(copy, 0)) {
            case QxlFlags.SURFACE_CREATE -> surfaceCreate(slot);
            case QxlFlags.SURFACE_DESTROY -> surfaceDestroy(slot);
            default -> GuestFault.SURFACE_COMMAND_UNKNOWN;
        };
    }

    private @Nullable GuestFault surfaceCreate(CommandSlot slot) {
        if (surfaces.exists(slot.surfaceId)) {
            return GuestFault.SURFACE_ALREADY_EXISTS;
        }
        MemorySegment copy = slot.snapshot();
        long create = QxlSurfaceCmd.SURFACE_CREATE.at(0);
        int formatNumber = QxlSurface.FORMAT.get(copy, create);
        int width = QxlSurface.WIDTH.get(copy, create);
        int height = QxlSurface.HEIGHT.get(copy, create);
        int stride = QxlSurface.STRIDE.get(copy, create);
        GuestFault fault = SurfaceTable.checkShape(formatNumber, width, height, stride);
        if (fault == null) {
            fault = surfaceMemory(slot, QxlSurface.DATA.get(copy, create), height, stride);
        }
        SurfaceFormat format = SurfaceFormat.ofNumber(formatNumber);
        if (fault == null && format != null) {
            slot.kind = CommandSlot.Kind.SURFACE_CREATE;
            surfaces.put(slot.surfaceId, format, width, height);
        }
        return fault;
    }

    private @Nullable GuestFault surfaceDestroy(CommandSlot slot) {
        GuestFault fault = surfaces.check(slot.surfaceId);
        if (fault == null) {
            slot.kind = CommandSlot.Kind.SURFACE_DESTROY;
            surfaces.remove(slot.surfaceId);
        }
        return fault;
    }

    /** Finds a new surface's memory; its one piece is the whole of it. */
    @Nullable
    GuestFault surfaceMemory(CommandSlot slot, long physical, int height, int stride) {
        GuestFault fault = guest.addPiece(slot, physical, SurfaceTable.bytes(height, stride));
        if (fault == null) {
            slot.surfaceMemory = slot.pieceMemory(0);
            slot.surfaceMemoryOffset = slot.pieceOffset(0);
        }
        return fault;
    }

    private @Nullable GuestFault updateCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlUpdateCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        fault = updateArea(slot, QxlUpdateCmd.SURFACE_ID.get(copy, 0), copy, QxlUpdateCmd.AREA.at(0));
        if (fault == null) {
            slot.ticket = QxlUpdateCmd.UPDATE_ID.get(copy, 0);
        }
        return fault;
    }

    private @Nullable GuestFault compatUpdateCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCompatUpdateCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        fault = updateArea(slot, SurfaceTable.PRIMARY, copy, QxlCompatUpdateCmd.AREA.at(0));
        if (fault == null) {
            slot.ticket = QxlCompatUpdateCmd.UPDATE_ID.get(copy, 0);
        }
        return fault;
    }

    /** Makes the slot ask for an area to be written back; the area is cut to the surface. */
    @Nullable
    GuestFault updateArea(CommandSlot slot, int surface, MemorySegment copy, long area) {
        GuestFault fault = surfaces.check(surface);
        if (fault != null) {
            return fault;
        }
        slot.surfaceId = surface;
        slot.boxTop = QxlRect.TOP.get(copy, area);
        slot.boxLeft = QxlRect.LEFT.get(copy, area);
        slot.boxBottom = Math.min(QxlRect.BOTTOM.get(copy, area), surfaces.height(surface));
        slot.boxRight = Math.min(QxlRect.RIGHT.get(copy, area), surfaces.width(surface));
        boolean valid =
                0 <= slot.boxTop && slot.boxTop < slot.boxBottom && 0 <= slot.boxLeft && slot.boxLeft < slot.boxRight;
        if (!valid) {
            return GuestFault.UPDATE_AREA_INVALID;
        }
        slot.kind = CommandSlot.Kind.UPDATE_AREA;
        return null;
    }

    // ---- the pointer

    private @Nullable GuestFault cursorCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCursorCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        slot.kind = CommandSlot.Kind.CURSOR;
        MemorySegment copy = slot.snapshot();
        return switch (QxlCursorCmd.TYPE.get(copy, 0)) {
            case QxlFlags.CURSOR_SET -> cursorShape(slot, QxlCursorSet.SHAPE.get(copy, QxlCursorCmd.SET.at(0)));
            case QxlFlags.CURSOR_MOVE, QxlFlags.CURSOR_HIDE, QxlFlags.CURSOR_TRAIL -> null;
            default -> GuestFault.CURSOR_COMMAND_UNKNOWN;
        };
    }

    private @Nullable GuestFault cursorShape(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCursor.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        int header = guest.copiedTo();
        // CVE-2021-4207: width and height are taken from the copy, here and ever after.
        MemorySegment copy = slot.snapshot();
        int type = QxlCursorHeader.TYPE.get(copy, header);
        int width = QxlCursorHeader.WIDTH.get(copy, header);
        int height = QxlCursorHeader.HEIGHT.get(copy, header);
        CursorType shape = CursorType.ofNumber(type);
        if (shape == null) {
            return GuestFault.CURSOR_TYPE_UNKNOWN;
        }
        if (!(width <= MAX_CURSOR_SIDE && height <= MAX_CURSOR_SIDE)) {
            return GuestFault.CURSOR_TOO_LARGE;
        }
        fault = guest.walkChunks(slot, physical + QxlCursor.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        long needed = shape.dataBytes(width, height);
        if (!(needed <= guest.chunkBytes() && needed <= QxlCursor.DATA_SIZE.getUnsigned(copy, header))) {
            return GuestFault.CURSOR_DATA_TOO_SHORT;
        }
        fault = guest.linearize(slot);
        slot.styleOffset = header;
        slot.dataOffset = guest.copiedTo();
        slot.dataLength = (int) needed;
        return fault;
    }
}
