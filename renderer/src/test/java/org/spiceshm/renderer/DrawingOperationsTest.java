package org.spiceshm.renderer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.codec.EncodedBytes;
import org.spiceshm.canvas.codec.QuicEncoder;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlLineAttr;
import org.spiceshm.protocol.qxl.QxlOpaque;
import org.spiceshm.protocol.qxl.QxlPathSeg;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlQuicData;
import org.spiceshm.protocol.qxl.QxlRasterGlyph;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlRop3;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlTransparent;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Every kind of drawable from its copied struct to pixels; what the pixels must be is the canvas's business. */
@Timeout(30)
class DrawingOperationsTest {
    private static final int PUT = 8;
    private static final int OR = 16;
    private static final int BLUE = 0x0000ff;
    private static final int GREEN = 0x00ff00;
    private static final int RED = 0xff0000;
    private static final int GREY = 0x808080;

    private Pipe pipe = openPipe();

    private static Pipe openPipe() {
        try {
            return new Pipe(PipelineOptions.defaults());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void makesAScreen() {
        pipe.primary(16, 8);
        pipe.solid(0, 0, 0, 8, 16, BLUE);
    }

    @AfterEach
    void closes() {
        pipe.close();
    }

    /** A drawable of the whole screen; {@code fill} says the rest. */
    private void draw(int type, ObjLongConsumer<CommandSlot> fill) {
        pipe.put(slot -> {
            Pipe.drawable(slot, 0, type);
            Pipe.box(slot, 0, 0, 8, 16);
            fill.accept(slot, 0);
        });
        pipe.drain();
    }

    private int pixel(int x, int y) {
        return Pipe.pixel(pipe.newest(), x, y) & 0xffffff;
    }

    private static void area(CommandSlot slot, long at, int top, int left, int bottom, int right) {
        MemorySegment copy = slot.snapshot();
        QxlRect.TOP.set(copy, at, top);
        QxlRect.LEFT.set(copy, at, left);
        QxlRect.BOTTOM.set(copy, at, bottom);
        QxlRect.RIGHT.set(copy, at, right);
    }

    private static void solid(CommandSlot slot, long at, int color) {
        QxlBrush.TYPE.set(slot.snapshot(), at, QxlFlags.BRUSH_SOLID);
        QxlBrush.COLOR.set(slot.snapshot(), at, color);
    }

    /** A picture of 16 x 8 in the guest's memory, all of one colour but for its pixel 1,0. */
    private void bitmap(CommandSlot slot, int color, int other) {
        for (int i = 0; i < 16 * 8; i++) {
            pipe.guest.set(ValueLayout.JAVA_INT, 4L * i, i == 1 ? other : color);
        }
        int image = slot.reserve(QxlImage.STRUCT.size());
        MemorySegment copy = slot.snapshot();
        copy.asSlice(image, QxlImage.STRUCT.size()).fill((byte) 0);
        long at = QxlImage.BITMAP.at(image);
        QxlBitmap.FORMAT.set(copy, at, BitmapFormat.BIT_32.number());
        QxlBitmap.FLAGS.set(copy, at, QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(copy, at, 16);
        QxlBitmap.Y.set(copy, at, 8);
        QxlBitmap.STRIDE.set(copy, at, 64);
        slot.addPiece(pipe.guest, 0, 16 * 8 * 4);
        slot.setImage(CommandSlot.SOURCE, image, 0, 1);
    }

    @Test
    void opaqueCombinesTheBrushWithTheImage() {
        draw(QxlDrawType.OPAQUE, (slot, x) -> {
            long at = QxlDrawable.OPAQUE.at(0);
            bitmap(slot, RED, GREEN);
            area(slot, QxlOpaque.SRC_AREA.at(at), 0, 0, 8, 16);
            solid(slot, QxlOpaque.BRUSH.at(at), BLUE);
            QxlOpaque.ROP_DESCRIPTOR.set(slot.snapshot(), at, OR);
        });
        assertEquals(RED | BLUE, pixel(0, 0));
        assertEquals(GREEN | BLUE, pixel(1, 0));
    }

    @Test
    void rop3CombinesAllThree() {
        draw(QxlDrawType.ROP3, (slot, x) -> {
            long at = QxlDrawable.ROP3.at(0);
            bitmap(slot, RED, 0);
            area(slot, QxlRop3.SRC_AREA.at(at), 0, 0, 8, 16);
            solid(slot, QxlRop3.BRUSH.at(at), GREEN);
            QxlRop3.ROP3.set(slot.snapshot(), at, 0xfe); // any of them
        });
        assertEquals(RED | GREEN | BLUE, pixel(0, 0));
        assertEquals(GREEN | BLUE, pixel(1, 0));
    }

    @Test
    void transparentLeavesOneColourOut() {
        draw(QxlDrawType.TRANSPARENT, (slot, x) -> {
            long at = QxlDrawable.TRANSPARENT.at(0);
            bitmap(slot, RED, GREEN);
            area(slot, QxlTransparent.SRC_AREA.at(at), 0, 0, 8, 16);
            QxlTransparent.TRUE_COLOR.set(slot.snapshot(), at, GREEN);
        });
        assertEquals(RED, pixel(0, 0));
        assertEquals(BLUE, pixel(1, 0));
    }

    @Test
    void alphaBlendMixes() {
        draw(QxlDrawType.ALPHA_BLEND, (slot, x) -> {
            long at = QxlDrawable.ALPHA_BLEND.at(0);
            bitmap(slot, RED, GREEN);
            area(slot, QxlAlphaBlend.SRC_AREA.at(at), 0, 0, 8, 16);
            QxlAlphaBlend.ALPHA.set(slot.snapshot(), at, 128);
        });
        assertEquals(0x80007f, pixel(0, 0));
        assertEquals(0x00807f, pixel(1, 0));
    }

    @Test
    void alphaBlendTakesThePictureOfTheScreenItself() {
        pipe.solid(0, 0, 8, 4, 16, RED);
        draw(QxlDrawType.ALPHA_BLEND, (slot, x) -> {
            long at = QxlDrawable.ALPHA_BLEND.at(0);
            QxlDrawable.SELF_BITMAP.set(slot.snapshot(), 0, 1);
            area(slot, QxlDrawable.SELF_BITMAP_AREA.at(0), 0, 4, 8, 16);
            area(slot, QxlAlphaBlend.SRC_AREA.at(at), 0, 4, 4, 12);
            Pipe.box(slot, 4, 0, 8, 8);
            QxlAlphaBlend.ALPHA.set(slot.snapshot(), at, 255);
        });
        assertEquals(RED, pixel(0, 4));
        assertEquals(RED, pixel(7, 7));
        assertEquals(BLUE, pixel(8, 4));
    }

    @Test
    void strokeDrawsThePathButItsLastPoint() {
        draw(QxlDrawType.STROKE, (slot, x) -> {
            long at = QxlDrawable.STROKE.at(0);
            solid(slot, QxlStroke.BRUSH.at(at), RED);
            QxlStroke.FORE_MODE.set(slot.snapshot(), at, PUT);
            path(slot, 2, 1, 9, 1);
        });
        assertEquals(BLUE, pixel(1, 1));
        assertEquals(RED, pixel(2, 1));
        assertEquals(RED, pixel(8, 1));
        assertEquals(BLUE, pixel(9, 1));
    }

    @Test
    void strokeDashes() {
        draw(QxlDrawType.STROKE, (slot, x) -> {
            long at = QxlDrawable.STROKE.at(0);
            solid(slot, QxlStroke.BRUSH.at(at), RED);
            QxlStroke.FORE_MODE.set(slot.snapshot(), at, PUT);
            QxlLineAttr.FLAGS.set(slot.snapshot(), QxlStroke.ATTR.at(at), QxlFlags.LINE_STYLED);
            QxlLineAttr.STYLE_NSEG.set(slot.snapshot(), QxlStroke.ATTR.at(at), 2);
            slot.styleOffset = slot.reserve(8);
            slot.snapshot().set(ValueLayout.JAVA_INT_UNALIGNED, slot.styleOffset, 3 << 4);
            slot.snapshot().set(ValueLayout.JAVA_INT_UNALIGNED, slot.styleOffset + 4L, 2 << 4);
            path(slot, 0, 3, 15, 3);
        });
        assertEquals(RED, pixel(2, 3));
        assertEquals(BLUE, pixel(3, 3));
        assertEquals(BLUE, pixel(4, 3));
        assertEquals(RED, pixel(5, 3));
    }

    private static void path(CommandSlot slot, int x1, int y1, int x2, int y2) {
        slot.dataLength = (int) QxlPathSeg.STRUCT.size() + 2 * QxlPathSeg.POINT_BYTES;
        slot.dataOffset = slot.reserve(slot.dataLength);
        MemorySegment copy = slot.snapshot();
        long at = slot.dataOffset;
        QxlPathSeg.FLAGS.set(copy, at, 3); // BEGIN and END
        QxlPathSeg.COUNT.set(copy, at, 2);
        at += QxlPathSeg.STRUCT.size();
        QxlPoint.X.set(copy, at, x1 << 4);
        QxlPoint.Y.set(copy, at, y1 << 4);
        QxlPoint.X.set(copy, at + QxlPathSeg.POINT_BYTES, x2 << 4);
        QxlPoint.Y.set(copy, at + QxlPathSeg.POINT_BYTES, y2 << 4);
    }

    @Test
    void textFillsItsBackgroundAndDrawsItsGlyphs() {
        draw(QxlDrawType.TEXT, (slot, x) -> {
            long at = QxlDrawable.TEXT.at(0);
            solid(slot, QxlText.FORE_BRUSH.at(at), RED);
            solid(slot, QxlText.BACK_BRUSH.at(at), GREY);
            area(slot, QxlText.BACK_AREA.at(at), 0, 0, 4, 8);
            slot.styleOffset = slot.reserve(QxlString.STRUCT.size());
            QxlString.LENGTH.set(slot.snapshot(), slot.styleOffset, 1);
            QxlString.FLAGS.set(slot.snapshot(), slot.styleOffset, QxlFlags.STRING_A8);
            slot.dataLength = (int) QxlRasterGlyph.STRUCT.size() + 2;
            slot.dataOffset = slot.reserve(slot.dataLength);
            MemorySegment copy = slot.snapshot();
            copy.asSlice(slot.dataOffset, slot.dataLength).fill((byte) 0);
            QxlPoint.X.set(copy, QxlRasterGlyph.RENDER_POS.at(slot.dataOffset), 5);
            QxlPoint.Y.set(copy, QxlRasterGlyph.GLYPH_ORIGIN.at(slot.dataOffset), 2);
            QxlRasterGlyph.WIDTH.set(copy, slot.dataOffset, 1);
            QxlRasterGlyph.HEIGHT.set(copy, slot.dataOffset, 2);
            long bytes = slot.dataOffset + QxlRasterGlyph.STRUCT.size();
            copy.set(ValueLayout.JAVA_BYTE, bytes + 1, (byte) 255); // the top row comes last
        });
        assertEquals(RED, pixel(5, 2));
        assertEquals(GREY, pixel(5, 3));
        assertEquals(GREY, pixel(0, 0));
        assertEquals(BLUE, pixel(8, 0));
    }

    @Test
    void copiesAPictureInQuicThatLiesInPieces() {
        EncodedBytes encoded = quic(SurfaceFormat.XRGB_32, 0x010203);
        draw(QxlDrawType.COPY, (slot, x) -> copyQuic(slot, encoded.length()));
        assertEquals(List.of(), pipe.faults);
        for (int i = 0; i < 16 * 8; i++) {
            assertEquals(i * 0x010203, pixel(i % 16, i / 16), "pixel " + i);
        }
    }

    /** As the reference does it: it decodes them to 32 bits at once, of which it leaves the fourth byte 0. */
    @Test
    void aQuicPictureOf16BitsIsTransparentOnASurfaceWithAlpha() {
        int offset = 1 << 14;
        EncodedBytes encoded = quic(SurfaceFormat.RGB_555, 0x0421);
        pipe.surface(1, SurfaceFormat.ARGB_32, 16, 8, 4 * 16, offset, 0);
        pipe.put(slot -> {
            Pipe.drawable(slot, 1, QxlDrawType.COPY);
            Pipe.box(slot, 0, 0, 8, 16);
            copyQuic(slot, encoded.length());
        });
        pipe.update(1, 0, 0, 8, 16);
        pipe.drain();
        assertEquals(List.of(), pipe.faults);
        for (int i = 0; i < 32; i++) {
            int grey = i << 3 | i >> 2;
            assertEquals(grey * 0x01_0101, pipe.guest.get(ValueLayout.JAVA_INT, offset + 4L * i), "pixel " + i);
        }
    }

    @Test
    void aQuicPictureThatDoesNotDecodeIsAFault() {
        EncodedBytes encoded = quic(SurfaceFormat.XRGB_32, 0x010203);
        pipe.guest.set(ValueLayout.JAVA_BYTE, 0, (byte) 0); // no magic
        draw(QxlDrawType.COPY, (slot, x) -> copyQuic(slot, encoded.length()));
        assertEquals(List.of(GuestFault.QUIC_MALFORMED), pipe.faults);
        assertEquals(BLUE, pixel(3, 3));
    }

    /** 16 x 8 pixels in QUIC, each {@code step} more, at the start of the guest's memory, the second half a page farther on. */
    private EncodedBytes quic(SurfaceFormat format, int step) {
        Pixmap pixmap = new Pixmap();
        pixmap.resize(format, 16, 8);
        for (int i = 0; i < 16 * 8; i++) {
            pixmap.pixels()[i] = i * step;
        }
        EncodedBytes encoded = new EncodedBytes();
        new QuicEncoder().encode(pixmap, encoded);
        int half = encoded.length() / 2;
        MemorySegment bytes = encoded.bytes();
        MemorySegment.copy(bytes, 0, pipe.guest, 0, half);
        MemorySegment.copy(bytes, half, pipe.guest, 4096, encoded.length() - half);
        return encoded;
    }

    private void copyQuic(CommandSlot slot, int length) {
        long at = QxlDrawable.COPY.at(0);
        int image = slot.reserve(QxlImage.STRUCT.size());
        MemorySegment copy = slot.snapshot();
        copy.asSlice(image, QxlImage.STRUCT.size()).fill((byte) 0);
        QxlImageDescriptor.TYPE.set(copy, image, QxlFlags.IMAGE_QUIC);
        QxlImageDescriptor.WIDTH.set(copy, image, 16);
        QxlImageDescriptor.HEIGHT.set(copy, image, 8);
        QxlQuicData.DATA_SIZE.set(copy, QxlImage.QUIC.at(image), length);
        area(slot, QxlCopy.SRC_AREA.at(at), 0, 0, 8, 16);
        QxlCopy.ROP_DESCRIPTOR.set(copy, at, PUT);
        slot.addPiece(pipe.guest, 0, length / 2);
        slot.addPiece(pipe.guest, 4096, length - length / 2);
        slot.setImage(CommandSlot.SOURCE, image, 0, 2);
    }
}
