package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** Clip rectangles, in a chunk list. spice-protocol, qxl_dev.h: QXLClipRects. */
public final class QxlClipRects {
    public static final Struct STRUCT = Struct.littleEndian("QXLClipRects");
    public static final U32 NUM_RECTS = STRUCT.u32("num_rects");
    public static final Nested CHUNK = STRUCT.struct("chunk", QxlDataChunk.STRUCT);

    private QxlClipRects() {}
}
