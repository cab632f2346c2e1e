package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;

/** One glyph; its bits follow. spice-protocol, qxl_dev.h: QXLRasterGlyph. */
public final class QxlRasterGlyph {
    public static final Struct STRUCT = Struct.littleEndian("QXLRasterGlyph");
    public static final Nested RENDER_POS = STRUCT.struct("render_pos", QxlPoint.STRUCT);
    public static final Nested GLYPH_ORIGIN = STRUCT.struct("glyph_origin", QxlPoint.STRUCT);
    public static final U16 WIDTH = STRUCT.u16("width");
    public static final U16 HEIGHT = STRUCT.u16("height");

    private QxlRasterGlyph() {}
}
