package org.spiceshm.guestdriver;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlCursorTrail;
import org.spiceshm.protocol.qxl.QxlDataChunk;
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
import org.spiceshm.protocol.qxl.QxlPattern;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlPoint16;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlRop3;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlTransparent;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;

/**
 * Reads a command out of guest memory the way a device does, checking every address, and writes it down as the lines a
 * recorder would: an independent way back from memory to the recording's text.
 */
final class StructureWalk {
    private static final int MAX_CHUNKS = 1 << 20;

    private final FakeHardware hardware;
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

    StructureWalk(FakeHardware hardware) {
        this.hardware = hardware;
    }

    /** The recorder's text of a command. */
    byte[] command(int type, long address) {
        switch (type) {
            case QxlCommandType.DRAW -> drawable(address);
            case QxlCommandType.UPDATE -> update(address);
            case QxlCommandType.CURSOR -> cursor(address);
            case QxlCommandType.MESSAGE -> message(address);
            case QxlCommandType.SURFACE -> surface(address);
            default -> throw new IllegalStateException("command type " + type);
        }
        return lines.toByteArray();
    }

    private void drawable(long address) {
        hardware.resolve(address, QxlDrawable.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        line("drawable");
        rect("bbox", m, QxlDrawable.BBOX.at(at));
        clip(m, QxlDrawable.CLIP.at(at));
        line("effect " + QxlDrawable.EFFECT.get(m, at));
        line("mm_time " + QxlDrawable.MM_TIME.get(m, at));
        line("self_bitmap " + QxlDrawable.SELF_BITMAP.get(m, at));
        rect("self_bitmap_area", m, QxlDrawable.SELF_BITMAP_AREA.at(at));
        line("surface_id " + QxlDrawable.SURFACE_ID.get(m, at));
        for (int i = 0; i < 3; i++) {
            line("surfaces_dest " + QxlSurfaceId.SURFACE_ID.get(m, QxlDrawable.SURFACES_DEST.at(at, i)));
            rect("surfaces_rects", m, QxlDrawable.SURFACES_RECTS.at(at, i));
        }
        int type = QxlDrawable.TYPE.get(m, at);
        line("type " + type);
        operation(type, m, at);
    }

    private void clip(MemorySegment m, long at) {
        int type = QxlClip.TYPE.get(m, at);
        line("type " + type);
        if (type == QxlFlags.CLIP_RECTS) {
            long rects = QxlClip.DATA.get(m, at);
            hardware.resolve(rects, QxlClipRects.STRUCT.size());
            line("num_rects " + QxlClipRects.NUM_RECTS.get(hardware.segment(rects), hardware.offset(rects)));
            chunks("clip_rects", rects + QxlClipRects.CHUNK.offset());
        }
    }

    private void operation(int type, MemorySegment m, long drawable) {
        switch (type) {
            case QxlDrawType.NOP -> {}
            case QxlDrawType.FILL -> {
                long at = QxlDrawable.FILL.at(drawable);
                brush(m, QxlFill.BRUSH.at(at));
                line("rop_descriptor " + QxlFill.ROP_DESCRIPTOR.get(m, at));
                mask(m, QxlFill.MASK.at(at));
            }
            case QxlDrawType.OPAQUE -> {
                long at = QxlDrawable.OPAQUE.at(drawable);
                image(QxlOpaque.SRC_BITMAP.get(m, at));
                rect("src_area", m, QxlOpaque.SRC_AREA.at(at));
                brush(m, QxlOpaque.BRUSH.at(at));
                line("rop_descriptor " + QxlOpaque.ROP_DESCRIPTOR.get(m, at));
                line("scale_mode " + QxlOpaque.SCALE_MODE.get(m, at));
                mask(m, QxlOpaque.MASK.at(at));
            }
            case QxlDrawType.COPY, QxlDrawType.BLEND -> {
                long at = QxlDrawable.COPY.at(drawable);
                image(QxlCopy.SRC_BITMAP.get(m, at));
                rect("src_area", m, QxlCopy.SRC_AREA.at(at));
                line("rop_descriptor " + QxlCopy.ROP_DESCRIPTOR.get(m, at));
                line("scale_mode " + QxlCopy.SCALE_MODE.get(m, at));
                mask(m, QxlCopy.MASK.at(at));
            }
            case QxlDrawType.COPY_BITS -> point("point", m, QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(drawable)));
            case QxlDrawType.BLACKNESS, QxlDrawType.WHITENESS, QxlDrawType.INVERS ->
                mask(m, QxlBlackness.MASK.at(QxlDrawable.BLACKNESS.at(drawable)));
            case QxlDrawType.ROP3 -> {
                long at = QxlDrawable.ROP3.at(drawable);
                image(QxlRop3.SRC_BITMAP.get(m, at));
                rect("src_area", m, QxlRop3.SRC_AREA.at(at));
                brush(m, QxlRop3.BRUSH.at(at));
                line("rop3 " + QxlRop3.ROP3.get(m, at));
                line("scale_mode " + QxlRop3.SCALE_MODE.get(m, at));
                mask(m, QxlRop3.MASK.at(at));
            }
            case QxlDrawType.STROKE -> stroke(m, QxlDrawable.STROKE.at(drawable));
            case QxlDrawType.TEXT -> text(m, QxlDrawable.TEXT.at(drawable));
            case QxlDrawType.TRANSPARENT -> {
                long at = QxlDrawable.TRANSPARENT.at(drawable);
                image(QxlTransparent.SRC_BITMAP.get(m, at));
                rect("src_area", m, QxlTransparent.SRC_AREA.at(at));
                line("src_color " + QxlTransparent.SRC_COLOR.get(m, at));
                line("true_color " + QxlTransparent.TRUE_COLOR.get(m, at));
            }
            case QxlDrawType.ALPHA_BLEND -> {
                long at = QxlDrawable.ALPHA_BLEND.at(drawable);
                line("alpha_flags " + QxlAlphaBlend.ALPHA_FLAGS.get(m, at));
                line("alpha " + QxlAlphaBlend.ALPHA.get(m, at));
                image(QxlAlphaBlend.SRC_BITMAP.get(m, at));
                rect("src_area", m, QxlAlphaBlend.SRC_AREA.at(at));
            }
            case QxlDrawType.COMPOSITE -> composite(m, QxlDrawable.COMPOSITE.at(drawable));
            default -> throw new IllegalStateException("draw type " + type);
        }
    }

    private void stroke(MemorySegment m, long at) {
        long path = QxlStroke.PATH.get(m, at);
        hardware.resolve(path, QxlPath.STRUCT.size());
        long bytes = chunks("path", path + QxlPath.CHUNK.offset());
        same("path size", bytes, QxlPath.DATA_SIZE.get(hardware.segment(path), hardware.offset(path)));
        long attr = QxlStroke.ATTR.at(at);
        int flags = QxlLineAttr.FLAGS.get(m, attr);
        line("attr.flags " + flags);
        if ((flags & QxlFlags.LINE_STYLED) != 0) {
            int count = QxlLineAttr.STYLE_NSEG.get(m, attr);
            line("attr.style_nseg " + count);
            binary("style", QxlLineAttr.STYLE.get(m, attr), count * 4L);
        }
        brush(m, QxlStroke.BRUSH.at(at));
        line("fore_mode " + QxlStroke.FORE_MODE.get(m, at));
        line("back_mode " + QxlStroke.BACK_MODE.get(m, at));
    }

    private void text(MemorySegment m, long at) {
        long string = QxlText.STR.get(m, at);
        hardware.resolve(string, QxlString.STRUCT.size());
        MemorySegment s = hardware.segment(string);
        long header = hardware.offset(string);
        line("data_size " + QxlString.DATA_SIZE.get(s, header));
        line("length " + QxlString.LENGTH.get(s, header));
        line("flags " + QxlString.FLAGS.get(s, header));
        chunks("string", string + QxlString.CHUNK.offset());
        rect("back_area", m, QxlText.BACK_AREA.at(at));
        brush(m, QxlText.FORE_BRUSH.at(at));
        brush(m, QxlText.BACK_BRUSH.at(at));
        line("fore_mode " + QxlText.FORE_MODE.get(m, at));
        line("back_mode " + QxlText.BACK_MODE.get(m, at));
    }

    private void composite(MemorySegment m, long at) {
        line("flags " + QxlComposite.FLAGS.get(m, at));
        image(QxlComposite.SRC.get(m, at));
        transform("src_transform", QxlComposite.SRC_TRANSFORM.get(m, at));
        long mask = QxlComposite.MASK.get(m, at);
        line("mask " + (mask != 0 ? 1 : 0));
        if (mask != 0) {
            image(mask);
        }
        transform("mask_transform", QxlComposite.MASK_TRANSFORM.get(m, at));
        point16("src_origin", m, QxlComposite.SRC_ORIGIN.at(at));
        point16("mask_origin", m, QxlComposite.MASK_ORIGIN.at(at));
    }

    private void transform(String name, long address) {
        line(name + " " + (address != 0 ? 1 : 0));
        if (address != 0) {
            binary("transform", address, 24);
        }
    }

    private void brush(MemorySegment m, long at) {
        int type = QxlBrush.TYPE.get(m, at);
        line("type " + type);
        if (type == QxlFlags.BRUSH_SOLID) {
            line("u.color " + QxlBrush.COLOR.get(m, at));
        } else if (type == QxlFlags.BRUSH_PATTERN) {
            image(QxlPattern.PAT.get(m, QxlBrush.PATTERN.at(at)));
            point("point", m, QxlPattern.POS.at(QxlBrush.PATTERN.at(at)));
        }
    }

    private void mask(MemorySegment m, long at) {
        line("flags " + QxlQMask.FLAGS.get(m, at));
        point("point", m, QxlQMask.POS.at(at));
        image(QxlQMask.BITMAP.get(m, at));
    }

    private void image(long address) {
        line("image " + (address != 0 ? 1 : 0));
        if (address == 0) {
            return;
        }
        hardware.resolve(address, QxlImage.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = QxlImage.DESCRIPTOR.at(hardware.offset(address));
        int type = QxlImageDescriptor.TYPE.get(m, at);
        line("descriptor.id " + Long.toUnsignedString(QxlImageDescriptor.ID.get(m, at)));
        line("descriptor.type " + type);
        line("descriptor.flags " + QxlImageDescriptor.FLAGS.get(m, at));
        line("descriptor.width " + QxlImageDescriptor.WIDTH.get(m, at));
        line("descriptor.height " + QxlImageDescriptor.HEIGHT.get(m, at));
        switch (type) {
            case QxlFlags.IMAGE_BITMAP -> bitmap(m, QxlImage.BITMAP.at(hardware.offset(address)));
            case QxlFlags.IMAGE_SURFACE -> {
                long surface = QxlImage.SURFACE_IMAGE.at(hardware.offset(address));
                line("surface_image.surface_id " + QxlSurfaceId.SURFACE_ID.get(m, surface));
            }
            case QxlFlags.IMAGE_QUIC -> {
                long header = hardware.offset(address);
                line("quic.data_size " + BlobStore.QuicImage.DATA_SIZE.get(m, header));
                chunks("quic.data", address + BlobStore.QuicImage.CHUNK.offset());
            }
            default -> throw new IllegalStateException("image type " + type);
        }
    }

    private void bitmap(MemorySegment m, long at) {
        int flags = QxlBitmap.FLAGS.get(m, at);
        line("bitmap.format " + QxlBitmap.FORMAT.get(m, at));
        line("bitmap.flags " + flags);
        line("bitmap.x " + QxlBitmap.X.get(m, at));
        line("bitmap.y " + QxlBitmap.Y.get(m, at));
        line("bitmap.stride " + QxlBitmap.STRIDE.get(m, at));
        long palette = QxlBitmap.PALETTE.get(m, at);
        line("has_palette " + (palette != 0 ? 1 : 0));
        if (palette != 0) {
            palette(palette);
        }
        long data = QxlBitmap.DATA.get(m, at);
        if ((flags & QxlFlags.BITMAP_DIRECT) != 0) {
            binary("image_data_flat", data, QxlBitmap.Y.getUnsigned(m, at) * QxlBitmap.STRIDE.getUnsigned(m, at));
        } else {
            chunks("bitmap.data", data);
        }
    }

    private void palette(long address) {
        hardware.resolve(address, QxlPalette.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        int count = QxlPalette.NUM_ENTS.get(m, at);
        hardware.resolve(address, QxlPalette.STRUCT.size() + 4L * count);
        line("qp.num_ents " + count);
        line("unique " + Long.toUnsignedString(QxlPalette.UNIQUE.get(m, at)));
        for (int i = 0; i < count; i++) {
            line("ents " + m.get(ValueLayout.JAVA_INT_UNALIGNED, at + QxlPalette.STRUCT.size() + 4L * i));
        }
    }

    private void update(long address) {
        hardware.resolve(address, QxlUpdateCmd.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        line("update");
        rect("area", m, QxlUpdateCmd.AREA.at(at));
        line("update_id " + QxlUpdateCmd.UPDATE_ID.get(m, at));
        line("surface_id " + QxlUpdateCmd.SURFACE_ID.get(m, at));
    }

    private void message(long address) {
        long text = address + QxlReleaseInfo.STRUCT.size();
        long length = 0;
        while (true) {
            hardware.resolve(text + length, 1);
            if (hardware.segment(text).get(ValueLayout.JAVA_BYTE, hardware.offset(text + length)) == 0) {
                break;
            }
            length++;
        }
        binary("message", text, length);
    }

    private void surface(long address) {
        hardware.resolve(address, QxlSurfaceCmd.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        int type = QxlSurfaceCmd.TYPE.get(m, at);
        int flags = QxlSurfaceCmd.FLAGS.get(m, at);
        line("surface_cmd");
        line("surface_id " + QxlSurfaceCmd.SURFACE_ID.get(m, at));
        line("type " + type);
        line("flags " + flags);
        if (type == QxlFlags.SURFACE_CREATE) {
            long create = QxlSurfaceCmd.SURFACE_CREATE.at(at);
            int height = QxlSurface.HEIGHT.get(m, create);
            int stride = QxlSurface.STRIDE.get(m, create);
            line("u.surface_create.format " + QxlSurface.FORMAT.get(m, create));
            line("u.surface_create.width " + QxlSurface.WIDTH.get(m, create));
            line("u.surface_create.height " + height);
            line("u.surface_create.stride " + stride);
            long data = QxlSurface.DATA.get(m, create);
            hardware.resolve(data, (long) height * Math.abs(stride));
            if ((flags & QxlFlags.SURFACE_KEEP_DATA) != 0) {
                binary("data", data, (long) height * Math.abs(stride));
            }
        }
    }

    private void cursor(long address) {
        hardware.resolve(address, QxlCursorCmd.STRUCT.size());
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        int type = QxlCursorCmd.TYPE.get(m, at);
        line("cursor_cmd");
        line("type " + type);
        switch (type) {
            case QxlFlags.CURSOR_SET -> cursorSet(m, QxlCursorCmd.SET.at(at));
            case QxlFlags.CURSOR_MOVE -> point16("point16", m, QxlCursorCmd.POSITION.at(at));
            case QxlFlags.CURSOR_HIDE -> {}
            case QxlFlags.CURSOR_TRAIL -> {
                line("u.trail.length " + QxlCursorTrail.LENGTH.get(m, QxlCursorCmd.TRAIL.at(at)));
                line("u.trail.frequency " + QxlCursorTrail.FREQUENCY.get(m, QxlCursorCmd.TRAIL.at(at)));
            }
            default -> throw new IllegalStateException("cursor type " + type);
        }
    }

    private void cursorSet(MemorySegment m, long at) {
        point16("point16", m, QxlCursorSet.POSITION.at(at));
        line("u.set.visible " + QxlCursorSet.VISIBLE.get(m, at));
        long shape = QxlCursorSet.SHAPE.get(m, at);
        hardware.resolve(shape, QxlCursor.STRUCT.size());
        MemorySegment s = hardware.segment(shape);
        long header = QxlCursor.HEADER.at(hardware.offset(shape));
        line("header.unique " + Long.toUnsignedString(QxlCursorHeader.UNIQUE.get(s, header)));
        line("header.type " + QxlCursorHeader.TYPE.get(s, header));
        line("header.width " + QxlCursorHeader.WIDTH.get(s, header));
        line("header.height " + QxlCursorHeader.HEIGHT.get(s, header));
        line("header.hot_spot_x " + QxlCursorHeader.HOT_SPOT_X.get(s, header));
        line("header.hot_spot_y " + QxlCursorHeader.HOT_SPOT_Y.get(s, header));
        line("data_size " + QxlCursor.DATA_SIZE.get(s, hardware.offset(shape)));
        chunks("cursor", shape + QxlCursor.CHUNK.offset());
    }

    // ---- parts

    private void rect(String name, MemorySegment m, long at) {
        Rect rect = new Rect(
                QxlRect.TOP.get(m, at), QxlRect.LEFT.get(m, at), QxlRect.BOTTOM.get(m, at), QxlRect.RIGHT.get(m, at));
        line("rect " + name + " " + rect.top() + " " + rect.left() + " " + rect.bottom() + " " + rect.right());
    }

    private void point(String name, MemorySegment m, long at) {
        line(name + " " + QxlPoint.X.get(m, at) + " " + QxlPoint.Y.get(m, at));
    }

    private void point16(String name, MemorySegment m, long at) {
        line(name + " " + QxlPoint16.X.get(m, at) + " " + QxlPoint16.Y.get(m, at));
    }

    /** Writes the chunks down in their own pieces; how many bytes they are. */
    private long chunks(String name, long first) {
        int count = 0;
        long bytes = 0;
        long before = 0;
        for (long chunk = first; chunk != 0; count++) {
            if (count == MAX_CHUNKS) {
                throw new IllegalStateException("chunks go in a circle");
            }
            hardware.resolve(chunk, QxlDataChunk.STRUCT.size());
            MemorySegment m = hardware.segment(chunk);
            long at = hardware.offset(chunk);
            same("prev_chunk", before, QxlDataChunk.PREV_CHUNK.get(m, at));
            bytes += QxlDataChunk.DATA_SIZE.getUnsigned(m, at);
            before = chunk;
            chunk = QxlDataChunk.NEXT_CHUNK.get(m, at);
        }
        line("data_chunks " + (count - 1) + " " + bytes);
        long chunk = first;
        for (int i = 0; i < count; i++) {
            MemorySegment m = hardware.segment(chunk);
            long at = hardware.offset(chunk);
            binary(name, chunk + QxlDataChunk.STRUCT.size(), QxlDataChunk.DATA_SIZE.getUnsigned(m, at));
            chunk = QxlDataChunk.NEXT_CHUNK.get(m, at);
        }
        return bytes;
    }

    private void binary(String name, long address, long bytes) {
        hardware.resolve(address, bytes);
        lines.writeBytes(("binary 0 " + name + " " + bytes + ":").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        lines.writeBytes(hardware.segment(address)
                .asSlice(hardware.offset(address), bytes)
                .toArray(ValueLayout.JAVA_BYTE));
        line("");
    }

    private static void same(String what, long expected, long got) {
        if (expected != got) {
            throw new IllegalStateException(what + ": got " + got + ", expected " + expected);
        }
    }

    private void line(String text) {
        lines.writeBytes((text + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
}
