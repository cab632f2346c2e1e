package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * The 33 bytes before a GLZ stream, all big-endian. spice-gtk, decode-glz.c: decode_header.
 *
 * <p>Reused; owned by the codec's thread.
 */
final class GlzHeader {
    static final Struct STRUCT = Struct.littleEndian("GLZ");
    private static final Struct.U32 MAGIC = STRUCT.u32("magic");
    private static final Struct.U32 VERSION = STRUCT.u32("version");
    private static final Struct.U8 TYPE = STRUCT.u8("type");
    private static final Struct.U32 WIDTH = STRUCT.u32("width");
    private static final Struct.U32 HEIGHT = STRUCT.u32("height");
    private static final Struct.U32 STRIDE = STRUCT.u32("stride");
    private static final Struct.U64 ID = STRUCT.u64("id");
    private static final Struct.U32 WIN_HEAD_DIST = STRUCT.u32("win_head_dist");

    private static final int TYPE_MASK = 0xf;
    private static final int TOP_DOWN = 0x10;

    LzImageType type = LzImageType.RGB32;
    boolean topDown;
    long id;
    long headDistance;

    /** Reads and checks the header of a picture that its descriptor says to be of that size. */
    void read(MemorySegment data, int length, int width, int height) throws MalformedMessageException {
        if (!(STRUCT.size() <= length)) {
            throw GlzWindow.malformed("header", "got " + length + " bytes, expected " + STRUCT.size());
        }
        require(MAGIC, data, LzHeader.MAGIC_NUMBER);
        require(VERSION, data, LzHeader.VERSION_NUMBER);
        int typeAndOrder = TYPE.get(data, 0);
        LzImageType found = LzImageType.ofNumber(typeAndOrder & TYPE_MASK);
        if (found != LzImageType.RGB16
                && found != LzImageType.RGB24
                && found != LzImageType.RGB32
                && found != LzImageType.RGBA) {
            throw GlzWindow.malformed(TYPE.name(), "got " + (typeAndOrder & TYPE_MASK) + ", expected 6 to 9");
        }
        type = found;
        topDown = (typeAndOrder & TOP_DOWN) != 0;
        require(WIDTH, data, width);
        require(HEIGHT, data, height);
        id = Long.reverseBytes(ID.get(data, 0));
        headDistance = Integer.toUnsignedLong(Integer.reverseBytes(WIN_HEAD_DIST.get(data, 0)));
    }

    static void write(
            MemorySegment target,
            long base,
            LzImageType type,
            int width,
            int height,
            boolean topDown,
            long id,
            int headDistance) {
        set(MAGIC, target, base, LzHeader.MAGIC_NUMBER);
        set(VERSION, target, base, LzHeader.VERSION_NUMBER);
        TYPE.set(target, base, type.number() | (topDown ? TOP_DOWN : 0));
        set(WIDTH, target, base, width);
        set(HEIGHT, target, base, height);
        set(STRIDE, target, base, type.rowBytes(width));
        ID.set(target, base, Long.reverseBytes(id));
        set(WIN_HEAD_DIST, target, base, headDistance);
    }

    private static void require(Struct.U32 field, MemorySegment data, int expected) throws MalformedMessageException {
        int got = Integer.reverseBytes(field.get(data, 0));
        if (!(got == expected)) {
            throw GlzWindow.malformed(field.name(), "got " + Integer.toUnsignedString(got) + ", expected " + expected);
        }
    }

    private static void set(Struct.U32 field, MemorySegment target, long base, int value) {
        field.set(target, base, Integer.reverseBytes(value));
    }
}
