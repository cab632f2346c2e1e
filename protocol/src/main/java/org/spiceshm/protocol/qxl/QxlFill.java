package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;

/** Brush onto destination. spice-protocol, qxl_dev.h: QXLFill. */
public final class QxlFill {
    public static final Struct STRUCT = Struct.littleEndian("QXLFill");
    public static final Nested BRUSH = STRUCT.struct("brush", QxlBrush.STRUCT);
    public static final U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");
    public static final Nested MASK = STRUCT.struct("mask", QxlQMask.STRUCT);

    private QxlFill() {}
}
