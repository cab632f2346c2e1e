package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** A pointer shape. spice-protocol, qxl_dev.h: QXLCursor. */
public final class QxlCursor {
    public static final Struct STRUCT = Struct.littleEndian("QXLCursor");
    public static final Nested HEADER = STRUCT.struct("header", QxlCursorHeader.STRUCT);
    public static final U32 DATA_SIZE = STRUCT.u32("data_size");
    public static final Nested CHUNK = STRUCT.struct("chunk", QxlDataChunk.STRUCT);

    private QxlCursor() {}
}
