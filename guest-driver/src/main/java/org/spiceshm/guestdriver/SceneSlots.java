package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.BitmapFormat;

/**
 * Drawables that are written once and used again and again, each with an image of its own.
 *
 * <pre>
 *  slot   | QXLDrawable | QXLImage | padding | width * height pixels of 4 bytes |
 *  free   stack of slots: take() -> ... -> pushed -> released -> back
 * </pre>
 *
 * <p>Owned by the driver's thread; allocates nothing after it has been made.
 */
final class SceneSlots implements ReleaseListener {
    private static final Struct STRUCT = Struct.littleEndian("scene slot");
    private static final Nested DRAWABLE = STRUCT.struct("drawable", QxlDrawable.STRUCT);
    private static final Nested IMAGE = STRUCT.struct("image", QxlImage.STRUCT);
    private static final long ALIGNMENT = GuestMemory.GRANULE;
    private static final long PIXELS = (STRUCT.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    /** QXL_EFFECT_OPAQUE, enums.h. */
    private static final int EFFECT_OPAQUE = 1;
    /** SPICE_ROPD_OP_PUT, enums.h. */
    private static final int ROP_PUT = 8;
    /** QXL_IMAGE_GROUP_DEVICE: what the server has seen under one id it need not keep. */
    private static final long IMAGE_GROUP = 1L << 32;

    private final QxlDriver driver;
    private final GuestMemory memory;
    private final int owner;
    private final int width;
    private final int height;
    private final long[] addresses;
    private final long[] free;
    private int count;
    private int freeCount;
    private long nextImage = 1;

    /** As many as fit, but not more than {@code most}; without pixels if {@code width} is 0. */
    SceneSlots(QxlDriver driver, int most, int width, int height) {
        this.driver = driver;
        this.memory = driver.memory();
        this.owner = driver.addOwner(this);
        this.width = width;
        this.height = height;
        addresses = new long[most];
        free = new long[most];
        long bytes = PIXELS + 4L * width * height;
        for (int bar = GuestMemory.RAM; bar <= GuestMemory.VRAM; bar++) {
            long address = 0;
            while (count < most && (address = memory.tryAllocate(bar, bytes)) != 0) {
                initialise(address);
                addresses[count++] = address;
                free[freeCount++] = address;
            }
        }
        if (count == 0) {
            throw new IllegalStateException("scene: got no room for an image of " + width + "x" + height
                    + ", expected some in heaps of " + memory.capacity(GuestMemory.RAM) + " and "
                    + memory.capacity(GuestMemory.VRAM) + " bytes");
        }
    }

    private void initialise(long address) {
        MemorySegment segment = memory.segment(address);
        long slot = memory.offset(address);
        segment.asSlice(slot, PIXELS).fill((byte) 0);
        long at = DRAWABLE.at(slot);
        QxlDrawable.EFFECT.set(segment, at, EFFECT_OPAQUE);
        QxlClip.TYPE.set(segment, QxlDrawable.CLIP.at(at), QxlFlags.CLIP_NONE);
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            QxlSurfaceId.SURFACE_ID.set(segment, QxlDrawable.SURFACES_DEST.at(at, i), -1);
        }
        long image = IMAGE.at(slot);
        QxlImageDescriptor.TYPE.set(segment, QxlImage.DESCRIPTOR.at(image), QxlFlags.IMAGE_BITMAP);
        QxlImageDescriptor.WIDTH.set(segment, QxlImage.DESCRIPTOR.at(image), width);
        QxlImageDescriptor.HEIGHT.set(segment, QxlImage.DESCRIPTOR.at(image), height);
        long bitmap = QxlImage.BITMAP.at(image);
        QxlBitmap.FORMAT.set(segment, bitmap, BitmapFormat.BIT_32.number());
        QxlBitmap.FLAGS.set(segment, bitmap, QxlFlags.BITMAP_DIRECT | QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(segment, bitmap, width);
        QxlBitmap.Y.set(segment, bitmap, height);
        QxlBitmap.STRIDE.set(segment, bitmap, 4 * width);
        QxlBitmap.DATA.set(segment, bitmap, address + PIXELS);
    }

    int count() {
        return count;
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    int freeCount() {
        return freeCount;
    }

    /** All slots in the order in which they were made. */
    long slot(int index) {
        return addresses[index];
    }

    /** The slot released last; the caller has seen that there is one. */
    long take() {
        return free[--freeCount];
    }

    @Override
    public void released(long address) {
        free[freeCount++] = address;
    }

    /** Stores the pixel at an index into a slot's image. */
    void pixel(long address, int index, int color) {
        memory.segment(address)
                .set(ValueLayout.JAVA_INT_UNALIGNED, memory.offset(address) + PIXELS + 4L * index, color);
    }

    /** Stores a whole picture. */
    void pixels(long address, int[] source) {
        MemorySegment.copy(
                source,
                0,
                memory.segment(address),
                ValueLayout.JAVA_INT_UNALIGNED,
                memory.offset(address) + PIXELS,
                width * height);
    }

    // ---- what a slot draws; each call makes a whole command of it

    void fill(long address, int left, int top, int right, int bottom, int color) {
        MemorySegment segment = memory.segment(address);
        long at = drawable(segment, address, QxlDrawType.FILL, left, top, right, bottom);
        long fill = QxlDrawable.FILL.at(at);
        QxlBrush.TYPE.set(segment, QxlFill.BRUSH.at(fill), QxlFlags.BRUSH_SOLID);
        QxlBrush.COLOR.set(segment, QxlFill.BRUSH.at(fill), color);
        QxlFill.ROP_DESCRIPTOR.set(segment, fill, ROP_PUT);
    }

    void copyBits(long address, int left, int top, int right, int bottom, int sourceX, int sourceY) {
        MemorySegment segment = memory.segment(address);
        long at = drawable(segment, address, QxlDrawType.COPY_BITS, left, top, right, bottom);
        long source = QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(at));
        QxlPoint.X.set(segment, source, sourceX);
        QxlPoint.Y.set(segment, source, sourceY);
    }

    /** Copies the image's top-left part that has the box's size. */
    void copy(long address, int left, int top, int right, int bottom) {
        MemorySegment segment = memory.segment(address);
        long at = drawable(segment, address, QxlDrawType.COPY, left, top, right, bottom);
        long image = IMAGE.at(memory.offset(address));
        QxlImageDescriptor.ID.set(segment, QxlImage.DESCRIPTOR.at(image), IMAGE_GROUP | nextImage++);
        long copy = QxlDrawable.COPY.at(at);
        QxlCopy.SRC_BITMAP.set(segment, copy, address + IMAGE.offset());
        rect(segment, QxlCopy.SRC_AREA.at(copy), 0, 0, right - left, bottom - top);
        QxlCopy.ROP_DESCRIPTOR.set(segment, copy, ROP_PUT);
    }

    private long drawable(MemorySegment segment, long address, int type, int left, int top, int right, int bottom) {
        long at = DRAWABLE.at(memory.offset(address));
        if (QxlDrawable.TYPE.get(segment, at) != type) {
            clearOperation(segment, at);
        }
        QxlReleaseInfo.ID.set(segment, QxlDrawable.RELEASE_INFO.at(at), QxlDriver.releaseId(address, owner));
        QxlDrawable.TYPE.set(segment, at, type);
        rect(segment, QxlDrawable.BBOX.at(at), left, top, right, bottom);
        return at;
    }

    /** A slot that changes its kind must not leave a mask behind; the union is what ends a drawable. */
    private static void clearOperation(MemorySegment segment, long drawable) {
        long end = drawable + QxlDrawable.STRUCT.size();
        for (long at = QxlDrawable.FILL.at(drawable); at < end; at++) {
            segment.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
        }
    }

    private static void rect(MemorySegment segment, long at, int left, int top, int right, int bottom) {
        QxlRect.TOP.set(segment, at, top);
        QxlRect.LEFT.set(segment, at, left);
        QxlRect.BOTTOM.set(segment, at, bottom);
        QxlRect.RIGHT.set(segment, at, right);
    }

    void push(long address, long sequence, PushListener listener) {
        listener.pushed(sequence, System.nanoTime());
        driver.push(QxlCommandType.DRAW, address);
    }
}
