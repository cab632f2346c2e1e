package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * Rastered characters. spice.proto: String.
 *
 * @param flags one of {@link #RASTER_A1}, {@link #RASTER_A4}, {@link #RASTER_A8}, and {@link #RASTER_TOP_DOWN}
 */
public record GlyphString(int flags, List<Glyph> glyphs) {
    public static final int RASTER_A1 = 1;
    public static final int RASTER_A4 = 2;
    public static final int RASTER_A8 = 4;
    public static final int RASTER_TOP_DOWN = 8;

    private static final Struct STRUCT = Struct.littleEndian("String");
    private static final Struct.U16 LENGTH = STRUCT.u16("length");
    private static final Struct.U8 FLAGS = STRUCT.u8("flags");

    /** One character's coverage, in rows of whole bytes. spice.proto: RasterGlyph. */
    public record Glyph(Point renderPosition, Point origin, int width, int height, MemorySegment data) {
        private static final Struct STRUCT = Struct.littleEndian("RasterGlyph");
        private static final Struct.Nested RENDER_POS = STRUCT.struct("render_pos", Point.STRUCT);
        private static final Struct.Nested GLYPH_ORIGIN = STRUCT.struct("glyph_origin", Point.STRUCT);
        private static final Struct.U16 WIDTH = STRUCT.u16("width");
        private static final Struct.U16 HEIGHT = STRUCT.u16("height");
    }

    public GlyphString {
        glyphs = List.copyOf(glyphs);
    }

    /** 1, 4 or 8. */
    public int bitsPerPixel() {
        return bitsPerPixel(flags);
    }

    private static int bitsPerPixel(int flags) {
        return switch (flags & (RASTER_A1 | RASTER_A4 | RASTER_A8)) {
            case RASTER_A1 -> 1;
            case RASTER_A4 -> 4;
            case RASTER_A8 -> 8;
            default -> 0;
        };
    }

    static GlyphString read(BodyReader reader) throws MalformedMessageException {
        MemorySegment body = reader.body();
        long head = reader.take(STRUCT);
        int count = LENGTH.get(body, head);
        int flags = FLAGS.get(body, head);
        int bitsPerPixel = bitsPerPixel(flags);
        if (bitsPerPixel == 0) {
            throw reader.malformed(FLAGS, head, flags, "exactly one of A1 (1), A4 (2), A8 (4)");
        }
        if (!(count * Glyph.STRUCT.size() <= reader.remaining())) {
            throw reader.malformed(LENGTH, head, count, "no more than fit " + reader.remaining() + " bytes");
        }
        List<Glyph> glyphs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            glyphs.add(readGlyph(reader, bitsPerPixel));
        }
        return new GlyphString(flags, glyphs);
    }

    private static Glyph readGlyph(BodyReader reader, int bitsPerPixel) throws MalformedMessageException {
        MemorySegment body = reader.body();
        long base = reader.take(Glyph.STRUCT);
        int width = Glyph.WIDTH.get(body, base);
        int height = Glyph.HEIGHT.get(body, base);
        long bytes = ((long) width * bitsPerPixel + 7) / 8 * height;
        return new Glyph(
                Point.get(body, Glyph.RENDER_POS.at(base)),
                Point.get(body, Glyph.GLYPH_ORIGIN.at(base)),
                width,
                height,
                reader.slice("data", bytes).asReadOnly());
    }

    void write(BodyWriter out) {
        long head = out.put(STRUCT);
        LENGTH.set(out.segment(), head, glyphs.size());
        FLAGS.set(out.segment(), head, flags);
        for (Glyph glyph : glyphs) {
            long base = out.put(Glyph.STRUCT);
            glyph.renderPosition.set(out.segment(), Glyph.RENDER_POS.at(base));
            glyph.origin.set(out.segment(), Glyph.GLYPH_ORIGIN.at(base));
            Glyph.WIDTH.set(out.segment(), base, glyph.width);
            Glyph.HEIGHT.set(out.segment(), base, glyph.height);
            out.putBytes(glyph.data);
        }
    }
}
