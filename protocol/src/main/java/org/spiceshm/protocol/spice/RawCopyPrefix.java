package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/**
 * The bytes of a DRAW_COPY before its pixels: an opaque copy, without clip or mask, of a raw 32-bit bitmap that just
 * fills the box. The pixels, {@link #pixelBytes} of them in rows from the top, follow at once, straight from wherever
 * they are.
 *
 * <pre>
 *  0  DisplayBase (clip none) 21 | src_bitmap, src_area, rop, scale 23 | QMask 13 | ImageDescriptor 18 | BitmapData 18
 * 93  pixels
 * </pre>
 *
 * Writing allocates nothing.
 */
public final class RawCopyPrefix {
    private static final int ROP_PUT = 8;

    private static final Struct STRUCT = Struct.littleEndian("DRAW_COPY");
    private static final Struct.Nested BASE = STRUCT.struct("base", DisplayBase.STRUCT);
    private static final Struct.U8 CLIP_TYPE = STRUCT.u8("clip.type");
    private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
    private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
    private static final Struct.U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");
    private static final Struct.U8 SCALE_MODE = STRUCT.u8("scale_mode");
    private static final Struct.Nested MASK = STRUCT.struct("mask", QMask.STRUCT);
    private static final Struct.Nested DESCRIPTOR = STRUCT.struct("descriptor", Image.Descriptor.STRUCT);
    private static final Struct.Nested BITMAP = STRUCT.struct("bitmap", Image.Bitmap.STRUCT);
    private static final Struct.U32 PALETTE = STRUCT.u32("palette");

    /** The prefix's length; the pixels begin at this offset of the body. */
    public static final int BYTES = (int) STRUCT.size();

    private RawCopyPrefix() {}

    /** Bytes that follow the prefix; {@code 0 < width, height <= 32767}, so that they fit an int. */
    public static int pixelBytes(int width, int height) {
        return Math.multiplyExact(Math.multiplyExact(width, Integer.BYTES), height);
    }

    /**
     * Writes the prefix at {@code offset} of {@code target}.
     *
     * @param imageId any id that no cached image has
     * @param format {@link BitmapFormat#BIT_32} or {@link BitmapFormat#RGBA}
     */
    public static void write(
            MemorySegment target,
            long offset,
            int surfaceId,
            int top,
            int left,
            int bottom,
            int right,
            long imageId,
            BitmapFormat format) {
        int width = right - left;
        int height = bottom - top;
        if (!(format.bitsPerPixel() == 32 && 0 < width && 0 < height)) {
            throw new IllegalArgumentException("a raw copy of " + width + "x" + height + " in " + format);
        }
        target.asSlice(offset, BYTES).fill((byte) 0);
        DisplayBase.SURFACE_ID.set(target, BASE.at(offset), surfaceId);
        RectLayout.set(target, DisplayBase.BOX.at(BASE.at(offset)), top, left, bottom, right);
        CLIP_TYPE.set(target, offset, 0);
        SRC_BITMAP.set(target, offset, (int) DESCRIPTOR.offset());
        RectLayout.set(target, SRC_AREA.at(offset), 0, 0, height, width);
        ROP_DESCRIPTOR.set(target, offset, ROP_PUT);
        SCALE_MODE.set(target, offset, 0);
        writeImage(target, offset, imageId, format, width, height);
    }

    private static void writeImage(
            MemorySegment target, long offset, long imageId, BitmapFormat format, int width, int height) {
        long descriptor = DESCRIPTOR.at(offset);
        Image.Descriptor.ID.set(target, descriptor, imageId);
        Image.Descriptor.TYPE.set(target, descriptor, Image.Bitmap.TYPE);
        Image.Descriptor.WIDTH.set(target, descriptor, width);
        Image.Descriptor.HEIGHT.set(target, descriptor, height);
        long bitmap = BITMAP.at(offset);
        Image.Bitmap.FORMAT.set(target, bitmap, format.number());
        Image.Bitmap.FLAGS.set(target, bitmap, Image.Bitmap.TOP_DOWN);
        Image.Bitmap.X.set(target, bitmap, width);
        Image.Bitmap.Y.set(target, bitmap, height);
        Image.Bitmap.STRIDE.set(target, bitmap, width * Integer.BYTES);
        PALETTE.set(target, offset, 0);
        assert MASK.offset() < DESCRIPTOR.offset();
    }
}
