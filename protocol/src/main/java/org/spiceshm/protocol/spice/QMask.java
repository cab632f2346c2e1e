package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * One bit a pixel: where a drawing shows. spice.proto: QMask.
 *
 * @param flags {@link #INVERS}: clear bits draw
 * @param position the bit that belongs to the box's left top
 * @param bitmap the bits; null means everywhere
 */
public record QMask(int flags, Point position, @Nullable Image bitmap) {
    public static final int INVERS = 1;

    /** Everywhere. */
    public static final QMask NONE = new QMask(0, new Point(0, 0), null);

    static final Struct STRUCT = Struct.littleEndian("QMask");
    static final Struct.U8 FLAGS = STRUCT.u8("flags");
    static final Struct.Nested POS = STRUCT.struct("pos", Point.STRUCT);
    static final Struct.U32 BITMAP = STRUCT.u32("bitmap");

    static QMask read(BodyReader reader) throws MalformedMessageException {
        return read(reader, reader.take(STRUCT));
    }

    static QMask read(BodyReader reader, long base) throws MalformedMessageException {
        return new QMask(
                FLAGS.get(reader.body(), base),
                Point.get(reader.body(), POS.at(base)),
                Image.readMask(reader, BITMAP, base));
    }

    void write(BodyWriter out) {
        write(out, out.put(STRUCT));
    }

    void write(BodyWriter out, long base) {
        FLAGS.set(out.segment(), base, flags);
        position.set(out.segment(), POS.at(base));
        if (bitmap != null) {
            out.point(BITMAP, base, bitmap::write);
        }
    }
}
