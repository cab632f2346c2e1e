package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** A point in pixels. spice.proto: Point16. */
public record Point16(int x, int y) {
    static final Struct STRUCT = Struct.littleEndian("Point16");
    private static final Struct.I16 X = STRUCT.i16("x");
    private static final Struct.I16 Y = STRUCT.i16("y");

    static Point16 get(MemorySegment segment, long base) {
        return new Point16(X.get(segment, base), Y.get(segment, base));
    }

    void set(MemorySegment segment, long base) {
        X.set(segment, base, x);
        Y.set(segment, base, y);
    }
}
