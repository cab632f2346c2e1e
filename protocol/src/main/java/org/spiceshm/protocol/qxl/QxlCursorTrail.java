package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U16;

/** The part of a cursor command that sets the trail. spice-protocol, qxl_dev.h: QXLCursorCmd.u.trail. */
public final class QxlCursorTrail {
    public static final Struct STRUCT = Struct.littleEndian("QXLCursorCmd.u.trail");
    public static final U16 LENGTH = STRUCT.u16("length");
    public static final U16 FREQUENCY = STRUCT.u16("frequency");

    private QxlCursorTrail() {}
}
