package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** No clip, or the address of clip rectangles. spice-protocol, qxl_dev.h: QXLClip. */
public final class QxlClip {
    public static final Struct STRUCT = Struct.littleEndian("QXLClip");
    public static final U32 TYPE = STRUCT.u32("type");
    public static final U64 DATA = STRUCT.u64("data");

    private QxlClip() {}
}
