package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Array;
import org.spiceshm.protocol.Struct.U32;

/** The ring that the device fills with lists of what the guest may reuse. spice-protocol, qxl_dev.h: QXLReleaseRing. */
public final class QxlReleaseRing {
    public static final Struct STRUCT = Struct.littleEndian("QXLReleaseRing");
    public static final U32 NUM_ITEMS = STRUCT.u32("num_items");
    public static final U32 PROD = STRUCT.u32("prod");
    public static final U32 NOTIFY_ON_PROD = STRUCT.u32("notify_on_prod");
    public static final U32 CONS = STRUCT.u32("cons");
    public static final U32 NOTIFY_ON_CONS = STRUCT.u32("notify_on_cons");
    public static final Array ITEMS = STRUCT.array("items", 8, 8);

    private QxlReleaseRing() {}
}
