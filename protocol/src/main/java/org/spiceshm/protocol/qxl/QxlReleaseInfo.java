package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U64;

/** The head of every command: the guest's id of it, then the device's link to the next one released. spice-protocol, qxl_dev.h: QXLReleaseInfo. */
public final class QxlReleaseInfo {
    public static final Struct STRUCT = Struct.littleEndian("QXLReleaseInfo");
    public static final U64 ID = STRUCT.u64("id");

    private QxlReleaseInfo() {}
}
