package org.spiceshm.qxldevice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The shadow of a VGA picture: what was last shown of it, in 32 bits, and what has changed since.
 *
 * <pre>
 *  VgaPicture --line by line--> mirror --COPY of what differs, in columns of 32 pixels--> CommandSlot
 * </pre>
 *
 * <p>VGA memory is written by the guest's processor without a word to us, so it is looked at again and again; what is
 * drawn is the mirror, which the guest cannot write, so that no change is ever missed. To those behind the device the
 * shadow is a primary, and a change a drawable, like any other (QEMU, ui/spice-display.c). Owned by the device thread;
 * allocates only when the picture gets another size. The mirror's pixels are read by the render thread while newer ones
 * may be written: then the newer ones are told as well.
 */
final class VgaScreen {
    /** Pixels across that are told as one. */
    static final int COLUMN = 32;

    /** Of QXLDrawable.u.copy.rop_descriptor: the picture replaces what was there. SPICE_ROPD_OP_PUT. */
    private static final int PUT = 8;

    private static final int CLEAN = -1;

    private final VgaPicture picture;
    private final MemorySegment memory;

    private MemorySegment mirror = MemorySegment.NULL;
    private MemorySegment line = MemorySegment.NULL;
    /** The line from which on a column has changed. */
    private int[] changedFrom = new int[0];

    private int width;
    private int height;
    private boolean shown;

    /** Top, left, bottom, right each. */
    private final int[] rects = new int[4 * CommandSlot.MAX_DAMAGE_RECTS];

    private int rectCount;
    private boolean tooMany;
    private int changedTop;
    private int changedBottom;

    VgaScreen(VgaPicture picture, MemorySegment memory) {
        this.picture = picture;
        this.memory = memory;
    }

    /** Whether a primary shows the mirror. */
    boolean isShown() {
        return shown;
    }

    /** The primary is no longer ours. */
    void hide() {
        shown = false;
    }

    /** Whether there is a picture that needs a new primary. */
    boolean needsPrimary() {
        boolean exists = picture.width() != 0;
        return exists && !(shown && picture.width() == width && picture.height() == height);
    }

    /**
     * Takes a new size over and computes all of the picture.
     *
     * @return false if there is no memory for it
     */
    boolean reshape() {
        int columns = (picture.width() + COLUMN - 1) / COLUMN;
        long bytes = 4L * picture.width() * picture.height();
        try {
            if (mirror.byteSize() < bytes) {
                // The old one is freed when no slot names it any more.
                mirror = Arena.ofAuto().allocate(bytes, Long.BYTES);
            }
            if (line.byteSize() < 4L * picture.width()) {
                line = Arena.ofAuto().allocate(4L * picture.width(), Long.BYTES);
            }
        } catch (OutOfMemoryError e) {
            return false;
        }
        if (changedFrom.length < columns) {
            changedFrom = new int[columns];
        }
        width = picture.width();
        height = picture.height();
        for (int y = 0; y < height; y++) {
            picture.readLine(y, line);
            MemorySegment.copy(line, 0, mirror, rowAt(y), 4L * width);
        }
        return true;
    }

    /** Makes the slot create the primary, which shows what the mirror holds. */
    void describePrimary(CommandSlot slot) {
        int at = slot.reserve(QxlSurfaceCreate.STRUCT.size());
        MemorySegment copy = slot.snapshot();
        copy.asSlice(at, QxlSurfaceCreate.STRUCT.size()).fill((byte) 0);
        QxlSurfaceCreate.WIDTH.set(copy, at, width);
        QxlSurfaceCreate.HEIGHT.set(copy, at, height);
        QxlSurfaceCreate.STRIDE.set(copy, at, 4 * width);
        QxlSurfaceCreate.FORMAT.set(copy, at, SurfaceFormat.XRGB_32.number());
        QxlSurfaceCreate.FLAGS.set(copy, at, QxlFlags.SURFACE_KEEP_DATA);
        slot.kind = Kind.PRIMARY_CREATE;
        slot.surfaceId = SurfaceTable.PRIMARY;
        slot.surfaceMemory = mirror;
        slot.surfaceMemoryOffset = 0;
        shown = true;
    }

    // ---- what has changed

    /** Brings the mirror up to date; whether anything had changed. */
    boolean update() {
        int columns = (width + COLUMN - 1) / COLUMN;
        rectCount = 0;
        tooMany = false;
        changedTop = height;
        changedBottom = 0;
        Arrays.fill(changedFrom, 0, columns, CLEAN);
        boolean open = false;
        for (int y = 0; y < height; y++) {
            long direct = picture.directLine(y);
            MemorySegment source = direct < 0 ? line : memory;
            long at = direct < 0 ? 0 : direct;
            if (direct < 0) {
                picture.readLine(y, line);
            }
            long row = rowAt(y);
            boolean same = MemorySegment.mismatch(source, at, at + 4L * width, mirror, row, row + 4L * width) < 0;
            if (!same) {
                updateLine(y, source, at, columns);
                open = true;
            } else if (open) {
                closeAll(y, columns);
                open = false;
            }
        }
        closeAll(height, columns);
        return rectCount != 0;
    }

    private void updateLine(int y, MemorySegment source, long at, int columns) {
        for (int column = 0; column < columns; column++) {
            long first = 4L * COLUMN * column;
            long end = Math.min(first + 4L * COLUMN, 4L * width);
            long row = rowAt(y);
            if (MemorySegment.mismatch(source, at + first, at + end, mirror, row + first, row + end) < 0) {
                if (changedFrom[column] != CLEAN) {
                    close(column, column + 1, changedFrom[column], y);
                    changedFrom[column] = CLEAN;
                }
                continue;
            }
            MemorySegment.copy(source, at + first, mirror, row + first, end - first);
            if (changedFrom[column] == CLEAN) {
                changedFrom[column] = y;
            }
        }
    }

    /** Ends what is open above line {@code y}; neighbours that began together end as one. */
    private void closeAll(int y, int columns) {
        int column = 0;
        while (column < columns) {
            int from = changedFrom[column];
            int first = column;
            column++;
            if (from == CLEAN) {
                continue;
            }
            while (column < columns && changedFrom[column] == from) {
                column++;
            }
            close(first, column, from, y);
            Arrays.fill(changedFrom, first, column, CLEAN);
        }
    }

    private void close(int firstColumn, int endColumn, int top, int bottom) {
        changedTop = Math.min(changedTop, top);
        changedBottom = Math.max(changedBottom, bottom);
        if (rectCount == CommandSlot.MAX_DAMAGE_RECTS) {
            tooMany = true;
            return;
        }
        int at = 4 * rectCount++;
        rects[at] = top;
        rects[at + 1] = COLUMN * firstColumn;
        rects[at + 2] = bottom;
        rects[at + 3] = Math.min(COLUMN * endColumn, width);
    }

    /** Makes the slot draw what the last {@link #update} found: of too many rectangles, all lines that have one. */
    void describeUpdate(CommandSlot slot) {
        if (tooMany) {
            rectCount = 1;
            rects[0] = changedTop;
            rects[1] = 0;
            rects[2] = changedBottom;
            rects[3] = width;
        }
        int drawable = slot.reserve(QxlDrawable.STRUCT.size());
        int image = slot.reserve(QxlImage.STRUCT.size());
        slot.clipOffset = slot.reserve(rectCount * QxlRect.STRUCT.size());
        slot.clipCount = rectCount;
        MemorySegment copy = slot.snapshot();
        copy.asSlice(0, slot.clipOffset).fill((byte) 0);
        for (int i = 0; i < rectCount; i++) {
            long rect = slot.clipOffset + i * QxlRect.STRUCT.size();
            putRect(copy, rect, rects[4 * i], rects[4 * i + 1], rects[4 * i + 2], rects[4 * i + 3]);
        }
        slot.kind = Kind.DRAW;
        slot.surfaceId = SurfaceTable.PRIMARY;
        slot.boxBottom = height;
        slot.boxRight = width;
        describeDrawable(copy, drawable);
        describeImage(copy, image);
        slot.setImage(CommandSlot.SOURCE, image, slot.pieces(), 1);
        // INVARIANT: VgaRegisters.MAX_SHADOW_BYTES and QxlConfig's largest vgaBytes keep this below 2^31.
        slot.addPiece(mirror, 0, 4 * width * height);
    }

    private void describeDrawable(MemorySegment copy, int at) {
        QxlDrawable.TYPE.set(copy, at, QxlDrawType.COPY);
        putRect(copy, QxlDrawable.BBOX.at(at), 0, 0, height, width);
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            QxlSurfaceId.SURFACE_ID.set(copy, QxlDrawable.SURFACES_DEST.at(at, i), -1);
        }
        long operation = QxlDrawable.COPY.at(at);
        QxlCopy.ROP_DESCRIPTOR.set(copy, operation, PUT);
        putRect(copy, QxlCopy.SRC_AREA.at(operation), 0, 0, height, width);
    }

    private void describeImage(MemorySegment copy, int at) {
        QxlImageDescriptor.TYPE.set(copy, QxlImage.DESCRIPTOR.at(at), QxlFlags.IMAGE_BITMAP);
        QxlImageDescriptor.WIDTH.set(copy, QxlImage.DESCRIPTOR.at(at), width);
        QxlImageDescriptor.HEIGHT.set(copy, QxlImage.DESCRIPTOR.at(at), height);
        long bitmap = QxlImage.BITMAP.at(at);
        QxlBitmap.FORMAT.set(copy, bitmap, BitmapFormat.BIT_32.number());
        QxlBitmap.FLAGS.set(copy, bitmap, QxlFlags.BITMAP_DIRECT | QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(copy, bitmap, width);
        QxlBitmap.Y.set(copy, bitmap, height);
        QxlBitmap.STRIDE.set(copy, bitmap, 4 * width);
    }

    private static void putRect(MemorySegment copy, long at, int top, int left, int bottom, int right) {
        QxlRect.TOP.set(copy, at, top);
        QxlRect.LEFT.set(copy, at, left);
        QxlRect.BOTTOM.set(copy, at, bottom);
        QxlRect.RIGHT.set(copy, at, right);
    }

    private long rowAt(int y) {
        return 4L * width * y;
    }
}
