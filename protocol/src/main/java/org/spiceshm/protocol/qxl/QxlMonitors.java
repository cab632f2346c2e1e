package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Array;
import org.spiceshm.protocol.Struct.U16;

/** The unnamed struct at the end of the ROM: what the client wants the guest's monitors to be. spice-protocol, qxl_dev.h: client_monitors_config. */
public final class QxlMonitors {
    public static final Struct STRUCT = Struct.littleEndian("client_monitors_config");
    public static final U16 COUNT = STRUCT.u16("count");
    public static final U16 PADDING = STRUCT.u16("padding");
    public static final Array HEADS = STRUCT.array("heads", QxlURect.STRUCT, 64);

    private QxlMonitors() {}
}
