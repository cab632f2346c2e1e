package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Bytes;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;
import org.spiceshm.protocol.Struct.U8;

/** The device's description of itself, BAR 2, read-only for the guest. spice-protocol, qxl_dev.h: QXLRom. */
public final class QxlRom {
    public static final Struct STRUCT = Struct.littleEndian("QXLRom");
    public static final U32 MAGIC = STRUCT.u32("magic");
    public static final U32 ID = STRUCT.u32("id");
    public static final U32 UPDATE_ID = STRUCT.u32("update_id");
    public static final U32 COMPRESSION_LEVEL = STRUCT.u32("compression_level");
    public static final U32 LOG_LEVEL = STRUCT.u32("log_level");
    public static final U32 MODE = STRUCT.u32("mode");
    public static final U32 MODES_OFFSET = STRUCT.u32("modes_offset");
    public static final U32 NUM_PAGES = STRUCT.u32("num_pages");
    public static final U32 PAGES_OFFSET = STRUCT.u32("pages_offset");
    public static final U32 DRAW_AREA_OFFSET = STRUCT.u32("draw_area_offset");
    public static final U32 SURFACE0_AREA_SIZE = STRUCT.u32("surface0_area_size");
    public static final U32 RAM_HEADER_OFFSET = STRUCT.u32("ram_header_offset");
    public static final U32 MM_CLOCK = STRUCT.u32("mm_clock");
    public static final U32 N_SURFACES = STRUCT.u32("n_surfaces");
    public static final U64 FLAGS = STRUCT.u64("flags");
    public static final U8 SLOTS_START = STRUCT.u8("slots_start");
    public static final U8 SLOTS_END = STRUCT.u8("slots_end");
    public static final U8 SLOT_GEN_BITS = STRUCT.u8("slot_gen_bits");
    public static final U8 SLOT_ID_BITS = STRUCT.u8("slot_id_bits");
    public static final U8 SLOT_GENERATION = STRUCT.u8("slot_generation");
    public static final U8 CLIENT_PRESENT = STRUCT.u8("client_present");
    public static final Bytes CLIENT_CAPABILITIES = STRUCT.bytes("client_capabilities", 58);
    public static final U32 CLIENT_MONITORS_CONFIG_CRC = STRUCT.u32("client_monitors_config_crc");
    public static final Nested CLIENT_MONITORS_CONFIG = STRUCT.struct("client_monitors_config", QxlMonitors.STRUCT);

    private QxlRom() {}
}
