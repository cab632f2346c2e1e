package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.I32;

/** Left-top inclusive, right-bottom exclusive. spice-protocol, qxl_dev.h: QXLRect. */
public final class QxlRect {
    public static final Struct STRUCT = Struct.littleEndian("QXLRect");
    public static final I32 TOP = STRUCT.i32("top");
    public static final I32 LEFT = STRUCT.i32("left");
    public static final I32 BOTTOM = STRUCT.i32("bottom");
    public static final I32 RIGHT = STRUCT.i32("right");

    private QxlRect() {}
}
