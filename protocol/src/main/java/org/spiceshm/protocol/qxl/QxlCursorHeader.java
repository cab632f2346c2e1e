package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;

/** A pointer shape's kind and size. spice-protocol, qxl_dev.h: QXLCursorHeader. */
public final class QxlCursorHeader {
    public static final Struct STRUCT = Struct.littleEndian("QXLCursorHeader");
    public static final U64 UNIQUE = STRUCT.u64("unique");
    public static final U16 TYPE = STRUCT.u16("type");
    public static final U16 WIDTH = STRUCT.u16("width");
    public static final U16 HEIGHT = STRUCT.u16("height");
    public static final U16 HOT_SPOT_X = STRUCT.u16("hot_spot_x");
    public static final U16 HOT_SPOT_Y = STRUCT.u16("hot_spot_y");

    private QxlCursorHeader() {}
}
