package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Field;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U8;

/**
 * A drawing command of a first-generation driver: there is one surface, and a bitmap_offset other than 0 stands for
 * self_bitmap. spice-protocol, qxl_dev.h: QXLCompatDrawable.
 */
public final class QxlCompatDrawable {
    public static final Struct STRUCT = Struct.littleEndian("QXLCompatDrawable");
    public static final Nested RELEASE_INFO = STRUCT.struct("release_info", QxlReleaseInfo.STRUCT);
    public static final U8 EFFECT = STRUCT.u8("effect");
    public static final U8 TYPE = STRUCT.u8("type");
    public static final U16 BITMAP_OFFSET = STRUCT.u16("bitmap_offset");
    public static final Nested BITMAP_AREA = STRUCT.struct("bitmap_area", QxlRect.STRUCT);
    public static final Nested BBOX = STRUCT.struct("bbox", QxlRect.STRUCT);
    public static final Nested CLIP = STRUCT.struct("clip", QxlClip.STRUCT);
    public static final U32 MM_TIME = STRUCT.u32("mm_time");
    private static final Field[] UNION = STRUCT.union(u -> new Field[] {
        u.struct("u.fill", QxlFill.STRUCT),
        u.struct("u.opaque", QxlOpaque.STRUCT),
        u.struct("u.copy", QxlCopy.STRUCT),
        u.struct("u.transparent", QxlTransparent.STRUCT),
        u.struct("u.alpha_blend", QxlCompatAlphaBlend.STRUCT),
        u.struct("u.copy_bits", QxlCopyBits.STRUCT),
        u.struct("u.rop3", QxlRop3.STRUCT),
        u.struct("u.stroke", QxlStroke.STRUCT),
        u.struct("u.text", QxlText.STRUCT),
        u.struct("u.blackness", QxlBlackness.STRUCT)
    });
    public static final Nested FILL = (Nested) UNION[0];
    public static final Nested OPAQUE = (Nested) UNION[1];
    public static final Nested COPY = (Nested) UNION[2];
    public static final Nested TRANSPARENT = (Nested) UNION[3];
    public static final Nested ALPHA_BLEND = (Nested) UNION[4];
    public static final Nested COPY_BITS = (Nested) UNION[5];
    public static final Nested ROP3 = (Nested) UNION[6];
    public static final Nested STROKE = (Nested) UNION[7];
    public static final Nested TEXT = (Nested) UNION[8];
    public static final Nested BLACKNESS = (Nested) UNION[9];

    private QxlCompatDrawable() {}
}
