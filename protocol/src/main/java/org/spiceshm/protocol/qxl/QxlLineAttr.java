package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** How a line is drawn. spice-protocol, qxl_dev.h: QXLLineAttr. */
public final class QxlLineAttr {
    public static final Struct STRUCT = Struct.littleEndian("QXLLineAttr");
    public static final U8 FLAGS = STRUCT.u8("flags");
    public static final U8 JOIN_STYLE = STRUCT.u8("join_style");
    public static final U8 END_STYLE = STRUCT.u8("end_style");
    public static final U8 STYLE_NSEG = STRUCT.u8("style_nseg");
    public static final I32 WIDTH = STRUCT.i32("width");
    public static final I32 MITER_LIMIT = STRUCT.i32("miter_limit");
    public static final U64 STYLE = STRUCT.u64("style");

    private QxlLineAttr() {}
}
