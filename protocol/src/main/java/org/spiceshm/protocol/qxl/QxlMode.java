package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** One entry of the mode table that follows the ROM header. spice-protocol, qxl_dev.h: QXLMode. */
public final class QxlMode {
    public static final Struct STRUCT = Struct.littleEndian("QXLMode");
    public static final U32 ID = STRUCT.u32("id");
    public static final U32 X_RES = STRUCT.u32("x_res");
    public static final U32 Y_RES = STRUCT.u32("y_res");
    public static final U32 BITS = STRUCT.u32("bits");
    public static final U32 STRIDE = STRUCT.u32("stride");
    public static final U32 X_MILI = STRUCT.u32("x_mili");
    public static final U32 Y_MILI = STRUCT.u32("y_mili");
    public static final U32 ORIENTATION = STRUCT.u32("orientation");

    private QxlMode() {}
}
