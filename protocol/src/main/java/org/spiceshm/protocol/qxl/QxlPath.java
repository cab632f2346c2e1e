package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** Segments of a path, in a chunk list. spice-protocol, qxl_dev.h: QXLPath. */
public final class QxlPath {
    public static final Struct STRUCT = Struct.littleEndian("QXLPath");
    public static final U32 DATA_SIZE = STRUCT.u32("data_size");
    public static final Nested CHUNK = STRUCT.struct("chunk", QxlDataChunk.STRUCT);

    private QxlPath() {}
}
