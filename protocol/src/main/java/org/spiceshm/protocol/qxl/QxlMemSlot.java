package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U64;

/** A memory slot, in guest-physical addresses; the end is exclusive. spice-protocol, qxl_dev.h: QXLMemSlot. */
public final class QxlMemSlot {
    public static final Struct STRUCT = Struct.littleEndian("QXLMemSlot");
    public static final U64 MEM_START = STRUCT.u64("mem_start");
    public static final U64 MEM_END = STRUCT.u64("mem_end");

    private QxlMemSlot() {}
}
