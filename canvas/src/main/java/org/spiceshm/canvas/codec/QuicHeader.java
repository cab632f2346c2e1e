package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** The five words at the start of a QUIC stream. spice-common, quic.c: quic_decode_begin. */
final class QuicHeader {
    private static final String NAME = "QUIC";
    static final Struct STRUCT = Struct.littleEndian(NAME);
    private static final Struct.U32 MAGIC = STRUCT.u32("magic");
    private static final Struct.U32 VERSION = STRUCT.u32("version");
    private static final Struct.U32 TYPE = STRUCT.u32("type");
    private static final Struct.U32 WIDTH = STRUCT.u32("width");
    private static final Struct.U32 HEIGHT = STRUCT.u32("height");

    private static final int MAGIC_NUMBER = 0x43495551; // "QUIC"
    private static final int VERSION_NUMBER = 0;

    private QuicHeader() {}

    /** What a picture's pixels are. Number 1, grey, is not used by SPICE. */
    enum Type {
        RGB16(2),
        RGB24(3),
        RGB32(4),
        RGBA(5);

        private static final Type[] VALUES = values();
        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    /** Checks the header of a picture that its descriptor says to be of that size; returns what it holds. */
    static Type read(MemorySegment data, int width, int height) throws MalformedMessageException {
        if (!(STRUCT.size() <= data.byteSize())) {
            throw malformed("header", "got " + data.byteSize() + " bytes, expected " + STRUCT.size());
        }
        require(MAGIC, data, MAGIC_NUMBER);
        require(VERSION, data, VERSION_NUMBER);
        require(WIDTH, data, width);
        require(HEIGHT, data, height);
        int number = TYPE.get(data, 0);
        for (Type type : Type.VALUES) {
            if (type.number == number) {
                return type;
            }
        }
        throw malformed(TYPE.name(), "got " + Integer.toUnsignedString(number) + ", expected 2 to 5");
    }

    static void write(MemorySegment target, long base, Type type, int width, int height) {
        MAGIC.set(target, base, MAGIC_NUMBER);
        VERSION.set(target, base, VERSION_NUMBER);
        TYPE.set(target, base, type.number);
        WIDTH.set(target, base, width);
        HEIGHT.set(target, base, height);
    }

    private static void require(Struct.U32 field, MemorySegment data, int expected) throws MalformedMessageException {
        int got = field.get(data, 0);
        if (!(got == expected)) {
            throw malformed(field.name(), "got " + Integer.toUnsignedString(got) + ", expected " + expected);
        }
    }

    static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException(NAME, field, detail);
    }
}
