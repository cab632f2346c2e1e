package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** A one-bit mask. spice-protocol, qxl_dev.h: QXLQMask. */
public final class QxlQMask {
    public static final Struct STRUCT = Struct.littleEndian("QXLQMask");
    public static final U8 FLAGS = STRUCT.u8("flags");
    public static final Nested POS = STRUCT.struct("pos", QxlPoint.STRUCT);
    public static final U64 BITMAP = STRUCT.u64("bitmap");

    private QxlQMask() {}
}
