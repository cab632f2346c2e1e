package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/**
 * The drawings. spice.proto: DisplayChannel, draw_*. Raster operations ({@code rop}) are sets of SpiceRopd bits, scale
 * modes 0 interpolate and 1 nearest, rectangles of sources lie in top-down pixels of the source.
 */
public sealed interface DrawMessage extends DisplayServerMessage {
    /** Where it goes. */
    DisplayBase base();

    /** The message of this type, or null if it is no drawing. */
    static @Nullable DrawMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        return switch (type) {
            case CopyBits.TYPE -> CopyBits.decode(body);
            case Fill.TYPE -> Fill.decode(body);
            case Opaque.TYPE -> Opaque.decode(body);
            case Copy.TYPE -> Copy.decode(body);
            case Blend.TYPE -> Blend.decode(body);
            case Blackness.TYPE -> Blackness.decode(body);
            case Whiteness.TYPE -> Whiteness.decode(body);
            case Invers.TYPE -> Invers.decode(body);
            case Rop3.TYPE -> Rop3.decode(body);
            case Stroke.TYPE -> Stroke.decode(body);
            case Text.TYPE -> Text.decode(body);
            case Transparent.TYPE -> Transparent.decode(body);
            case AlphaBlend.TYPE -> AlphaBlend.decode(body);
            case Composite.TYPE -> Composite.decode(body);
            default -> null;
        };
    }

    /**
     * A source rectangle must have its corners in order. It may leave the source, which is the canvas's business: what lies
     * outside has no pixels.
     */
    private static Rect readArea(BodyReader reader, Struct.Nested field, long base) throws MalformedMessageException {
        Rect area = RectLayout.get(reader.body(), field.at(base));
        if (!(area.left() <= area.right() && area.top() <= area.bottom())) {
            throw reader.malformed(field, base, area, "left <= right and top <= bottom");
        }
        return area;
    }

    /** Moves a part of the surface; the box is where it goes. */
    record CopyBits(DisplayBase base, Point source) implements DrawMessage {
        public static final int TYPE = 104;
        private static final Struct STRUCT = Struct.littleEndian("COPY_BITS");
        private static final Struct.Nested SRC_POS = STRUCT.struct("src_pos", Point.STRUCT);

        static CopyBits decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("COPY_BITS", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            return new CopyBits(displayBase, Point.get(body, SRC_POS.at(fixed)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            source.set(out.segment(), SRC_POS.at(fixed));
        }
    }

    /** Paints the brush. */
    record Fill(DisplayBase base, Brush brush, int rop, QMask mask) implements DrawMessage {
        public static final int TYPE = 302;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_FILL");
        private static final Struct.U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");

        static Fill decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_FILL", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            Brush brush = Brush.read(reader);
            long fixed = reader.take(STRUCT);
            QMask mask = QMask.read(reader);
            return new Fill(displayBase, brush, ROP_DESCRIPTOR.get(body, fixed), mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            brush.write(out);
            long fixed = out.put(STRUCT);
            ROP_DESCRIPTOR.set(out.segment(), fixed, rop);
            mask.write(out);
        }
    }

    /** Copies the source, then paints the brush over it. */
    record Opaque(DisplayBase base, Image source, Rect sourceArea, Brush brush, int rop, int scaleMode, QMask mask)
            implements DrawMessage {
        public static final int TYPE = 303;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_OPAQUE");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
        private static final Struct TAIL = Struct.littleEndian("DRAW_OPAQUE");
        private static final Struct.U16 ROP_DESCRIPTOR = TAIL.u16("rop_descriptor");
        private static final Struct.U8 SCALE_MODE = TAIL.u8("scale_mode");

        static Opaque decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_OPAQUE", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            Brush brush = Brush.read(reader);
            long tail = reader.take(TAIL);
            QMask mask = QMask.read(reader);
            return new Opaque(
                    displayBase,
                    source,
                    readArea(reader, SRC_AREA, fixed),
                    brush,
                    ROP_DESCRIPTOR.get(body, tail),
                    SCALE_MODE.get(body, tail),
                    mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
            brush.write(out);
            long tail = out.put(TAIL);
            ROP_DESCRIPTOR.set(out.segment(), tail, rop);
            SCALE_MODE.set(out.segment(), tail, scaleMode);
            mask.write(out);
        }
    }

    /** Copies the source. */
    record Copy(DisplayBase base, Image source, Rect sourceArea, int rop, int scaleMode, QMask mask)
            implements DrawMessage {
        public static final int TYPE = 304;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_COPY");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
        private static final Struct.U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");
        private static final Struct.U8 SCALE_MODE = STRUCT.u8("scale_mode");

        static Copy decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_COPY", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            QMask mask = QMask.read(reader);
            return new Copy(
                    displayBase,
                    source,
                    readArea(reader, SRC_AREA, fixed),
                    ROP_DESCRIPTOR.get(body, fixed),
                    SCALE_MODE.get(body, fixed),
                    mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
            ROP_DESCRIPTOR.set(out.segment(), fixed, rop);
            SCALE_MODE.set(out.segment(), fixed, scaleMode);
            mask.write(out);
        }
    }

    /** Combines the source with what is there. */
    record Blend(DisplayBase base, Image source, Rect sourceArea, int rop, int scaleMode, QMask mask)
            implements DrawMessage {
        public static final int TYPE = 305;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_BLEND");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
        private static final Struct.U16 ROP_DESCRIPTOR = STRUCT.u16("rop_descriptor");
        private static final Struct.U8 SCALE_MODE = STRUCT.u8("scale_mode");

        static Blend decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_BLEND", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            QMask mask = QMask.read(reader);
            return new Blend(
                    displayBase,
                    source,
                    readArea(reader, SRC_AREA, fixed),
                    ROP_DESCRIPTOR.get(body, fixed),
                    SCALE_MODE.get(body, fixed),
                    mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
            ROP_DESCRIPTOR.set(out.segment(), fixed, rop);
            SCALE_MODE.set(out.segment(), fixed, scaleMode);
            mask.write(out);
        }
    }

    /** All bits 0. */
    record Blackness(DisplayBase base, QMask mask) implements DrawMessage {
        public static final int TYPE = 306;

        static Blackness decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_BLACKNESS", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            QMask mask = QMask.read(reader);
            return new Blackness(displayBase, mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            mask.write(out);
        }
    }

    /** All bits 1. */
    record Whiteness(DisplayBase base, QMask mask) implements DrawMessage {
        public static final int TYPE = 307;

        static Whiteness decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_WHITENESS", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            QMask mask = QMask.read(reader);
            return new Whiteness(displayBase, mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            mask.write(out);
        }
    }

    /** All bits inverted. */
    record Invers(DisplayBase base, QMask mask) implements DrawMessage {
        public static final int TYPE = 308;

        static Invers decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_INVERS", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            QMask mask = QMask.read(reader);
            return new Invers(displayBase, mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            mask.write(out);
        }
    }

    /** Combines source, brush and what is there by a ternary raster operation. */
    record Rop3(DisplayBase base, Image source, Rect sourceArea, Brush brush, int rop3, int scaleMode, QMask mask)
            implements DrawMessage {
        public static final int TYPE = 309;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_ROP3");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
        private static final Struct TAIL = Struct.littleEndian("DRAW_ROP3");
        private static final Struct.U8 ROP3 = TAIL.u8("rop3");
        private static final Struct.U8 SCALE_MODE = TAIL.u8("scale_mode");

        static Rop3 decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_ROP3", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            Brush brush = Brush.read(reader);
            long tail = reader.take(TAIL);
            QMask mask = QMask.read(reader);
            return new Rop3(
                    displayBase,
                    source,
                    readArea(reader, SRC_AREA, fixed),
                    brush,
                    ROP3.get(body, tail),
                    SCALE_MODE.get(body, tail),
                    mask);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
            brush.write(out);
            long tail = out.put(TAIL);
            ROP3.set(out.segment(), tail, rop3);
            SCALE_MODE.set(out.segment(), tail, scaleMode);
            mask.write(out);
        }
    }

    /** Draws lines. */
    record Stroke(DisplayBase base, StrokePath path, LineAttributes line, Brush brush, int foreMode, int backMode)
            implements DrawMessage {
        public static final int TYPE = 310;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_STROKE");
        private static final Struct.U32 PATH = STRUCT.u32("path");
        private static final Struct TAIL = Struct.littleEndian("DRAW_STROKE");
        private static final Struct.U16 FORE_MODE = TAIL.u16("fore_mode");
        private static final Struct.U16 BACK_MODE = TAIL.u16("back_mode");

        static Stroke decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_STROKE", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            StrokePath path = StrokePath.read(reader.follow(PATH, fixed));
            LineAttributes line = LineAttributes.read(reader);
            Brush brush = Brush.read(reader);
            long tail = reader.take(TAIL);
            return new Stroke(displayBase, path, line, brush, FORE_MODE.get(body, tail), BACK_MODE.get(body, tail));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(PATH, fixed, path::write);
            line.write(out);
            brush.write(out);
            long tail = out.put(TAIL);
            FORE_MODE.set(out.segment(), tail, foreMode);
            BACK_MODE.set(out.segment(), tail, backMode);
        }
    }

    /** Draws characters. */
    record Text(
            DisplayBase base,
            GlyphString string,
            Rect backArea,
            Brush foreBrush,
            Brush backBrush,
            int foreMode,
            int backMode)
            implements DrawMessage {
        public static final int TYPE = 311;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_TEXT");
        private static final Struct.U32 STR = STRUCT.u32("str");
        private static final Struct.Nested BACK_AREA = STRUCT.struct("back_area", RectLayout.STRUCT);
        private static final Struct TAIL = Struct.littleEndian("DRAW_TEXT");
        private static final Struct.U16 FORE_MODE = TAIL.u16("fore_mode");
        private static final Struct.U16 BACK_MODE = TAIL.u16("back_mode");

        static Text decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_TEXT", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            GlyphString string = GlyphString.read(reader.follow(STR, fixed));
            Brush foreBrush = Brush.read(reader);
            Brush backBrush = Brush.read(reader);
            long tail = reader.take(TAIL);
            return new Text(
                    displayBase,
                    string,
                    RectLayout.get(body, BACK_AREA.at(fixed)),
                    foreBrush,
                    backBrush,
                    FORE_MODE.get(body, tail),
                    BACK_MODE.get(body, tail));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(STR, fixed, string::write);
            RectLayout.set(out.segment(), BACK_AREA.at(fixed), backArea);
            foreBrush.write(out);
            backBrush.write(out);
            long tail = out.put(TAIL);
            FORE_MODE.set(out.segment(), tail, foreMode);
            BACK_MODE.set(out.segment(), tail, backMode);
        }
    }

    /** Copies the source but for one colour. */
    record Transparent(DisplayBase base, Image source, Rect sourceArea, int sourceColor, int trueColor)
            implements DrawMessage {
        public static final int TYPE = 312;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_TRANSPARENT");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);
        private static final Struct.U32 SRC_COLOR = STRUCT.u32("src_color");
        private static final Struct.U32 TRUE_COLOR = STRUCT.u32("true_color");

        static Transparent decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_TRANSPARENT", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            return new Transparent(
                    displayBase,
                    source,
                    readArea(reader, SRC_AREA, fixed),
                    SRC_COLOR.get(body, fixed),
                    TRUE_COLOR.get(body, fixed));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
            SRC_COLOR.set(out.segment(), fixed, sourceColor);
            TRUE_COLOR.set(out.segment(), fixed, trueColor);
        }
    }

    /** Blends the source over what is there. */
    record AlphaBlend(DisplayBase base, int alphaFlags, int alpha, Image source, Rect sourceArea)
            implements DrawMessage {
        public static final int TYPE = 313;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_ALPHA_BLEND");
        private static final Struct.U8 ALPHA_FLAGS = STRUCT.u8("alpha_flags");
        private static final Struct.U8 ALPHA = STRUCT.u8("alpha");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct.Nested SRC_AREA = STRUCT.struct("src_area", RectLayout.STRUCT);

        static AlphaBlend decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_ALPHA_BLEND", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            return new AlphaBlend(
                    displayBase,
                    ALPHA_FLAGS.get(body, fixed),
                    ALPHA.get(body, fixed),
                    source,
                    readArea(reader, SRC_AREA, fixed));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            ALPHA_FLAGS.set(out.segment(), fixed, alphaFlags);
            ALPHA.set(out.segment(), fixed, alpha);
            out.point(SRC_BITMAP, fixed, source::write);
            RectLayout.set(out.segment(), SRC_AREA.at(fixed), sourceArea);
        }
    }

    /**
     * Render-style composition. Bits of {@code flags}: 0..7 operator, 8..10 and 11..13 filters, 14..15 and 16..17 repeats
     * of source and mask, 18 component alpha, 22..24 source, mask, target opaque; bits 19 to 21 say which of the nullable
     * parts are there, and are set by the encoder.
     */
    record Composite(
            DisplayBase base,
            int flags,
            Image source,
            @Nullable Image mask,
            @Nullable Transform sourceTransform,
            @Nullable Transform maskTransform,
            Point16 sourceOrigin,
            Point16 maskOrigin)
            implements DrawMessage {
        public static final int TYPE = 318;
        private static final int HAS_MASK = 1 << 19;
        private static final int HAS_SOURCE_TRANSFORM = 1 << 20;
        private static final int HAS_MASK_TRANSFORM = 1 << 21;
        private static final Struct STRUCT = Struct.littleEndian("DRAW_COMPOSITE");
        private static final Struct.U32 FLAGS = STRUCT.u32("flags");
        private static final Struct.U32 SRC_BITMAP = STRUCT.u32("src_bitmap");
        private static final Struct MASK = Struct.littleEndian("DRAW_COMPOSITE");
        private static final Struct.U32 MASK_BITMAP = MASK.u32("mask_bitmap");
        private static final Struct ORIGINS = Struct.littleEndian("DRAW_COMPOSITE");
        private static final Struct.Nested SRC_ORIGIN = ORIGINS.struct("src_origin", Point16.STRUCT);
        private static final Struct.Nested MASK_ORIGIN = ORIGINS.struct("mask_origin", Point16.STRUCT);

        static Composite decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader("DRAW_COMPOSITE", body);
            DisplayBase displayBase = DisplayBase.read(reader);
            long fixed = reader.take(STRUCT);
            int flags = FLAGS.get(body, fixed);
            Image source = Image.read(reader, SRC_BITMAP, fixed);
            Image mask = (flags & HAS_MASK) == 0 ? null : Image.read(reader, MASK_BITMAP, reader.take(MASK));
            Transform sourceTransform = (flags & HAS_SOURCE_TRANSFORM) == 0 ? null : transform(reader);
            Transform maskTransform = (flags & HAS_MASK_TRANSFORM) == 0 ? null : transform(reader);
            long origins = reader.take(ORIGINS);
            return new Composite(
                    displayBase,
                    flags,
                    source,
                    mask,
                    sourceTransform,
                    maskTransform,
                    Point16.get(body, SRC_ORIGIN.at(origins)),
                    Point16.get(body, MASK_ORIGIN.at(origins)));
        }

        private static Transform transform(BodyReader reader) throws MalformedMessageException {
            return Transform.get(reader.body(), reader.take(Transform.STRUCT));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            base.write(out);
            long fixed = out.put(STRUCT);
            FLAGS.set(
                    out.segment(),
                    fixed,
                    (flags & ~(HAS_MASK | HAS_SOURCE_TRANSFORM | HAS_MASK_TRANSFORM))
                            | (mask != null ? HAS_MASK : 0)
                            | (sourceTransform != null ? HAS_SOURCE_TRANSFORM : 0)
                            | (maskTransform != null ? HAS_MASK_TRANSFORM : 0));
            out.point(SRC_BITMAP, fixed, source::write);
            if (mask != null) {
                out.point(MASK_BITMAP, out.put(MASK), mask::write);
            }
            if (sourceTransform != null) {
                long at = out.put(Transform.STRUCT);
                sourceTransform.set(out.segment(), at);
            }
            if (maskTransform != null) {
                long at = out.put(Transform.STRUCT);
                maskTransform.set(out.segment(), at);
            }
            long origins = out.put(ORIGINS);
            sourceOrigin.set(out.segment(), SRC_ORIGIN.at(origins));
            maskOrigin.set(out.segment(), MASK_ORIGIN.at(origins));
        }
    }
}
