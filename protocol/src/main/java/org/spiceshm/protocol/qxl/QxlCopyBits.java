package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;

/** A move inside one surface. spice-protocol, qxl_dev.h: QXLCopyBits. */
public final class QxlCopyBits {
    public static final Struct STRUCT = Struct.littleEndian("QXLCopyBits");
    public static final Nested SRC_POS = STRUCT.struct("src_pos", QxlPoint.STRUCT);

    private QxlCopyBits() {}
}
