package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I16;

/** A point of 16-bit coordinates. spice-protocol, qxl_dev.h: QXLPoint16. */
public final class QxlPoint16 {
    public static final Struct STRUCT = Struct.littleEndian("QXLPoint16");
    public static final I16 X = STRUCT.i16("x");
    public static final I16 Y = STRUCT.i16("y");

    private QxlPoint16() {}
}
