package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** The part of a cursor command that sets a shape. spice-protocol, qxl_dev.h: QXLCursorCmd.u.set. */
public final class QxlCursorSet {
    public static final Struct STRUCT = Struct.littleEndian("QXLCursorCmd.u.set");
    public static final Nested POSITION = STRUCT.struct("position", QxlPoint16.STRUCT);
    public static final U8 VISIBLE = STRUCT.u8("visible");
    public static final U64 SHAPE = STRUCT.u64("shape");

    private QxlCursorSet() {}
}
