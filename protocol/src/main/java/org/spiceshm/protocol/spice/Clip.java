package org.spiceshm.protocol.spice;

import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;

/** Where a drawing may touch the surface, besides its box. spice.proto: Clip. */
public sealed interface Clip {
    /** Everywhere. */
    record None() implements Clip {}

    /** Only in the union of these. */
    record Rects(List<Rect> rects) implements Clip {
        public Rects {
            rects = List.copyOf(rects);
        }
    }

    /** Fixed parts. */
    final class Layout {
        private static final Struct STRUCT = Struct.littleEndian("Clip");
        private static final Struct.U8 TYPE = STRUCT.u8("type");
        private static final Struct LIST = Struct.littleEndian("ClipRects");
        private static final Struct.U32 NUM_RECTS = LIST.u32("num_rects");
        private static final int NONE = 0;
        private static final int RECTS = 1;

        private Layout() {}
    }

    /** Reads the type, and the rectangles that follow it at once. */
    static Clip read(BodyReader reader) throws MalformedMessageException {
        long base = reader.take(Layout.STRUCT);
        int type = Layout.TYPE.get(reader.body(), base);
        return switch (type) {
            case Layout.NONE -> new None();
            case Layout.RECTS -> readRects(reader);
            default -> throw reader.malformed(Layout.TYPE, base, type, "0 (none) or 1 (rects)");
        };
    }

    private static Clip readRects(BodyReader reader) throws MalformedMessageException {
        long count = Layout.NUM_RECTS.getUnsigned(reader.body(), reader.take(Layout.LIST));
        long base = reader.takeList("rects", RectLayout.STRUCT, count);
        // INVARIANT: count * 16 bytes were there, so count fits an int.
        return new Rects(RectLayout.getList(reader.body(), base, (int) count));
    }

    /** Appends it. */
    default void write(BodyWriter out) {
        long base = out.put(Layout.STRUCT);
        switch (this) {
            case None() -> Layout.TYPE.set(out.segment(), base, Layout.NONE);
            case Rects(List<Rect> rects) -> {
                Layout.TYPE.set(out.segment(), base, Layout.RECTS);
                long count = out.put(Layout.LIST);
                Layout.NUM_RECTS.set(out.segment(), count, rects.size());
                RectLayout.putList(out, rects);
            }
        }
    }
}
