package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** As {@link QxlUpdateCmd}, of the only surface that compat mode has. spice-protocol, qxl_dev.h: QXLCompatUpdateCmd. */
public final class QxlCompatUpdateCmd {
    public static final Struct STRUCT = Struct.littleEndian("QXLCompatUpdateCmd");
    public static final Nested RELEASE_INFO = STRUCT.struct("release_info", QxlReleaseInfo.STRUCT);
    public static final Nested AREA = STRUCT.struct("area", QxlRect.STRUCT);
    public static final U32 UPDATE_ID = STRUCT.u32("update_id");

    private QxlCompatUpdateCmd() {}
}
