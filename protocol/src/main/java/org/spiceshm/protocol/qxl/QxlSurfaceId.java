package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U32;

/** A surface used as an image. spice-protocol, qxl_dev.h: QXLSurfaceId. */
public final class QxlSurfaceId {
    public static final Struct STRUCT = Struct.littleEndian("QXLSurfaceId");
    public static final U32 SURFACE_ID = STRUCT.u32("surface_id");

    private QxlSurfaceId() {}
}
