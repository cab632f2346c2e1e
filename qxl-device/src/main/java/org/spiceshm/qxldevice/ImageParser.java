package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlPalette;
import org.spiceshm.protocol.qxl.QxlQuicData;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Copies the images that a command names, but for their pixels, into a {@link CommandSlot}, and checks the copy:
 * {@link CommandParser}'s rules for images. Owned by the device thread; allocates nothing.
 */
final class ImageParser {
    /** A QUIC picture's decoded pixels are kept: no more than 64 MiB of them. */
    static final int MAX_QUIC_PIXELS = 1 << 24;

    /** QUIC makes no picture larger than it was, but for a header and some bits. */
    static final int MAX_QUIC_BYTES = 5 * MAX_QUIC_PIXELS;

    private static final int MAX_SIDE = 32766;

    private final GuestMemory guest;
    private final SurfaceTable surfaces;
    private boolean sixteenBits;

    ImageParser(GuestMemory guest, SurfaceTable surfaces) {
        this.guest = guest;
        this.surfaces = surfaces;
    }

    /** Whether colours are x1r5g5b5 from now on, though the surface is of 32 bits: a compat mode of 16 bits. */
    void setSixteenBits(boolean newSixteenBits) {
        sixteenBits = newSixteenBits;
    }

    /** A colour that a command names, as the surface has it. */
    int surfaceColor(int color) {
        return sixteenBits ? SurfaceFormat.RGB_555.toRgb(color) : color;
    }

    /** Copies the image at {@code physical} and notes its pixels, in the slot's image of that role. */
    @Nullable
    GuestFault parse(CommandSlot slot, long physical, int role) {
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
            case QxlFlags.IMAGE_QUIC -> {
                fault = guest.copyTo(slot, rest, QxlQuicData.STRUCT.size(), restAt);
                yield fault != null ? fault : quic(slot, at, rest + QxlQuicData.STRUCT.size(), role);
            }
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

    /** Its bytes stay where they are until the renderer gathers them, once; it decodes the copy. */
    private @Nullable GuestFault quic(CommandSlot slot, int image, long chunk, int role) {
        MemorySegment copy = slot.snapshot();
        long width = QxlImageDescriptor.WIDTH.getUnsigned(copy, image);
        long height = QxlImageDescriptor.HEIGHT.getUnsigned(copy, image);
        // INVARIANT: both are below 2^32, and at most MAX_SIDE once compared, so the product fits a long.
        if (!(0 < width && width <= MAX_SIDE && 0 < height && height <= MAX_SIDE)
                || !(width * height <= MAX_QUIC_PIXELS)) {
            return GuestFault.QUIC_SIZE_INVALID;
        }
        if (isMask(slot, role)) {
            return GuestFault.MASK_FORMAT_INVALID;
        }
        GuestFault fault = guest.walkChunks(slot, chunk);
        if (fault != null) {
            return fault;
        }
        long size = QxlQuicData.DATA_SIZE.getUnsigned(copy, QxlImage.QUIC.at(image));
        if (!(0 < size && size <= guest.chunkBytes() && guest.chunkBytes() <= MAX_QUIC_BYTES)) {
            return GuestFault.QUIC_DATA_SIZE_MISMATCH;
        }
        int first = slot.pieces();
        fault = guest.addChunksAsPieces(slot);
        slot.setImage(role, image, first, slot.pieces() - first);
        return fault;
    }

    private static boolean isMask(CommandSlot slot, int role) {
        return role == CommandSlot.MASK && QxlDrawable.TYPE.get(slot.snapshot(), 0) != QxlDrawType.COMPOSITE;
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
        boolean isMask = isMask(slot, role);
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
            copy.set(GuestMemory.INT, entry, SurfaceFormat.RGB_555.toRgb(copy.get(GuestMemory.INT, entry)));
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

    /** Whether the area that a drawing names lies in the slot's source. */
    @Nullable
    GuestFault checkArea(CommandSlot slot, long area) {
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
}
