package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** Parameters of a primary surface. spice-protocol, qxl_dev.h: QXLSurfaceCreate. */
public final class QxlSurfaceCreate {
    public static final Struct STRUCT = Struct.littleEndian("QXLSurfaceCreate");
    public static final U32 WIDTH = STRUCT.u32("width");
    public static final U32 HEIGHT = STRUCT.u32("height");
    public static final I32 STRIDE = STRUCT.i32("stride");
    public static final U32 FORMAT = STRUCT.u32("format");
    public static final U32 POSITION = STRUCT.u32("position");
    public static final U32 MOUSE_MODE = STRUCT.u32("mouse_mode");
    public static final U32 FLAGS = STRUCT.u32("flags");
    public static final U32 TYPE = STRUCT.u32("type");
    public static final U64 MEM = STRUCT.u64("mem");

    private QxlSurfaceCreate() {}
}
