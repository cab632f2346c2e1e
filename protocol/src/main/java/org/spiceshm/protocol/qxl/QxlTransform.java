package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;

/** A 2x3 matrix of 16.16 numbers. spice-protocol, qxl_dev.h: QXLTransform. */
public final class QxlTransform {
    public static final Struct STRUCT = Struct.littleEndian("QXLTransform");
    public static final I32 T00 = STRUCT.i32("t00");
    public static final I32 T01 = STRUCT.i32("t01");
    public static final I32 T02 = STRUCT.i32("t02");
    public static final I32 T10 = STRUCT.i32("t10");
    public static final I32 T11 = STRUCT.i32("t11");
    public static final I32 T12 = STRUCT.i32("t12");

    private QxlTransform() {}
}
