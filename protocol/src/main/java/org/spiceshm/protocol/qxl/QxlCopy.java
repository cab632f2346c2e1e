package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** Image onto destination; QXLBlend has the same shape. spice-protocol, qxl_dev.h: QXLCopy. */
public final class QxlCopy {
    public static final Struct STRUCT = Struct.littleEndian("QXLCopy");
    public static final U64 SRC_BITMAP = STRUCT.u64("src_bitmap");
    public static final Nested SRC_AREA = STRUCT.struct("src_area", QxlRect.STRUCT);
    public static final U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");
    public static final U8 SCALE_MODE = STRUCT.u8("scale_mode");
    public static final Nested MASK = STRUCT.struct("mask", QxlQMask.STRUCT);

    private QxlCopy() {}
}
