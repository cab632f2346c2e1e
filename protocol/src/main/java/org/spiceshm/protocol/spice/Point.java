package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** A point; pixels, or 28.4 fixed point in paths. spice.proto: Point, PointFix. */
public record Point(int x, int y) {
    static final Struct STRUCT = Struct.littleEndian("Point");
    private static final Struct.I32 X = STRUCT.i32("x");
    private static final Struct.I32 Y = STRUCT.i32("y");

    static Point get(MemorySegment segment, long base) {
        return new Point(X.get(segment, base), Y.get(segment, base));
    }

    void set(MemorySegment segment, long base) {
        X.set(segment, base, x);
        Y.set(segment, base, y);
    }
}
