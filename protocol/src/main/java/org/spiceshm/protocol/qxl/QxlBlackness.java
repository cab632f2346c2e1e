package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;

/** The mask of BLACKNESS, WHITENESS and INVERS. spice-protocol, qxl_dev.h: QXLBlackness. */
public final class QxlBlackness {
    public static final Struct STRUCT = Struct.littleEndian("QXLBlackness");
    public static final Nested MASK = STRUCT.struct("mask", QxlQMask.STRUCT);

    private QxlBlackness() {}
}
