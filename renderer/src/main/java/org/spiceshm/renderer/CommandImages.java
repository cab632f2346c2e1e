package org.spiceshm.renderer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.codec.QuicDecoder;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlQuicData;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Makes the images of a slot into sources for the canvas. Bitmaps stay in the guest's memory, and are read once, when they
 * are drawn; QUIC pictures are gathered and decoded here. Owned by the render thread; its buffers grow to the largest
 * picture that the device lets pass, and stay.
 */
final class CommandImages {
    static final ValueLayout.OfInt ENTRY = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int PALETTE_ENTRIES = 256;

    private final Surfaces surfaces;
    private final int[] palette = new int[PALETTE_ENTRIES];
    private final QuicDecoder quic = new QuicDecoder();
    private final Pixmap[] pixmaps = new Pixmap[CommandSlot.IMAGE_COUNT];
    private byte[] gathered = new byte[0];
    private MemorySegment gatheredSegment = MemorySegment.ofArray(gathered);

    CommandImages(Surfaces surfaces) {
        this.surfaces = surfaces;
        for (int role = 0; role < pixmaps.length; role++) {
            pixmaps[role] = new Pixmap();
        }
    }

    /**
     * Describes the slot's image of that role, to be drawn on a surface of that format; false, and no picture, if it has
     * none. One that does not decode is the slot's fault.
     */
    boolean describe(Image image, CommandSlot slot, int role, SurfaceFormat target) {
        image.none();
        int at = slot.imageOffset(role);
        if (at < 0) {
            return false;
        }
        MemorySegment copy = slot.snapshot();
        boolean described = switch (QxlImageDescriptor.TYPE.get(copy, at)) {
            case QxlFlags.IMAGE_SURFACE -> describeSurface(image, copy, at);
            case QxlFlags.IMAGE_QUIC -> describeQuic(image, slot, role, target);
            default -> describeBitmap(image, slot, role, QxlImage.BITMAP.at(at));
        };
        if ((QxlImageDescriptor.FLAGS.get(copy, at) & QxlFlags.IMAGE_HIGH_BITS_SET) != 0) {
            image.highBitsSet();
        }
        return described;
    }

    private boolean describeSurface(Image image, MemorySegment copy, int at) {
        Surface surface = surfaces.get(QxlSurfaceId.SURFACE_ID.get(copy, QxlImage.SURFACE_IMAGE.at(at)));
        if (surface == null) {
            return false;
        }
        image.ofSurface(surface);
        return true;
    }

    private boolean describeQuic(Image image, CommandSlot slot, int role, SurfaceFormat target) {
        MemorySegment copy = slot.snapshot();
        int at = slot.imageOffset(role);
        Pixmap pixmap = pixmaps[role];
        try {
            int length = gather(slot, role, QxlQuicData.DATA_SIZE.get(copy, QxlImage.QUIC.at(at)));
            quic.decode(
                    gatheredSegment.asSlice(0, length),
                    QxlImageDescriptor.WIDTH.get(copy, at),
                    QxlImageDescriptor.HEIGHT.get(copy, at),
                    pixmap);
        } catch (MalformedMessageException e) {
            slot.fault = GuestFault.QUIC_MALFORMED;
            return false;
        }
        if (target.bitsPerPixel() == 32) {
            pixmap.widen();
        }
        image.ofPixmap(pixmap);
        return true;
    }

    /** Copies {@code length} bytes out of the guest's memory, which may change at any time. */
    private int gather(CommandSlot slot, int role, int length) {
        if (gathered.length < length) {
            gathered = new byte[Math.max(length, 2 * gathered.length)];
            gatheredSegment = MemorySegment.ofArray(gathered);
        }
        int done = 0;
        for (int i = slot.firstPiece(role); done < length; i++) {
            int part = Math.min(length - done, slot.pieceLength(i));
            MemorySegment.copy(slot.pieceMemory(i), slot.pieceOffset(i), gatheredSegment, done, part);
            done += part;
        }
        return length;
    }

    private boolean describeBitmap(Image image, CommandSlot slot, int role, long at) {
        MemorySegment copy = slot.snapshot();
        @Nullable BitmapFormat format = BitmapFormat.ofNumber(QxlBitmap.FORMAT.get(copy, at));
        if (format == null) {
            throw new IllegalStateException("the device let a bitmap format pass");
        }
        image.ofBitmap(
                format,
                (QxlBitmap.FLAGS.get(copy, at) & QxlFlags.BITMAP_TOP_DOWN) != 0,
                QxlBitmap.X.get(copy, at),
                QxlBitmap.Y.get(copy, at),
                QxlBitmap.STRIDE.get(copy, at));
        int first = slot.firstPiece(role);
        for (int i = first; i < first + slot.pieceCount(role); i++) {
            image.piece(slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        int entries = slot.paletteCount(role);
        if (entries > 0) {
            MemorySegment.copy(copy, ENTRY, slot.paletteOffset(role), palette, 0, entries);
            image.palette(palette, entries);
        }
        return true;
    }
}
