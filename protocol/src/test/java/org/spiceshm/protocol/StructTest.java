package org.spiceshm.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class StructTest {
    private static final Struct INNER = Struct.littleEndian("Inner");
    private static final Struct.U8 BYTE = INNER.u8("byte");
    private static final Struct.I16 SIGNED = INNER.i16("signed");

    private static final Struct OUTER = Struct.littleEndian("Outer");
    private static final Struct.U16 SHORT = OUTER.u16("short");
    private static final Struct.U32 INT = OUTER.u32("int");
    private static final Struct.U64 LONG = OUTER.u64("long");
    private static final Struct.Nested NESTED = OUTER.struct("nested", INNER);
    private static final Struct.Array ARRAY = OUTER.array("array", INNER, 2);
    private static final Struct.Field[] UNION =
            OUTER.union(u -> new Struct.Field[] {u.u32("u.int"), u.bytes("u.bytes", 7), u.i32("u.signed")});
    private static final Struct.U8 LAST = OUTER.u8("last");

    @Test
    void packsFieldsInTheOrderOfTheirDeclaration() {
        assertEquals(0, SHORT.offset());
        assertEquals(2, INT.offset());
        assertEquals(6, LONG.offset());
        assertEquals(14, NESTED.offset());
        assertEquals(17 + 3, ARRAY.at(0, 1));
    }

    @Test
    void givesAUnionTheSizeOfItsLargestMember() {
        for (Struct.Field member : UNION) {
            assertEquals(23, member.offset());
        }
        assertEquals(30, LAST.offset());
        assertEquals(31, OUTER.size());
        assertEquals(9, OUTER.fields().size());
    }

    @Test
    void writesLittleEndianAndReadsItBack() {
        byte[] bytes = new byte[40];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        SHORT.set(segment, 1, 0xabcd);
        INT.set(segment, 1, 0x89abcdef);
        LONG.set(segment, 1, 0x0123456789abcdefL);
        BYTE.set(segment, NESTED.at(1), 0x1ff);
        SIGNED.set(segment, NESTED.at(1), -2);
        assertArrayEquals(
                HexFormat.of().parseHex("00" + "cdab" + "efcdab89" + "efcdab8967452301" + "ff" + "feff"),
                segment.asSlice(0, 18).toArray(ValueLayout.JAVA_BYTE));
        assertEquals(0xabcd, SHORT.get(segment, 1));
        assertEquals(0x89abcdefL, INT.getUnsigned(segment, 1));
        assertEquals(0xff, BYTE.get(segment, NESTED.at(1)));
        assertEquals(-2, SIGNED.get(segment, NESTED.at(1)));
    }

    @Test
    void changesAlignedWordsAtomically() {
        Struct words = Struct.littleEndian("Words");
        Struct.U64 wide = words.u64("wide");
        Struct.U32 narrow = words.u32("narrow");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(words.size(), 8);
            narrow.setRelease(segment, 0, 0b0101);
            assertEquals(0b0101, narrow.getAndBitwiseOr(segment, 0, 0b0010));
            assertEquals(0b0111, narrow.getAcquire(segment, 0));
            assertEquals(0b0111, narrow.getAndSet(segment, 0, 1));
            narrow.setVolatile(segment, 0, 9);
            assertEquals(9, narrow.getVolatile(segment, 0));
            wide.setOpaque(segment, 0, -5);
            assertEquals(-5, wide.getOpaque(segment, 0));
            wide.setRelease(segment, 0, 5);
            assertEquals(5, wide.getAcquire(segment, 0));
        }
    }
}
