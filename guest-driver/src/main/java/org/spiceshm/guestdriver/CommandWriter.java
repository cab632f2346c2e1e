package org.spiceshm.guestdriver;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.RecordedEvent.Brush;
import org.spiceshm.guestdriver.RecordedEvent.Chunks;
import org.spiceshm.guestdriver.RecordedEvent.ClipRects;
import org.spiceshm.guestdriver.RecordedEvent.Dependency;
import org.spiceshm.guestdriver.RecordedEvent.Drawable;
import org.spiceshm.guestdriver.RecordedEvent.Image;
import org.spiceshm.guestdriver.RecordedEvent.ImageBody;
import org.spiceshm.guestdriver.RecordedEvent.Mask;
import org.spiceshm.guestdriver.RecordedEvent.Operation;
import org.spiceshm.guestdriver.RecordedEvent.Palette;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Array;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlCursorTrail;
import org.spiceshm.protocol.qxl.QxlDataChunk;
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
import org.spiceshm.protocol.spice.Point;

/**
 * Writes recorded commands into guest memory. Blobs are stored first, while the event is read; then the structures that
 * point to them, the command last. All blocks of a command are chained to it, and go back when it is released. Owned by
 * the driver's thread.
 */
final class CommandWriter implements BlobStore {
    private final QxlDriver driver;
    private final GuestMemory memory;
    private final int owner;
    /** The blocks of the command that is being put together. */
    private long chain;

    CommandWriter(QxlDriver driver) {
        this.driver = driver;
        this.memory = driver.memory();
        this.owner = driver.addOwner(memory::freeChain);
    }

    // ---- blobs

    @Override
    public Blob store(Kind kind, long bytes) throws IOException {
        if (kind == Kind.PRIMARY) {
            return storePrimary(bytes);
        }
        int bar = kind == Kind.SURFACE ? GuestMemory.VRAM : GuestMemory.RAM;
        long header = kind.headerBytes();
        long address = allocate(bar, header + bytes + kind.trailerBytes());
        MemorySegment segment = memory.segment(address);
        long offset = memory.offset(address);
        segment.asSlice(offset, header).fill((byte) 0);
        segment.asSlice(offset + header + bytes, kind.trailerBytes()).fill((byte) 0);
        return new Blob(segment.asSlice(offset + header, bytes), address);
    }

    /** The primary's area still belongs to what was pushed before. */
    private Blob storePrimary(long bytes) throws IOException {
        long room = driver.rom().surface0AreaBytes();
        if (!(bytes <= room)) {
            throw new IOException(tooLarge(bytes, room));
        }
        driver.awaitConsumed();
        long address = driver.primaryAddress();
        return new Blob(memory.segment(address).asSlice(memory.offset(address), bytes), address);
    }

    void checkPrimary(Recording recording, long bytes) throws IOException {
        long room = driver.rom().surface0AreaBytes();
        if (!(bytes <= room)) {
            throw recording.malformed(tooLarge(bytes, room), "a device with more of it");
        }
    }

    private static String tooLarge(long bytes, long room) {
        return "a primary of " + bytes + " bytes where the device's surface0 area has " + room;
    }

    private long allocate(int bar, long bytes) {
        long address = driver.allocate(bar, bytes);
        memory.link(address, chain);
        chain = address;
        return address;
    }

    /** A cleared structure in BAR 0. */
    private long structure(Struct struct) {
        long address = allocate(GuestMemory.RAM, struct.size());
        memory.segment(address).asSlice(memory.offset(address), struct.size()).fill((byte) 0);
        return address;
    }

    /** A cleared command with its release id; the structures it names must be there already. */
    private long command(Struct struct) {
        return command(structure(struct));
    }

    private long command(long address) {
        QxlReleaseInfo.ID.set(memory.segment(address), memory.offset(address), QxlDriver.releaseId(address, owner));
        chain = 0;
        return address;
    }

    // ---- commands

    long drawable(Drawable drawable) {
        // Everything that it names comes first, so that the command is the head of the chain.
        long clip = drawable.clip() == null ? 0 : clip(drawable.clip());
        Parts parts = parts(drawable.operation());
        long address = command(QxlDrawable.STRUCT);
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        QxlDrawable.SURFACE_ID.set(segment, at, drawable.surfaceId());
        QxlDrawable.EFFECT.set(segment, at, drawable.effect());
        QxlDrawable.TYPE.set(segment, at, drawable.type());
        QxlDrawable.SELF_BITMAP.set(segment, at, drawable.selfBitmap());
        rect(segment, QxlDrawable.SELF_BITMAP_AREA.at(at), drawable.selfBitmapArea());
        rect(segment, QxlDrawable.BBOX.at(at), drawable.box());
        QxlClip.TYPE.set(segment, QxlDrawable.CLIP.at(at), clip == 0 ? QxlFlags.CLIP_NONE : QxlFlags.CLIP_RECTS);
        QxlClip.DATA.set(segment, QxlDrawable.CLIP.at(at), clip);
        QxlDrawable.MM_TIME.set(segment, at, drawable.mmTime());
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            Dependency dependency = drawable.dependencies().get(i);
            QxlSurfaceId.SURFACE_ID.set(segment, QxlDrawable.SURFACES_DEST.at(at, i), dependency.surfaceId());
            rect(segment, QxlDrawable.SURFACES_RECTS.at(at, i), dependency.area());
        }
        operation(segment, at, drawable.operation(), parts);
        return address;
    }

    private long clip(ClipRects clip) {
        long address = chunks(clip.data(), QxlClipRects.CHUNK.offset());
        QxlClipRects.NUM_RECTS.set(memory.segment(address), memory.offset(address), clip.count());
        return address;
    }

    long update(RecordedEvent.Update update) {
        long address = command(QxlUpdateCmd.STRUCT);
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        rect(segment, QxlUpdateCmd.AREA.at(at), update.area());
        QxlUpdateCmd.UPDATE_ID.set(segment, at, update.updateId());
        QxlUpdateCmd.SURFACE_ID.set(segment, at, update.surfaceId());
        return address;
    }

    long message(RecordedEvent.Message message) {
        return command(message.text().address());
    }

    long surfaceCreate(RecordedEvent.SurfaceCreate create) {
        Blob data = create.data();
        long pixels = data != null
                ? data.address()
                : allocate(GuestMemory.VRAM, Math.abs((long) create.stride()) * Math.max(0, create.height()));
        long address = command(QxlSurfaceCmd.STRUCT);
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        QxlSurfaceCmd.SURFACE_ID.set(segment, at, create.surfaceId());
        QxlSurfaceCmd.TYPE.set(segment, at, QxlFlags.SURFACE_CREATE);
        QxlSurfaceCmd.FLAGS.set(segment, at, create.flags());
        long surface = QxlSurfaceCmd.SURFACE_CREATE.at(at);
        QxlSurface.FORMAT.set(segment, surface, create.format());
        QxlSurface.WIDTH.set(segment, surface, create.width());
        QxlSurface.HEIGHT.set(segment, surface, create.height());
        QxlSurface.STRIDE.set(segment, surface, create.stride());
        QxlSurface.DATA.set(segment, surface, pixels);
        return address;
    }

    long surfaceDestroy(RecordedEvent.SurfaceDestroy destroy) {
        long address = command(QxlSurfaceCmd.STRUCT);
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        QxlSurfaceCmd.SURFACE_ID.set(segment, at, destroy.surfaceId());
        QxlSurfaceCmd.TYPE.set(segment, at, QxlFlags.SURFACE_DESTROY);
        QxlSurfaceCmd.FLAGS.set(segment, at, destroy.flags());
        return address;
    }

    long cursorSet(RecordedEvent.CursorSet set) {
        long shape = chunks(set.data(), QxlCursor.CHUNK.offset());
        MemorySegment shapeSegment = memory.segment(shape);
        long header = QxlCursor.HEADER.at(memory.offset(shape));
        QxlCursorHeader.UNIQUE.set(shapeSegment, header, set.unique());
        QxlCursorHeader.TYPE.set(shapeSegment, header, set.type());
        QxlCursorHeader.WIDTH.set(shapeSegment, header, set.width());
        QxlCursorHeader.HEIGHT.set(shapeSegment, header, set.height());
        QxlCursorHeader.HOT_SPOT_X.set(shapeSegment, header, set.hotSpotX());
        QxlCursorHeader.HOT_SPOT_Y.set(shapeSegment, header, set.hotSpotY());
        QxlCursor.DATA_SIZE.set(shapeSegment, memory.offset(shape), set.dataSize());
        long address = cursor(QxlFlags.CURSOR_SET);
        MemorySegment segment = memory.segment(address);
        long at = QxlCursorCmd.SET.at(memory.offset(address));
        point16(segment, QxlCursorSet.POSITION.at(at), set.x(), set.y());
        QxlCursorSet.VISIBLE.set(segment, at, set.visible());
        QxlCursorSet.SHAPE.set(segment, at, shape);
        return address;
    }

    long cursorMove(RecordedEvent.CursorMove move) {
        long address = cursor(QxlFlags.CURSOR_MOVE);
        point16(memory.segment(address), QxlCursorCmd.POSITION.at(memory.offset(address)), move.x(), move.y());
        return address;
    }

    long cursorHide() {
        return cursor(QxlFlags.CURSOR_HIDE);
    }

    long cursorTrail(RecordedEvent.CursorTrail trail) {
        long address = cursor(QxlFlags.CURSOR_TRAIL);
        long at = QxlCursorCmd.TRAIL.at(memory.offset(address));
        QxlCursorTrail.LENGTH.set(memory.segment(address), at, trail.length());
        QxlCursorTrail.FREQUENCY.set(memory.segment(address), at, trail.frequency());
        return address;
    }

    private long cursor(int type) {
        long address = command(QxlCursorCmd.STRUCT);
        QxlCursorCmd.TYPE.set(memory.segment(address), memory.offset(address), type);
        return address;
    }

    // ---- what drawables name

    /** Addresses of an operation's images: source, pattern, second pattern, mask; 0 for none. */
    private record Parts(long source, long pattern, long backPattern, long mask) {
        static final Parts NONE = new Parts(0, 0, 0, 0);
    }

    private Parts parts(Operation operation) {
        return switch (operation) {
            case Operation.Nop ignored -> Parts.NONE;
            case Operation.Fill fill ->
                new Parts(0, pattern(fill.brush()), 0, image(fill.mask().image()));
            case Operation.Opaque opaque ->
                new Parts(
                        image(opaque.image()),
                        pattern(opaque.brush()),
                        0,
                        image(opaque.mask().image()));
            case Operation.Copy copy ->
                new Parts(image(copy.image()), 0, 0, image(copy.mask().image()));
            case Operation.CopyBits ignored -> Parts.NONE;
            case Operation.Masked masked ->
                new Parts(0, 0, 0, image(masked.mask().image()));
            case Operation.Rop3 rop3 ->
                new Parts(
                        image(rop3.image()),
                        pattern(rop3.brush()),
                        0,
                        image(rop3.mask().image()));
            case Operation.Stroke stroke -> new Parts(path(stroke.path()), pattern(stroke.brush()), 0, 0);
            case Operation.Text text ->
                new Parts(string(text), pattern(text.foreBrush()), pattern(text.backBrush()), 0);
            case Operation.Transparent transparent -> new Parts(image(transparent.image()), 0, 0, 0);
            case Operation.AlphaBlend blend -> new Parts(image(blend.image()), 0, 0, 0);
            case Operation.Composite composite -> new Parts(image(composite.source()), 0, 0, image(composite.mask()));
        };
    }

    private long pattern(Brush brush) {
        return brush instanceof Brush.Pattern pattern ? image(pattern.image()) : 0;
    }

    private long path(Chunks path) {
        long address = chunks(path, QxlPath.CHUNK.offset());
        QxlPath.DATA_SIZE.set(memory.segment(address), memory.offset(address), path.bytes());
        return address;
    }

    private long string(Operation.Text text) {
        long address = chunks(text.glyphs(), QxlString.CHUNK.offset());
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        QxlString.DATA_SIZE.set(segment, at, text.dataSize());
        QxlString.LENGTH.set(segment, at, text.length());
        QxlString.FLAGS.set(segment, at, text.flags());
        return address;
    }

    private long image(@Nullable Image image) {
        if (image == null) {
            return 0;
        }
        return switch (image.body()) {
            case ImageBody.Bitmap bitmap -> bitmap(image, bitmap);
            case ImageBody.Surface surface -> surfaceImage(image, surface);
            case ImageBody.Quic quic -> quic(image, quic);
        };
    }

    private long bitmap(Image image, ImageBody.Bitmap bitmap) {
        Palette recorded = bitmap.palette();
        Blob direct = bitmap.direct();
        Chunks chunks = bitmap.chunks();
        long palette = recorded == null ? 0 : palette(recorded);
        long data = direct != null ? direct.address() : chunks != null ? chunks(chunks, 0) : 0;
        long address = structure(QxlImage.STRUCT);
        descriptor(address, image);
        MemorySegment segment = memory.segment(address);
        long at = QxlImage.BITMAP.at(memory.offset(address));
        QxlBitmap.FORMAT.set(segment, at, bitmap.format());
        QxlBitmap.FLAGS.set(segment, at, bitmap.flags());
        QxlBitmap.X.set(segment, at, bitmap.x());
        QxlBitmap.Y.set(segment, at, bitmap.y());
        QxlBitmap.STRIDE.set(segment, at, bitmap.stride());
        QxlBitmap.PALETTE.set(segment, at, palette);
        QxlBitmap.DATA.set(segment, at, data);
        return address;
    }

    private long palette(Palette palette) {
        List<Integer> entries = palette.entries();
        Struct struct = Struct.littleEndian("QXLPalette");
        struct.struct("header", QxlPalette.STRUCT);
        Array ents = struct.array("ents", Integer.BYTES, entries.size());
        long address = structure(struct);
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        QxlPalette.UNIQUE.set(segment, at, palette.unique());
        QxlPalette.NUM_ENTS.set(segment, at, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            segment.set(ValueLayout.JAVA_INT_UNALIGNED, ents.at(at, i), entries.get(i));
        }
        return address;
    }

    private long surfaceImage(Image image, ImageBody.Surface surface) {
        long address = structure(QxlImage.STRUCT);
        descriptor(address, image);
        long at = QxlImage.SURFACE_IMAGE.at(memory.offset(address));
        QxlSurfaceId.SURFACE_ID.set(memory.segment(address), at, surface.surfaceId());
        return address;
    }

    private long quic(Image image, ImageBody.Quic quic) {
        long address = chunks(quic.data(), QuicImage.CHUNK.offset());
        descriptor(address, image);
        QuicImage.DATA_SIZE.set(memory.segment(address), memory.offset(address), quic.dataSize());
        return address;
    }

    private void descriptor(long address, Image image) {
        MemorySegment segment = memory.segment(address);
        long at = QxlImage.DESCRIPTOR.at(memory.offset(address));
        QxlImageDescriptor.ID.set(segment, at, image.id());
        QxlImageDescriptor.TYPE.set(segment, at, image.type());
        QxlImageDescriptor.FLAGS.set(segment, at, image.flags());
        QxlImageDescriptor.WIDTH.set(segment, at, image.width());
        QxlImageDescriptor.HEIGHT.set(segment, at, image.height());
    }

    /** Links chunks as they were; the first one's header lies {@code firstHeader} bytes behind the address returned. */
    private long chunks(Chunks chunks, long firstHeader) {
        List<Blob> pieces = chunks.pieces();
        for (int i = 0; i < pieces.size(); i++) {
            Blob piece = pieces.get(i);
            MemorySegment segment = memory.segment(piece.address());
            long at = memory.offset(piece.address()) + (i == 0 ? firstHeader : 0);
            QxlDataChunk.DATA_SIZE.set(segment, at, (int) piece.bytes().byteSize());
            QxlDataChunk.PREV_CHUNK.set(segment, at, i == 0 ? 0 : header(pieces, i - 1, firstHeader));
            QxlDataChunk.NEXT_CHUNK.set(segment, at, i + 1 == pieces.size() ? 0 : header(pieces, i + 1, firstHeader));
        }
        return pieces.getFirst().address();
    }

    private static long header(List<Blob> pieces, int index, long firstHeader) {
        return pieces.get(index).address() + (index == 0 ? firstHeader : 0);
    }

    // ---- operations

    private static void operation(MemorySegment segment, long drawable, Operation operation, Parts parts) {
        switch (operation) {
            case Operation.Nop ignored -> {}
            case Operation.Fill fill -> fill(segment, QxlDrawable.FILL.at(drawable), fill, parts);
            case Operation.Opaque opaque -> opaque(segment, QxlDrawable.OPAQUE.at(drawable), opaque, parts);
            case Operation.Copy copy -> copy(segment, QxlDrawable.COPY.at(drawable), copy, parts);
            case Operation.CopyBits bits ->
                point(segment, QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(drawable)), bits.source());
            case Operation.Masked masked ->
                mask(segment, QxlBlackness.MASK.at(QxlDrawable.BLACKNESS.at(drawable)), masked.mask(), parts);
            case Operation.Rop3 rop3 -> rop3(segment, QxlDrawable.ROP3.at(drawable), rop3, parts);
            case Operation.Stroke stroke -> stroke(segment, QxlDrawable.STROKE.at(drawable), stroke, parts);
            case Operation.Text text -> text(segment, QxlDrawable.TEXT.at(drawable), text, parts);
            case Operation.Transparent transparent ->
                transparent(segment, QxlDrawable.TRANSPARENT.at(drawable), transparent, parts);
            case Operation.AlphaBlend blend -> alphaBlend(segment, QxlDrawable.ALPHA_BLEND.at(drawable), blend, parts);
            case Operation.Composite composite ->
                composite(segment, QxlDrawable.COMPOSITE.at(drawable), composite, parts);
        }
    }

    private static void fill(MemorySegment segment, long at, Operation.Fill fill, Parts parts) {
        brush(segment, QxlFill.BRUSH.at(at), fill.brush(), parts.pattern());
        QxlFill.ROP_DESCRIPTOR.set(segment, at, fill.rop());
        mask(segment, QxlFill.MASK.at(at), fill.mask(), parts);
    }

    private static void opaque(MemorySegment segment, long at, Operation.Opaque opaque, Parts parts) {
        QxlOpaque.SRC_BITMAP.set(segment, at, parts.source());
        rect(segment, QxlOpaque.SRC_AREA.at(at), opaque.area());
        brush(segment, QxlOpaque.BRUSH.at(at), opaque.brush(), parts.pattern());
        QxlOpaque.ROP_DESCRIPTOR.set(segment, at, opaque.rop());
        QxlOpaque.SCALE_MODE.set(segment, at, opaque.scaleMode());
        mask(segment, QxlOpaque.MASK.at(at), opaque.mask(), parts);
    }

    private static void copy(MemorySegment segment, long at, Operation.Copy copy, Parts parts) {
        QxlCopy.SRC_BITMAP.set(segment, at, parts.source());
        rect(segment, QxlCopy.SRC_AREA.at(at), copy.area());
        QxlCopy.ROP_DESCRIPTOR.set(segment, at, copy.rop());
        QxlCopy.SCALE_MODE.set(segment, at, copy.scaleMode());
        mask(segment, QxlCopy.MASK.at(at), copy.mask(), parts);
    }

    private static void rop3(MemorySegment segment, long at, Operation.Rop3 rop3, Parts parts) {
        QxlRop3.SRC_BITMAP.set(segment, at, parts.source());
        rect(segment, QxlRop3.SRC_AREA.at(at), rop3.area());
        brush(segment, QxlRop3.BRUSH.at(at), rop3.brush(), parts.pattern());
        QxlRop3.ROP3.set(segment, at, rop3.rop3());
        QxlRop3.SCALE_MODE.set(segment, at, rop3.scaleMode());
        mask(segment, QxlRop3.MASK.at(at), rop3.mask(), parts);
    }

    private static void stroke(MemorySegment segment, long at, Operation.Stroke stroke, Parts parts) {
        Blob style = stroke.style();
        QxlStroke.PATH.set(segment, at, parts.source());
        long attributes = QxlStroke.ATTR.at(at);
        QxlLineAttr.FLAGS.set(segment, attributes, stroke.lineFlags());
        QxlLineAttr.STYLE_NSEG.set(segment, attributes, stroke.styleCount());
        QxlLineAttr.STYLE.set(segment, attributes, style == null ? 0 : style.address());
        brush(segment, QxlStroke.BRUSH.at(at), stroke.brush(), parts.pattern());
        QxlStroke.FORE_MODE.set(segment, at, stroke.foreMode());
        QxlStroke.BACK_MODE.set(segment, at, stroke.backMode());
    }

    private static void text(MemorySegment segment, long at, Operation.Text text, Parts parts) {
        QxlText.STR.set(segment, at, parts.source());
        rect(segment, QxlText.BACK_AREA.at(at), text.backArea());
        brush(segment, QxlText.FORE_BRUSH.at(at), text.foreBrush(), parts.pattern());
        brush(segment, QxlText.BACK_BRUSH.at(at), text.backBrush(), parts.backPattern());
        QxlText.FORE_MODE.set(segment, at, text.foreMode());
        QxlText.BACK_MODE.set(segment, at, text.backMode());
    }

    private static void transparent(MemorySegment segment, long at, Operation.Transparent transparent, Parts parts) {
        QxlTransparent.SRC_BITMAP.set(segment, at, parts.source());
        rect(segment, QxlTransparent.SRC_AREA.at(at), transparent.area());
        QxlTransparent.SRC_COLOR.set(segment, at, transparent.sourceColor());
        QxlTransparent.TRUE_COLOR.set(segment, at, transparent.trueColor());
    }

    private static void alphaBlend(MemorySegment segment, long at, Operation.AlphaBlend blend, Parts parts) {
        QxlAlphaBlend.ALPHA_FLAGS.set(segment, at, blend.flags());
        QxlAlphaBlend.ALPHA.set(segment, at, blend.alpha());
        QxlAlphaBlend.SRC_BITMAP.set(segment, at, parts.source());
        rect(segment, QxlAlphaBlend.SRC_AREA.at(at), blend.area());
    }

    private static void composite(MemorySegment segment, long at, Operation.Composite composite, Parts parts) {
        Blob sourceTransform = composite.sourceTransform();
        Blob maskTransform = composite.maskTransform();
        QxlComposite.FLAGS.set(segment, at, composite.flags());
        QxlComposite.SRC.set(segment, at, parts.source());
        QxlComposite.SRC_TRANSFORM.set(segment, at, sourceTransform == null ? 0 : sourceTransform.address());
        QxlComposite.MASK.set(segment, at, parts.mask());
        QxlComposite.MASK_TRANSFORM.set(segment, at, maskTransform == null ? 0 : maskTransform.address());
        Point source = composite.sourceOrigin();
        point16(segment, QxlComposite.SRC_ORIGIN.at(at), source.x(), source.y());
        Point mask = composite.maskOrigin();
        point16(segment, QxlComposite.MASK_ORIGIN.at(at), mask.x(), mask.y());
    }

    private static void brush(MemorySegment segment, long at, Brush brush, long image) {
        switch (brush) {
            case Brush.None none -> QxlBrush.TYPE.set(segment, at, none.type());
            case Brush.Solid solid -> {
                QxlBrush.TYPE.set(segment, at, QxlFlags.BRUSH_SOLID);
                QxlBrush.COLOR.set(segment, at, solid.color());
            }
            case Brush.Pattern pattern -> {
                QxlBrush.TYPE.set(segment, at, QxlFlags.BRUSH_PATTERN);
                QxlPattern.PAT.set(segment, QxlBrush.PATTERN.at(at), image);
                point(segment, QxlPattern.POS.at(QxlBrush.PATTERN.at(at)), pattern.position());
            }
        }
    }

    private static void mask(MemorySegment segment, long at, Mask mask, Parts parts) {
        QxlQMask.FLAGS.set(segment, at, mask.flags());
        point(segment, QxlQMask.POS.at(at), mask.position());
        QxlQMask.BITMAP.set(segment, at, parts.mask());
    }

    private static void rect(MemorySegment segment, long at, Rect rect) {
        QxlRect.TOP.set(segment, at, rect.top());
        QxlRect.LEFT.set(segment, at, rect.left());
        QxlRect.BOTTOM.set(segment, at, rect.bottom());
        QxlRect.RIGHT.set(segment, at, rect.right());
    }

    private static void point(MemorySegment segment, long at, Point point) {
        QxlPoint.X.set(segment, at, point.x());
        QxlPoint.Y.set(segment, at, point.y());
    }

    private static void point16(MemorySegment segment, long at, int x, int y) {
        QxlPoint16.X.set(segment, at, x);
        QxlPoint16.Y.set(segment, at, y);
    }
}
