package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** Image with a colour that is left out. spice-protocol, qxl_dev.h: QXLTransparent. */
public final class QxlTransparent {
    public static final Struct STRUCT = Struct.littleEndian("QXLTransparent");
    public static final U64 SRC_BITMAP = STRUCT.u64("src_bitmap");
    public static final Nested SRC_AREA = STRUCT.struct("src_area", QxlRect.STRUCT);
    public static final U32 SRC_COLOR = STRUCT.u32("src_color");
    public static final U32 TRUE_COLOR = STRUCT.u32("true_color");

    private QxlTransparent() {}
}
