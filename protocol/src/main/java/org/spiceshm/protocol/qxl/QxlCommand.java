package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** One item of a command ring. spice-protocol, qxl_dev.h: QXLCommand. */
public final class QxlCommand {
    public static final Struct STRUCT = Struct.littleEndian("QXLCommand");
    public static final U64 DATA = STRUCT.u64("data");
    public static final U32 TYPE = STRUCT.u32("type");
    public static final U32 PADDING = STRUCT.u32("padding");

    private QxlCommand() {}
}
