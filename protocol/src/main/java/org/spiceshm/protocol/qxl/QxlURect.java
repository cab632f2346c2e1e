package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** A rectangle of unsigned coordinates, in the ROM's client monitors config. spice-protocol, qxl_dev.h: QXLURect. */
public final class QxlURect {
    public static final Struct STRUCT = Struct.littleEndian("QXLURect");
    public static final U32 TOP = STRUCT.u32("top");
    public static final U32 LEFT = STRUCT.u32("left");
    public static final U32 BOTTOM = STRUCT.u32("bottom");
    public static final U32 RIGHT = STRUCT.u32("right");

    private QxlURect() {}
}
