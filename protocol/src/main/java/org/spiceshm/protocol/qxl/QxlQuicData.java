package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** A picture in QUIC; the first chunk of its bytes follows. spice-protocol, qxl_dev.h: QXLQUICData. */
public final class QxlQuicData {
    public static final Struct STRUCT = Struct.littleEndian("QXLQUICData");
    public static final U32 DATA_SIZE = STRUCT.u32("data_size");

    private QxlQuicData() {}
}
