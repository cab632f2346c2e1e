package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCompatDrawable;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMode;
import org.spiceshm.protocol.qxl.QxlPalette;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.spice.BitmapFormat;

/**
 * A driver of the first generation: a mode out of the ROM's table, drawables of the old layout, and addresses that are
 * bus addresses in BAR 0. It asks for no interrupts, and its memory comes back with the next mode.
 *
 * <pre>
 *  BAR 0 | primary's area | drawables, images, one behind the other .... | RAM header |
 * </pre>
 *
 * Owned by one thread.
 */
public final class CompatDriver {
    private static final int RAM_BAR = 0;
    private static final int ROM_BAR = 2;
    private static final int ROP_PUT = 8;
    private static final int ALIGNMENT = 8;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final QxlHardware hardware;
    private final MemorySegment ram;
    private final MemorySegment rom;
    private final RomInfo info;
    private final long busAddress;
    private final long header;
    private final CommandRing commands;
    private long free;

    /** Places the BARs and reads the ROM. */
    public CompatDriver(QxlHardware hardware) {
        this.hardware = hardware;
        ram = hardware.bar(RAM_BAR);
        rom = hardware.bar(ROM_BAR);
        info = RomInfo.read(rom);
        header = info.ramHeaderOffset();
        busAddress = PciBars.assign(hardware).address(RAM_BAR);
        commands = new CommandRing(ram, QxlRam.CMD_RING.at(header), "cmd_ring");
    }

    /** The id of the mode of that size and depth. */
    public int findMode(int width, int height, int bits) {
        long at = QxlRom.MODES_OFFSET.getUnsigned(rom, 0);
        int count = rom.get(INT, at);
        at += Integer.BYTES;
        for (int i = 0; i < count; i++) {
            boolean found = QxlMode.X_RES.get(rom, at) == width
                    && QxlMode.Y_RES.get(rom, at) == height
                    && QxlMode.BITS.get(rom, at) == bits;
            if (found) {
                return QxlMode.ID.get(rom, at);
            }
            at += QxlMode.STRUCT.size();
        }
        throw new IllegalStateException("mode: got none of " + width + "x" + height + "x" + bits + ", expected one");
    }

    /** Sets a mode; everything from before is gone. */
    public void setMode(int id) {
        hardware.out(QxlIo.SET_MODE, id);
        commands.attach();
        free = info.drawAreaOffset() + info.surface0AreaBytes();
    }

    /** BAR 0. */
    public MemorySegment ram() {
        return ram;
    }

    /** The address of an offset in BAR 0. */
    public long address(long offset) {
        return busAddress + offset;
    }

    /** Cleared memory in BAR 0; its offset. */
    public long allocate(long bytes) {
        long at = (free + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (!(at + bytes <= header)) {
            throw new IllegalStateException(
                    "guest memory: got no " + bytes + " bytes, expected room before the header");
        }
        free = at + bytes;
        ram.asSlice(at, bytes).fill((byte) 0);
        return at;
    }

    /** A drawable of that type onto a box, without a clip; its offset. */
    public long drawable(int type, int top, int left, int bottom, int right) {
        long at = allocate(QxlCompatDrawable.STRUCT.size());
        QxlReleaseInfo.ID.set(ram, QxlCompatDrawable.RELEASE_INFO.at(at), at);
        QxlCompatDrawable.TYPE.set(ram, at, type);
        QxlClip.TYPE.set(ram, QxlCompatDrawable.CLIP.at(at), QxlFlags.CLIP_NONE);
        rect(QxlCompatDrawable.BBOX.at(at), top, left, bottom, right);
        return at;
    }

    /** Fills a box; in a mode of 16 bits the colour is x1r5g5b5. */
    public void fill(int top, int left, int bottom, int right, int colour) {
        long at = drawable(QxlDrawType.FILL, top, left, bottom, right);
        long fill = QxlCompatDrawable.FILL.at(at);
        QxlBrush.TYPE.set(ram, QxlFill.BRUSH.at(fill), QxlFlags.BRUSH_SOLID);
        QxlBrush.COLOR.set(ram, QxlFill.BRUSH.at(fill), colour);
        QxlFill.ROP_DESCRIPTOR.set(ram, fill, ROP_PUT);
        push(at);
    }

    /** Moves what is on the screen into a box. */
    public void copyBits(int top, int left, int bottom, int right, int fromX, int fromY) {
        long at = drawable(QxlDrawType.COPY_BITS, top, left, bottom, right);
        long from = QxlCopyBits.SRC_POS.at(QxlCompatDrawable.COPY_BITS.at(at));
        QxlPoint.X.set(ram, from, fromX);
        QxlPoint.Y.set(ram, from, fromY);
        push(at);
    }

    /** Draws 32-bit pixels, row by row, into a box. */
    public void copy(int top, int left, int bottom, int right, int[] pixels) {
        int width = right - left;
        int height = bottom - top;
        long image = image(BitmapFormat.BIT_32, width, height, 4 * width);
        long data = allocate(4L * pixels.length);
        MemorySegment.copy(pixels, 0, ram, INT, data, pixels.length);
        QxlBitmap.DATA.set(ram, QxlImage.BITMAP.at(image), address(data));
        pushCopy(top, left, bottom, right, image);
    }

    /** Draws palette indexes, one a byte, into a box; in a mode of 16 bits the colours are x1r5g5b5. */
    public void copyIndexed(int top, int left, int bottom, int right, byte[] indexes, int[] colours) {
        int width = right - left;
        int height = bottom - top;
        long image = image(BitmapFormat.BIT_8, width, height, width);
        long data = allocate(indexes.length);
        MemorySegment.copy(indexes, 0, ram, ValueLayout.JAVA_BYTE, data, indexes.length);
        long palette = allocate(QxlPalette.STRUCT.size() + 4L * colours.length);
        QxlPalette.NUM_ENTS.set(ram, palette, colours.length);
        MemorySegment.copy(colours, 0, ram, INT, palette + QxlPalette.STRUCT.size(), colours.length);
        QxlBitmap.DATA.set(ram, QxlImage.BITMAP.at(image), address(data));
        QxlBitmap.PALETTE.set(ram, QxlImage.BITMAP.at(image), address(palette));
        pushCopy(top, left, bottom, right, image);
    }

    private long image(BitmapFormat format, int width, int height, int stride) {
        long image = allocate(QxlImage.STRUCT.size());
        QxlImageDescriptor.TYPE.set(ram, QxlImage.DESCRIPTOR.at(image), QxlFlags.IMAGE_BITMAP);
        QxlImageDescriptor.WIDTH.set(ram, QxlImage.DESCRIPTOR.at(image), width);
        QxlImageDescriptor.HEIGHT.set(ram, QxlImage.DESCRIPTOR.at(image), height);
        long bitmap = QxlImage.BITMAP.at(image);
        QxlBitmap.FORMAT.set(ram, bitmap, format.number());
        QxlBitmap.FLAGS.set(ram, bitmap, QxlFlags.BITMAP_DIRECT | QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(ram, bitmap, width);
        QxlBitmap.Y.set(ram, bitmap, height);
        QxlBitmap.STRIDE.set(ram, bitmap, stride);
        return image;
    }

    private void pushCopy(int top, int left, int bottom, int right, long image) {
        long at = drawable(QxlDrawType.COPY, top, left, bottom, right);
        long copy = QxlCompatDrawable.COPY.at(at);
        QxlCopy.SRC_BITMAP.set(ram, copy, address(image));
        QxlCopy.ROP_DESCRIPTOR.set(ram, copy, ROP_PUT);
        rect(QxlCopy.SRC_AREA.at(copy), 0, 0, bottom - top, right - left);
        push(at);
    }

    /** Pushes the drawable at an offset in BAR 0; waits while the ring is full. */
    public void push(long drawable) {
        push(QxlCommandType.DRAW, address(drawable));
    }

    /** Pushes any command, wherever it is said to be. */
    public void push(int type, long address) {
        while (commands.isFull()) {
            hardware.out(QxlIo.NOTIFY_CMD, 0);
            Thread.onSpinWait();
        }
        if (commands.put(type, address)) {
            hardware.out(QxlIo.NOTIFY_CMD, 0);
        }
    }

    /** Has all that was pushed rendered, and the area written back into the primary's memory. */
    public void updateArea(int top, int left, int bottom, int right) {
        rect(QxlRam.UPDATE_AREA.at(header), top, left, bottom, right);
        hardware.out(QxlIo.UPDATE_AREA, 0);
    }

    private void rect(long at, int top, int left, int bottom, int right) {
        QxlRect.TOP.set(ram, at, top);
        QxlRect.LEFT.set(ram, at, left);
        QxlRect.BOTTOM.set(ram, at, bottom);
        QxlRect.RIGHT.set(ram, at, right);
    }
}
