package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** Image over destination, with a constant alpha. spice-protocol, qxl_dev.h: QXLAlphaBlend. */
public final class QxlAlphaBlend {
    public static final Struct STRUCT = Struct.littleEndian("QXLAlphaBlend");
    public static final U16 ALPHA_FLAGS = STRUCT.u16("alpha_flags");
    public static final U8 ALPHA = STRUCT.u8("alpha");
    public static final U64 SRC_BITMAP = STRUCT.u64("src_bitmap");
    public static final Nested SRC_AREA = STRUCT.struct("src_area", QxlRect.STRUCT);

    private QxlAlphaBlend() {}
}
