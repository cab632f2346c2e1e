package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** As {@link QxlAlphaBlend}, without flags; compat mode. spice-protocol, qxl_dev.h: QXLCompatAlphaBlend. */
public final class QxlCompatAlphaBlend {
    public static final Struct STRUCT = Struct.littleEndian("QXLCompatAlphaBlend");
    public static final U8 ALPHA = STRUCT.u8("alpha");
    public static final U64 SRC_BITMAP = STRUCT.u64("src_bitmap");
    public static final Nested SRC_AREA = STRUCT.struct("src_area", QxlRect.STRUCT);

    private QxlCompatAlphaBlend() {}
}
