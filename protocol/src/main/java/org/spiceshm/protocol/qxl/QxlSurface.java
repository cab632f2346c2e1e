package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** Parameters of an offscreen surface. spice-protocol, qxl_dev.h: QXLSurface. */
public final class QxlSurface {
    public static final Struct STRUCT = Struct.littleEndian("QXLSurface");
    public static final U32 FORMAT = STRUCT.u32("format");
    public static final U32 WIDTH = STRUCT.u32("width");
    public static final U32 HEIGHT = STRUCT.u32("height");
    public static final I32 STRIDE = STRUCT.i32("stride");
    public static final U64 DATA = STRUCT.u64("data");

    private QxlSurface() {}
}
