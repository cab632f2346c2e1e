package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** What every image begins with. spice-protocol, qxl_dev.h: QXLImageDescriptor. */
public final class QxlImageDescriptor {
    public static final Struct STRUCT = Struct.littleEndian("QXLImageDescriptor");
    public static final U64 ID = STRUCT.u64("id");
    public static final U8 TYPE = STRUCT.u8("type");
    public static final U8 FLAGS = STRUCT.u8("flags");
    public static final U32 WIDTH = STRUCT.u32("width");
    public static final U32 HEIGHT = STRUCT.u32("height");

    private QxlImageDescriptor() {}
}
