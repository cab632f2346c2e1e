package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Field;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U8;

/** Creates or destroys an offscreen surface. spice-protocol, qxl_dev.h: QXLSurfaceCmd. */
public final class QxlSurfaceCmd {
    public static final Struct STRUCT = Struct.littleEndian("QXLSurfaceCmd");
    public static final Nested RELEASE_INFO = STRUCT.struct("release_info", QxlReleaseInfo.STRUCT);
    public static final U32 SURFACE_ID = STRUCT.u32("surface_id");
    public static final U8 TYPE = STRUCT.u8("type");
    public static final U32 FLAGS = STRUCT.u32("flags");
    private static final Field[] UNION =
            STRUCT.union(u -> new Field[] {u.struct("u.surface_create", QxlSurface.STRUCT)});
    public static final Nested SURFACE_CREATE = (Nested) UNION[0];

    private QxlSurfaceCmd() {}
}
