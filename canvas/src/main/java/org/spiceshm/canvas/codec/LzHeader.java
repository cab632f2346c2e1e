package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * The 28 bytes before an LZ stream, all big-endian. spice-common, lz.c: lz_decode_begin.
 *
 * <p>Reused; owned by the codec's thread.
 */
final class LzHeader {
    static final String NAME = "LZ";
    static final Struct STRUCT = Struct.littleEndian(NAME);
    private static final Struct.U32 MAGIC = STRUCT.u32("magic");
    private static final Struct.U32 VERSION = STRUCT.u32("version");
    private static final Struct.U32 TYPE = STRUCT.u32("type");
    private static final Struct.U32 WIDTH = STRUCT.u32("width");
    private static final Struct.U32 HEIGHT = STRUCT.u32("height");
    private static final Struct.U32 STRIDE = STRUCT.u32("stride");
    private static final Struct.U32 TOP_DOWN = STRUCT.u32("top_down");

    static final int MAGIC_NUMBER = 0x20205a4c; // "  ZL"
    static final int VERSION_NUMBER = 0x00010001;

    /** No byte of a stream stands for more than so many units: that is a byte that lengthens a match. */
    static final int MAX_UNITS_PER_BYTE = 255;

    LzImageType type = LzImageType.RGB32;
    boolean topDown;

    /** Reads and checks the header of a picture that its descriptor says to be of that size. */
    void read(MemorySegment data, int length, int width, int height) throws MalformedMessageException {
        if (!(STRUCT.size() <= length)) {
            throw malformed("header", "got " + length + " bytes, expected " + STRUCT.size());
        }
        require(MAGIC, data, MAGIC_NUMBER);
        require(VERSION, data, VERSION_NUMBER);
        LzImageType found = LzImageType.ofNumber(get(TYPE, data));
        if (found == null) {
            throw malformed(TYPE.name(), "got " + get(TYPE, data) + ", expected 1 to 11");
        }
        type = found;
        require(WIDTH, data, width);
        require(HEIGHT, data, height);
        require(STRIDE, data, type.rowBytes(width));
        topDown = get(TOP_DOWN, data) != 0;
    }

    static void write(
            MemorySegment target,
            long base,
            LzImageType type,
            int width,
            int height,
            int strideBytes,
            boolean topDown) {
        set(MAGIC, target, base, MAGIC_NUMBER);
        set(VERSION, target, base, VERSION_NUMBER);
        set(TYPE, target, base, type.number());
        set(WIDTH, target, base, width);
        set(HEIGHT, target, base, height);
        set(STRIDE, target, base, strideBytes);
        set(TOP_DOWN, target, base, topDown ? 1 : 0);
    }

    private static void require(Struct.U32 field, MemorySegment data, int expected) throws MalformedMessageException {
        int got = get(field, data);
        if (!(got == expected)) {
            throw malformed(field.name(), "got " + Integer.toUnsignedString(got) + ", expected " + expected);
        }
    }

    private static int get(Struct.U32 field, MemorySegment data) {
        return Integer.reverseBytes(field.get(data, 0));
    }

    private static void set(Struct.U32 field, MemorySegment target, long base, int value) {
        field.set(target, base, Integer.reverseBytes(value));
    }

    static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException(NAME, field, detail);
    }
}
