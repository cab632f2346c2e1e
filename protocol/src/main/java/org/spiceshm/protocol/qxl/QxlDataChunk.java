package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** A piece of data in a linked list; the bytes follow. spice-protocol, qxl_dev.h: QXLDataChunk. */
public final class QxlDataChunk {
    public static final Struct STRUCT = Struct.littleEndian("QXLDataChunk");
    public static final U32 DATA_SIZE = STRUCT.u32("data_size");
    public static final U64 PREV_CHUNK = STRUCT.u64("prev_chunk");
    public static final U64 NEXT_CHUNK = STRUCT.u64("next_chunk");

    private QxlDataChunk() {}
}
