package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;

/** Lines along a path. spice-protocol, qxl_dev.h: QXLStroke. */
public final class QxlStroke {
    public static final Struct STRUCT = Struct.littleEndian("QXLStroke");
    public static final U64 PATH = STRUCT.u64("path");
    public static final Nested ATTR = STRUCT.struct("attr", QxlLineAttr.STRUCT);
    public static final Nested BRUSH = STRUCT.struct("brush", QxlBrush.STRUCT);
    public static final U16 FORE_MODE = STRUCT.u16("fore_mode");
    public static final U16 BACK_MODE = STRUCT.u16("back_mode");

    private QxlStroke() {}
}
