package org.spiceshm.protocol.spice;

import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * How a line is dashed. spice.proto: LineAttr.
 *
 * @param flags of {@link #START_WITH_GAP}, {@link #STYLED}
 * @param dashes lengths in 28.4 fixed point; empty unless STYLED; at most 255
 */
public record LineAttributes(int flags, List<Integer> dashes) {
    public static final int START_WITH_GAP = 4;
    public static final int STYLED = 8;

    private static final Struct STRUCT = Struct.littleEndian("LineAttr");
    private static final Struct.U8 FLAGS = STRUCT.u8("flags");
    private static final Struct STYLE = Struct.littleEndian("LineAttr");
    private static final Struct.U8 STYLE_NSEG = STYLE.u8("style_nseg");
    private static final Struct.U32 STYLE_POINTER = STYLE.u32("style");
    private static final Struct DASH = Struct.littleEndian("LineAttr");
    private static final Struct.I32 LENGTH = DASH.i32("style[]");

    public LineAttributes {
        dashes = List.copyOf(dashes);
    }

    static LineAttributes read(BodyReader reader) throws MalformedMessageException {
        int flags = FLAGS.get(reader.body(), reader.take(STRUCT));
        List<Integer> dashes = new ArrayList<>();
        if ((flags & STYLED) != 0) {
            long base = reader.take(STYLE);
            int count = STYLE_NSEG.get(reader.body(), base);
            if (count == 0) {
                reader.followNullable(STYLE_POINTER, base); // it may lead nowhere, but not outside
            } else {
                long at = reader.follow(STYLE_POINTER, base).takeList("style", DASH, count);
                for (int i = 0; i < count; i++) {
                    dashes.add(LENGTH.get(reader.body(), at + i * DASH.size()));
                }
            }
        }
        return new LineAttributes(flags, dashes);
    }

    void write(BodyWriter out) {
        long head = out.put(STRUCT);
        FLAGS.set(out.segment(), head, flags);
        if ((flags & STYLED) != 0) {
            long base = out.put(STYLE);
            STYLE_NSEG.set(out.segment(), base, dashes.size());
            if (!dashes.isEmpty()) {
                out.point(STYLE_POINTER, base, this::writeDashes);
            }
        }
    }

    private void writeDashes(BodyWriter out) {
        for (int dash : dashes) {
            long base = out.put(DASH);
            LENGTH.set(out.segment(), base, dash);
        }
    }
}
