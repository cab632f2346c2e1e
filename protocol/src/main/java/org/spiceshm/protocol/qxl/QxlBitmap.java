package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** Pixels as they are. spice-protocol, qxl_dev.h: QXLBitmap. */
public final class QxlBitmap {
    public static final Struct STRUCT = Struct.littleEndian("QXLBitmap");
    public static final U8 FORMAT = STRUCT.u8("format");
    public static final U8 FLAGS = STRUCT.u8("flags");
    public static final U32 X = STRUCT.u32("x");
    public static final U32 Y = STRUCT.u32("y");
    public static final U32 STRIDE = STRUCT.u32("stride");
    public static final U64 PALETTE = STRUCT.u64("palette");
    public static final U64 DATA = STRUCT.u64("data");

    private QxlBitmap() {}
}
