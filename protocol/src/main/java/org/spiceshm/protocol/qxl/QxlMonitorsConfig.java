package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U16;

/** The guest's monitors; the heads follow. spice-protocol, qxl_dev.h: QXLMonitorsConfig. */
public final class QxlMonitorsConfig {
    public static final Struct STRUCT = Struct.littleEndian("QXLMonitorsConfig");
    public static final U16 COUNT = STRUCT.u16("count");
    public static final U16 MAX_ALLOWED = STRUCT.u16("max_allowed");

    private QxlMonitorsConfig() {}
}
