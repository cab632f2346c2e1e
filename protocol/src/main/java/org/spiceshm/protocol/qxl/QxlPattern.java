package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U64;

/** A tile, and where its corner lies. spice-protocol, qxl_dev.h: QXLPattern. */
public final class QxlPattern {
    public static final Struct STRUCT = Struct.littleEndian("QXLPattern");
    public static final U64 PAT = STRUCT.u64("pat");
    public static final Nested POS = STRUCT.struct("pos", QxlPoint.STRUCT);

    private QxlPattern() {}
}
