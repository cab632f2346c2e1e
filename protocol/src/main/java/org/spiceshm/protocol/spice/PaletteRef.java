package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** How a picture tells its palette. spice.proto: the palette of BitmapData and LZPLTData. */
public sealed interface PaletteRef {
    /** There is none. */
    record None() implements PaletteRef {}

    /** It is here, and to be cached if {@code cache}. */
    record Inline(Palette palette, boolean cache) implements PaletteRef {}

    /** The client has it. */
    record FromCache(long unique) implements PaletteRef {}

    /** Bits in the flags of the picture, and the two forms of the field. */
    final class Layout {
        static final int CACHE_ME = 1;
        static final int FROM_CACHE = 2;
        private static final Struct POINTER = Struct.littleEndian("BitmapData");
        private static final Struct.U32 PALETTE = POINTER.u32("palette");
        private static final Struct ID = Struct.littleEndian("BitmapData");
        private static final Struct.U64 PALETTE_ID = ID.u64("palette_id");

        private Layout() {}
    }

    /** The bits that {@link #read} needs to be told. */
    default int flags() {
        return switch (this) {
            case None() -> 0;
            case Inline(Palette palette, boolean cache) -> cache ? Layout.CACHE_ME : 0;
            case FromCache(long unique) -> Layout.FROM_CACHE;
        };
    }

    /** Reads the field whose form {@code flags} tells; {@code needed} refuses a null pointer. */
    static PaletteRef read(BodyReader reader, int flags, boolean needed) throws MalformedMessageException {
        MemorySegment body = reader.body();
        if ((flags & Layout.FROM_CACHE) != 0) {
            return new FromCache(Layout.PALETTE_ID.get(body, reader.take(Layout.ID)));
        }
        long base = reader.take(Layout.POINTER);
        if (reader.isNull(Layout.PALETTE, base)) {
            if (needed) {
                throw reader.malformed(Layout.PALETTE, base, "a null pointer", "a palette");
            }
            return new None();
        }
        Palette palette = Palette.read(reader.follow(Layout.PALETTE, base));
        return new Inline(palette, (flags & Layout.CACHE_ME) != 0);
    }

    /** Appends the field. */
    default void write(BodyWriter out) {
        switch (this) {
            case None() -> out.put(Layout.POINTER);
            case Inline(Palette palette, boolean cache) ->
                out.point(Layout.PALETTE, out.put(Layout.POINTER), palette::write);
            case FromCache(long unique) -> {
                long base = out.put(Layout.ID);
                Layout.PALETTE_ID.set(out.segment(), base, unique);
            }
        }
    }
}
