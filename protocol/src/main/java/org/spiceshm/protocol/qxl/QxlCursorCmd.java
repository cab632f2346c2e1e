package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Bytes;
import org.spiceshm.protocol.Struct.Field;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U8;

/** A command of the cursor ring. spice-protocol, qxl_dev.h: QXLCursorCmd. */
public final class QxlCursorCmd {
    public static final Struct STRUCT = Struct.littleEndian("QXLCursorCmd");
    public static final Nested RELEASE_INFO = STRUCT.struct("release_info", QxlReleaseInfo.STRUCT);
    public static final U8 TYPE = STRUCT.u8("type");
    private static final Field[] UNION = STRUCT.union(u -> new Field[] {
        u.struct("u.set", QxlCursorSet.STRUCT),
        u.struct("u.trail", QxlCursorTrail.STRUCT),
        u.struct("u.position", QxlPoint16.STRUCT)
    });
    public static final Nested SET = (Nested) UNION[0];
    public static final Nested TRAIL = (Nested) UNION[1];
    public static final Nested POSITION = (Nested) UNION[2];
    public static final Bytes DEVICE_DATA = STRUCT.bytes("device_data", 128);

    private QxlCursorCmd() {}
}
