package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;

/** Glyphs. spice-protocol, qxl_dev.h: QXLText. */
public final class QxlText {
    public static final Struct STRUCT = Struct.littleEndian("QXLText");
    public static final U64 STR = STRUCT.u64("str");
    public static final Nested BACK_AREA = STRUCT.struct("back_area", QxlRect.STRUCT);
    public static final Nested FORE_BRUSH = STRUCT.struct("fore_brush", QxlBrush.STRUCT);
    public static final Nested BACK_BRUSH = STRUCT.struct("back_brush", QxlBrush.STRUCT);
    public static final U16 FORE_MODE = STRUCT.u16("fore_mode");
    public static final U16 BACK_MODE = STRUCT.u16("back_mode");

    private QxlText() {}
}
