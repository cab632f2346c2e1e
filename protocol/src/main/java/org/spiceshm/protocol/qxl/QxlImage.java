package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Field;
import org.spiceshm.protocol.Struct.Nested;

/** An image: its descriptor, and what the type says. spice-protocol, qxl_dev.h: QXLImage. */
public final class QxlImage {
    public static final Struct STRUCT = Struct.littleEndian("QXLImage");
    public static final Nested DESCRIPTOR = STRUCT.struct("descriptor", QxlImageDescriptor.STRUCT);
    private static final Field[] UNION = STRUCT.union(u -> new Field[] {
        u.struct("u.bitmap", QxlBitmap.STRUCT),
        u.struct("u.quic", QxlQuicData.STRUCT),
        u.struct("u.surface_image", QxlSurfaceId.STRUCT)
    });
    public static final Nested BITMAP = (Nested) UNION[0];
    public static final Nested QUIC = (Nested) UNION[1];
    public static final Nested SURFACE_IMAGE = (Nested) UNION[2];

    private QxlImage() {}
}
