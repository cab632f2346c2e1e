package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** X Render composition. spice-protocol, qxl_dev.h: QXLComposite. */
public final class QxlComposite {
    public static final Struct STRUCT = Struct.littleEndian("QXLComposite");
    public static final U32 FLAGS = STRUCT.u32("flags");
    public static final U64 SRC = STRUCT.u64("src");
    public static final U64 SRC_TRANSFORM = STRUCT.u64("src_transform");
    public static final U64 MASK = STRUCT.u64("mask");
    public static final U64 MASK_TRANSFORM = STRUCT.u64("mask_transform");
    public static final Nested SRC_ORIGIN = STRUCT.struct("src_origin", QxlPoint16.STRUCT);
    public static final Nested MASK_ORIGIN = STRUCT.struct("mask_origin", QxlPoint16.STRUCT);

    private QxlComposite() {}
}
