package org.spiceshm.protocol.spice;

import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** What to paint with. spice.proto: Brush. */
public sealed interface Brush {
    /** Nothing. */
    record None() implements Brush {}

    /** One colour, 0x00RRGGBB. */
    record Solid(int color) implements Brush {}

    /** A picture, repeated; {@code origin} is where its 0,0 lies on the surface. */
    record Pattern(Image image, Point origin) implements Brush {}

    /** Fixed parts. */
    final class Layout {
        private static final Struct STRUCT = Struct.littleEndian("Brush");
        private static final Struct.U8 TYPE = STRUCT.u8("type");
        private static final Struct SOLID = Struct.littleEndian("Brush");
        private static final Struct.U32 COLOR = SOLID.u32("color");
        private static final Struct PATTERN = Struct.littleEndian("Pattern");
        private static final Struct.U32 PAT = PATTERN.u32("pat");
        private static final Struct.Nested POS = PATTERN.struct("pos", Point.STRUCT);

        private Layout() {}
    }

    /** Reads the type and what it calls for. */
    static Brush read(BodyReader reader) throws MalformedMessageException {
        long base = reader.take(Layout.STRUCT);
        int type = Layout.TYPE.get(reader.body(), base);
        return switch (type) {
            case 0 -> new None();
            case 1 -> new Solid(Layout.COLOR.get(reader.body(), reader.take(Layout.SOLID)));
            case 2 -> readPattern(reader);
            default -> throw reader.malformed(Layout.TYPE, base, type, "0 (none), 1 (solid) or 2 (pattern)");
        };
    }

    private static Brush readPattern(BodyReader reader) throws MalformedMessageException {
        long base = reader.take(Layout.PATTERN);
        Image image = Image.read(reader, Layout.PAT, base);
        return new Pattern(image, Point.get(reader.body(), Layout.POS.at(base)));
    }

    /** Appends it. */
    default void write(BodyWriter out) {
        long type = out.put(Layout.STRUCT);
        switch (this) {
            case None() -> Layout.TYPE.set(out.segment(), type, 0);
            case Solid(int color) -> {
                Layout.TYPE.set(out.segment(), type, 1);
                long base = out.put(Layout.SOLID);
                Layout.COLOR.set(out.segment(), base, color);
            }
            case Pattern(Image image, Point origin) -> {
                Layout.TYPE.set(out.segment(), type, 2);
                long base = out.put(Layout.PATTERN);
                origin.set(out.segment(), Layout.POS.at(base));
                out.point(Layout.PAT, base, image::write);
            }
        }
    }
}
