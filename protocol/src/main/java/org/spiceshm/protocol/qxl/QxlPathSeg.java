package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** One segment; its points, two 28.4 numbers each, follow. spice-protocol, qxl_dev.h: QXLPathSeg. */
public final class QxlPathSeg {
    public static final Struct STRUCT = Struct.littleEndian("QXLPathSeg");
    public static final U32 FLAGS = STRUCT.u32("flags");
    public static final U32 COUNT = STRUCT.u32("count");

    /** Bytes of one point: x and y. */
    public static final int POINT_BYTES = 8;

    private QxlPathSeg() {}
}
