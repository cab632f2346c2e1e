package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U64;

/** A palette; the entries follow. spice-protocol, qxl_dev.h: QXLPalette. */
public final class QxlPalette {
    public static final Struct STRUCT = Struct.littleEndian("QXLPalette");
    public static final U64 UNIQUE = STRUCT.u64("unique");
    public static final U16 NUM_ENTS = STRUCT.u16("num_ents");

    private QxlPalette() {}
}
