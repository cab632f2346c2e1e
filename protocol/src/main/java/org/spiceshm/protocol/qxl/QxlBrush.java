package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Field;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;

/** Nothing, a colour or a tile. spice-protocol, qxl_dev.h: QXLBrush. */
public final class QxlBrush {
    public static final Struct STRUCT = Struct.littleEndian("QXLBrush");
    public static final U32 TYPE = STRUCT.u32("type");
    private static final Field[] UNION =
            STRUCT.union(u -> new Field[] {u.u32("u.color"), u.struct("u.pattern", QxlPattern.STRUCT)});
    public static final U32 COLOR = (U32) UNION[0];
    public static final Nested PATTERN = (Nested) UNION[1];

    private QxlBrush() {}
}
