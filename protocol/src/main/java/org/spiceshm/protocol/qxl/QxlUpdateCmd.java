package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** The deprecated request to render an area back into guest memory. spice-protocol, qxl_dev.h: QXLUpdateCmd. */
public final class QxlUpdateCmd {
    public static final Struct STRUCT = Struct.littleEndian("QXLUpdateCmd");
    public static final Nested RELEASE_INFO = STRUCT.struct("release_info", QxlReleaseInfo.STRUCT);
    public static final Nested AREA = STRUCT.struct("area", QxlRect.STRUCT);
    public static final U32 UPDATE_ID = STRUCT.u32("update_id");
    public static final U32 SURFACE_ID = STRUCT.u32("surface_id");

    private QxlUpdateCmd() {}
}
