package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;

/** A point; also SpicePoint. spice-protocol, qxl_dev.h: QXLPoint. */
public final class QxlPoint {
    public static final Struct STRUCT = Struct.littleEndian("QXLPoint");
    public static final I32 X = STRUCT.i32("x");
    public static final I32 Y = STRUCT.i32("y");

    private QxlPoint() {}
}
