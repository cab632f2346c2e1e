package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.GoldenVectors;
import org.spiceshm.canvas.GoldenVectors.Case;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Every image that the reference client was given: the same pixels come out, and what it refuses is refused. */
final class GoldenDecodeTest {
    private static final GoldenVectors VECTORS = GoldenVectors.load("codec");
    /** By how much a JPEG may differ; other libraries than the reference's may do so by 3. */
    private static final int TOLERANCE = 0;

    private static final double MOST_OUTSIDE = 0.001;

    /** Reused by all cases, as in a client, so that one picture's remains would be seen in the next. */
    private static final ImageDecoder DECODER = new ImageDecoder();

    private static final Pixmap TARGET = new Pixmap();

    static Stream<Case> images() {
        return VECTORS.cases().stream().filter(it -> it.text("kind").equals("image"));
    }

    static Stream<Case> sequences() {
        return VECTORS.cases().stream().filter(it -> it.text("kind").equals("glz_sequence"));
    }

    static Stream<Case> invalid() {
        return VECTORS.cases().stream().filter(it -> it.text("kind").equals("invalid"));
    }

    @Test
    void vectorsAreThere() {
        assertTrue(images().findAny().isPresent());
        assertTrue(sequences().findAny().isPresent());
        assertTrue(invalid().findAny().isPresent());
    }

    @ParameterizedTest
    @MethodSource("images")
    void decodesToThePixelsOfTheReference(Case image) throws MalformedMessageException {
        check(image, new GlzWindow(GlzWindow.MAX_PIXELS));
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void decodesSequencesThatShareAWindow(Case sequence) throws MalformedMessageException {
        GlzWindow window = new GlzWindow(sequence.number("window_pixels"));
        for (Case image : sequence.objects("images")) {
            check(image, window);
        }
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void refusesWhatTheReferenceRefuses(Case invalid) throws MalformedMessageException {
        GlzWindow window = new GlzWindow(GlzWindow.MAX_PIXELS);
        for (Case previous : invalid.objects("previous")) {
            decode(previous, window);
        }
        if (!invalid.text("reference_behaviour").equals("accepted")) {
            assertThrows(MalformedMessageException.class, () -> decode(invalid, window), invalid.text("why"));
        }
    }

    private static void check(Case image, GlzWindow window) throws MalformedMessageException {
        decode(image, window);
        assertEquals(image.text("expected_format"), GoldenImage.formatName(TARGET), () -> "format of " + image);
        if (image.flag("lossy")) {
            GoldenImage.assertNear(VECTORS, image, TARGET, TOLERANCE, MOST_OUTSIDE);
        } else {
            assertEquals(image.text("expected_sha256"), GoldenImage.hash(TARGET), image.text("bin"));
        }
    }

    private static void decode(Case image, GlzWindow window) throws MalformedMessageException {
        MemorySegment body = GoldenImage.body(image, VECTORS.bytes(image.text("bin")));
        for (MemorySegment memory : List.of(body, GoldenImage.nativeCopy(body))) {
            Image parsed = GoldenImage.parse(memory);
            if (parsed instanceof Image.Bitmap bitmap) {
                readBitmap(bitmap);
                return;
            }
            GoldenImage.decode(DECODER, parsed, window, TARGET);
            if (parsed instanceof Image.ZlibGlz
                    || (parsed instanceof Image.Compressed compressed && compressed.codec() == Image.Codec.GLZ_RGB)) {
                return; // the window takes no picture twice
            }
        }
    }

    /** Raw bitmaps are no codec's; they are read as the canvas reads them. */
    private static void readBitmap(Image.Bitmap bitmap) {
        org.spiceshm.canvas.Image source = new org.spiceshm.canvas.Image();
        source.ofBitmap(bitmap.format(), bitmap.topDown(), bitmap.width(), bitmap.height(), bitmap.strideBytes());
        source.piece(bitmap.data(), 0, (int) bitmap.data().byteSize());
        if (bitmap.palette() instanceof PaletteRef.Inline inline) {
            Palette palette = inline.palette();
            int[] colors = new int[palette.size()];
            for (int i = 0; i < colors.length; i++) {
                colors[i] = palette.color(i);
            }
            source.palette(colors, colors.length);
        }
        SurfaceFormat format = switch (bitmap.format()) {
            case BIT_16 -> SurfaceFormat.RGB_555;
            case RGBA -> SurfaceFormat.ARGB_32;
            case A8 -> SurfaceFormat.A8;
            case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8, BIT_24, BIT_32 -> SurfaceFormat.XRGB_32;
        };
        TARGET.resize(format, bitmap.width(), bitmap.height());
        int[] row = new int[bitmap.width()];
        for (int y = 0; y < bitmap.height(); y++) {
            source.readRow(y, 0, bitmap.width(), row);
            System.arraycopy(row, 0, TARGET.pixels(), y * bitmap.width(), bitmap.width());
        }
    }
}
