package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** One monitor: a rectangle of a surface. spice-protocol, qxl_dev.h: QXLHead. */
public final class QxlHead {
    public static final Struct STRUCT = Struct.littleEndian("QXLHead");
    public static final U32 ID = STRUCT.u32("id");
    public static final U32 SURFACE_ID = STRUCT.u32("surface_id");
    public static final U32 WIDTH = STRUCT.u32("width");
    public static final U32 HEIGHT = STRUCT.u32("height");
    public static final U32 X = STRUCT.u32("x");
    public static final U32 Y = STRUCT.u32("y");
    public static final U32 FLAGS = STRUCT.u32("flags");

    private QxlHead() {}
}
