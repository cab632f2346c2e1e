package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Bytes;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/** The RAM header, at the end of BAR 0: everything that guest and device share by name. spice-protocol, qxl_dev.h: QXLRam. */
public final class QxlRam {
    public static final Struct STRUCT = Struct.littleEndian("QXLRam");
    public static final U32 MAGIC = STRUCT.u32("magic");
    public static final U32 INT_PENDING = STRUCT.u32("int_pending");
    public static final U32 INT_MASK = STRUCT.u32("int_mask");
    public static final Bytes LOG_BUF = STRUCT.bytes("log_buf", 4096);
    public static final Nested CMD_RING = STRUCT.struct("cmd_ring", QxlCommandRing.STRUCT);
    public static final Nested CURSOR_RING = STRUCT.struct("cursor_ring", QxlCommandRing.STRUCT);
    public static final Nested RELEASE_RING = STRUCT.struct("release_ring", QxlReleaseRing.STRUCT);
    public static final Nested UPDATE_AREA = STRUCT.struct("update_area", QxlRect.STRUCT);
    public static final U32 UPDATE_SURFACE = STRUCT.u32("update_surface");
    public static final Nested MEM_SLOT = STRUCT.struct("mem_slot", QxlMemSlot.STRUCT);
    public static final Nested CREATE_SURFACE = STRUCT.struct("create_surface", QxlSurfaceCreate.STRUCT);
    public static final U64 FLAGS = STRUCT.u64("flags");
    public static final U64 MONITORS_CONFIG = STRUCT.u64("monitors_config");

    private QxlRam() {}
}
