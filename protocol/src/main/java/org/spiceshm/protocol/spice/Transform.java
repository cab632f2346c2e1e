package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** The upper two rows of a projective matrix, in 16.16 fixed point. spice.proto: Transform. */
public record Transform(int t00, int t01, int t02, int t10, int t11, int t12) {
    static final Struct STRUCT = Struct.littleEndian("Transform");
    private static final Struct.I32 T00 = STRUCT.i32("t00");
    private static final Struct.I32 T01 = STRUCT.i32("t01");
    private static final Struct.I32 T02 = STRUCT.i32("t02");
    private static final Struct.I32 T10 = STRUCT.i32("t10");
    private static final Struct.I32 T11 = STRUCT.i32("t11");
    private static final Struct.I32 T12 = STRUCT.i32("t12");

    static Transform get(MemorySegment segment, long base) {
        return new Transform(
                T00.get(segment, base),
                T01.get(segment, base),
                T02.get(segment, base),
                T10.get(segment, base),
                T11.get(segment, base),
                T12.get(segment, base));
    }

    void set(MemorySegment segment, long base) {
        T00.set(segment, base, t00);
        T01.set(segment, base, t01);
        T02.set(segment, base, t02);
        T10.set(segment, base, t10);
        T11.set(segment, base, t11);
        T12.set(segment, base, t12);
    }
}
