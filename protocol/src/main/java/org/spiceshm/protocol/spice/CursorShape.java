package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** The pointer's picture, or none, or one that the client has. spice.proto: Cursor. */
public sealed interface CursorShape {
    /** No side is longer (CVE-2021-4206: sizes were multiplied unchecked). */
    int MAX_SIDE_PIXELS = 512;

    /** No pointer. */
    record None() implements CursorShape {}

    /** The shape that was sent as cacheable under {@code header.unique}. */
    record FromCache(Header header) implements CursorShape {}

    /** A shape with its pixels, as {@link CursorType} lays them out; a slice of the body. */
    record Pixels(Header header, boolean cache, MemorySegment data) implements CursorShape {}

    /** spice.proto: CursorHeader. Whatever {@code unique} is, 0 is never cached. */
    record Header(long unique, CursorType type, int width, int height, int hotSpotX, int hotSpotY) {
        private static final Struct STRUCT = Struct.littleEndian("CursorHeader");
        private static final Struct.U64 UNIQUE = STRUCT.u64("unique");
        private static final Struct.U8 TYPE = STRUCT.u8("type");
        private static final Struct.U16 WIDTH = STRUCT.u16("width");
        private static final Struct.U16 HEIGHT = STRUCT.u16("height");
        private static final Struct.U16 HOT_SPOT_X = STRUCT.u16("hot_spot_x");
        private static final Struct.U16 HOT_SPOT_Y = STRUCT.u16("hot_spot_y");

        private static Header read(BodyReader reader) throws MalformedMessageException {
            MemorySegment body = reader.body();
            long base = reader.take(STRUCT);
            CursorType type = CursorType.ofNumber(TYPE.get(body, base));
            int width = WIDTH.get(body, base);
            int height = HEIGHT.get(body, base);
            if (type == null) {
                throw reader.malformed(TYPE, base, TYPE.get(body, base), "a cursor type, 0..6");
            }
            if (!(width <= MAX_SIDE_PIXELS)) {
                throw reader.malformed(WIDTH, base, width, "at most " + MAX_SIDE_PIXELS);
            }
            if (!(height <= MAX_SIDE_PIXELS)) {
                throw reader.malformed(HEIGHT, base, height, "at most " + MAX_SIDE_PIXELS);
            }
            return new Header(
                    UNIQUE.get(body, base),
                    type,
                    width,
                    height,
                    HOT_SPOT_X.get(body, base),
                    HOT_SPOT_Y.get(body, base));
        }

        private void write(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            UNIQUE.set(segment, base, unique);
            TYPE.set(segment, base, type.number());
            WIDTH.set(segment, base, width);
            HEIGHT.set(segment, base, height);
            HOT_SPOT_X.set(segment, base, hotSpotX);
            HOT_SPOT_Y.set(segment, base, hotSpotY);
        }
    }

    /** spice.proto: cursor_flags. */
    final class Flags {
        private static final Struct STRUCT = Struct.littleEndian("Cursor");
        private static final Struct.U16 FLAGS = STRUCT.u16("flags");
        private static final int NONE = 1;
        private static final int CACHE_ME = 2;
        private static final int FROM_CACHE = 4;

        private Flags() {}
    }

    /** Reads a cursor to the end of the message. */
    static CursorShape read(BodyReader reader) throws MalformedMessageException {
        int flags = Flags.FLAGS.get(reader.body(), reader.take(Flags.STRUCT));
        if ((flags & Flags.NONE) != 0) {
            return new None();
        }
        Header header = Header.read(reader);
        if ((flags & Flags.FROM_CACHE) != 0) {
            return new FromCache(header);
        }
        long bytes = header.type.dataBytes(header.width, header.height);
        MemorySegment data = reader.slice("data", bytes).asReadOnly();
        return new Pixels(header, (flags & Flags.CACHE_ME) != 0, data);
    }

    /** Appends it. */
    default void write(BodyWriter out) {
        long base = out.put(Flags.STRUCT);
        switch (this) {
            case None() -> Flags.FLAGS.set(out.segment(), base, Flags.NONE);
            case FromCache(Header header) -> {
                Flags.FLAGS.set(out.segment(), base, Flags.FROM_CACHE);
                header.write(out);
            }
            case Pixels(Header header, boolean cache, MemorySegment data) -> {
                Flags.FLAGS.set(out.segment(), base, cache ? Flags.CACHE_ME : 0);
                header.write(out);
                out.putBytes(data);
            }
        }
    }
}
