package org.spiceshm.protocol.qxl;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U32;

/** Glyphs, in a chunk list. spice-protocol, qxl_dev.h: QXLString. */
public final class QxlString {
    public static final Struct STRUCT = Struct.littleEndian("QXLString");
    public static final U32 DATA_SIZE = STRUCT.u32("data_size");
    public static final U16 LENGTH = STRUCT.u16("length");
    public static final U16 FLAGS = STRUCT.u16("flags");
    public static final Nested CHUNK = STRUCT.struct("chunk", QxlDataChunk.STRUCT);

    private QxlString() {}

    /** Bits of coverage a pixel of the string's glyphs has, 1, 4 or 8; 0 if its flags say none of them. */
    public static int bitsPerPixel(int flags) {
        if ((flags & QxlFlags.STRING_A1) != 0) {
            return 1;
        }
        if ((flags & QxlFlags.STRING_A4) != 0) {
            return 4;
        }
        return (flags & QxlFlags.STRING_A8) != 0 ? 8 : 0;
    }
}
