package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** Image, brush and destination by a ternary raster operation. spice-protocol, qxl_dev.h: QXLRop3. */
public final class QxlRop3 {
    public static final Struct STRUCT = Struct.littleEndian("QXLRop3");
    public static final U64 SRC_BITMAP = STRUCT.u64("src_bitmap");
    public static final Nested SRC_AREA = STRUCT.struct("src_area", QxlRect.STRUCT);
    public static final Nested BRUSH = STRUCT.struct("brush", QxlBrush.STRUCT);
    public static final U8 ROP3 = STRUCT.u8("rop3");
    public static final U8 SCALE_MODE = STRUCT.u8("scale_mode");
    public static final Nested MASK = STRUCT.struct("mask", QxlQMask.STRUCT);

    private QxlRop3() {}
}
