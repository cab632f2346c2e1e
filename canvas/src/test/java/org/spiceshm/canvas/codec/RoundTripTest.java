package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.GoldenVectors;
import org.spiceshm.canvas.GoldenVectors.Case;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** What the encoders write is read back to the same pixels, and is no longer than what the reference writes. */
final class RoundTripTest {
    private static final GoldenVectors VECTORS = GoldenVectors.load("codec");
    private static final int RANDOM_PICTURES = 60;

    /** Reused by all, as in a server, so that one picture's remains would be seen in the next. */
    private static final QuicEncoder QUIC = new QuicEncoder();

    private static final LzEncoder LZ = new LzEncoder();
    private static final Lz4Encoder LZ4 = new Lz4Encoder();
    private static final QuicDecoder QUIC_DECODER = new QuicDecoder();
    private static final LzDecoder LZ_DECODER = new LzDecoder();
    private static final Lz4Decoder LZ4_DECODER = new Lz4Decoder();
    private static final GlzDecoder GLZ_DECODER = new GlzDecoder();
    private static final EncodedBytes ENCODED = new EncodedBytes();

    static Stream<Case> images() {
        return VECTORS.cases().stream()
                .filter(it -> it.text("kind").equals("image") && it.number("image_type") != 0 && !it.flag("lossy"));
    }

    static Stream<Case> quicImages() {
        return images().filter(it -> it.text("image_type_name").equals("QUIC"));
    }

    static Stream<Case> sequences() {
        return VECTORS.cases().stream().filter(it -> it.text("kind").equals("glz_sequence"));
    }

    static IntStream seeds() {
        return IntStream.range(0, RANDOM_PICTURES);
    }

    @ParameterizedTest
    @MethodSource("images")
    void everyCodecReadsBackWhatItWrites(Case image) throws MalformedMessageException {
        checkAll(decode(image, new GlzWindow(GlzWindow.MAX_PIXELS)));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void readsBackRandomPictures(int seed) throws MalformedMessageException {
        checkAll(picture(new Random(seed), 1 + seed * 7 % 90, 1 + seed * 5 % 70));
    }

    @ParameterizedTest
    @MethodSource("quicImages")
    void quicIsWrittenAsTheReferenceWritesIt(Case image) throws MalformedMessageException {
        MemorySegment expected = compressed(image);
        Pixmap picture = decode(image, new GlzWindow(GlzWindow.MAX_PIXELS));
        ENCODED.clear();
        QUIC.encode(picture, ENCODED);
        byte[] written = ENCODED.bytes().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        written[8] = (byte) image.number("quic_type"); // RGB24 and RGB32 are the same pixels
        assertArrayEquals(expected.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), written);
    }

    @Test
    void lzIsNoLongerThanTheReferences() throws MalformedMessageException {
        checkLength("LZ_RGB", picture -> LZ.encode(picture, ENCODED));
    }

    /** But for pictures of 24 bits, which we write as 32. */
    @Test
    void lz4IsNoLongerThanTheReferences() throws MalformedMessageException {
        checkLength("LZ4", picture -> LZ4.encode(picture, ENCODED));
    }

    private static void checkLength(String type, Consumer<Pixmap> encoder) throws MalformedMessageException {
        long reference = 0;
        long ours = 0;
        for (Case image : images().toList()) {
            if (image.text("image_type_name").equals(type) && !image.text("bin").contains("_24bit_")) {
                ENCODED.clear();
                encoder.accept(decode(image, new GlzWindow(GlzWindow.MAX_PIXELS)));
                reference += image.number("data_size");
                ours += ENCODED.length();
            }
        }
        assertTrue(ours <= reference, ours + " bytes, the reference " + reference);
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void glzReadsBackSequencesOfSeveralEncoders(Case sequence) throws MalformedMessageException {
        int windowPixels = sequence.number("window_pixels");
        GlzDictionary dictionary = new GlzDictionary(windowPixels);
        List<GlzEncoder> encoders = List.of(new GlzEncoder(dictionary), new GlzEncoder(dictionary));
        GlzWindow window = new GlzWindow(windowPixels);
        GlzWindow source = new GlzWindow(windowPixels);
        long reference = 0;
        long ours = 0;
        int turn = 0;
        for (Case image : sequence.objects("images")) {
            Pixmap picture = copy(decode(image, source));
            ENCODED.clear();
            encoders.get(turn++ % encoders.size()).encode(picture, ENCODED);
            reference += image.number("glz_size");
            ours += ENCODED.length();
            Pixmap read = new Pixmap();
            GLZ_DECODER.decode(ENCODED.bytes(), picture.widthPixels(), picture.heightPixels(), window, read);
            assertSame(picture, read, image.text("bin"));
        }
        assertTrue(ours <= 1.05 * reference, ours + " bytes, the reference " + reference);
    }

    @Test
    void glzKeepsToASmallWindowOfMixedPictures() throws MalformedMessageException {
        int windowPixels = 5000;
        GlzDictionary dictionary = new GlzDictionary(windowPixels);
        GlzEncoder encoder = new GlzEncoder(dictionary);
        GlzWindow window = new GlzWindow(windowPixels);
        Random random = new Random(4);
        Pixmap picture = picture(random, 60, 40);
        for (int i = 0; i < 300; i++) {
            if (random.nextInt(3) != 0) {
                picture = picture(random, 1 + random.nextInt(90), 1 + random.nextInt(50));
            }
            if (picture.format() == SurfaceFormat.A8) {
                continue;
            }
            ENCODED.clear();
            encoder.encode(picture, ENCODED);
            Pixmap read = new Pixmap();
            GLZ_DECODER.decode(ENCODED.bytes(), picture.widthPixels(), picture.heightPixels(), window, read);
            assertSame(widened(picture), read, "picture " + i);
            assertTrue(window.keptPixels() <= windowPixels, "picture " + i);
        }
    }

    /** The pixel above is further away than LZ4 can say. */
    @Test
    void readsBackAPictureOfTheGreatestWidth() throws MalformedMessageException {
        Pixmap row = picture(new Random(7), Surface.MAX_SIZE_PIXELS, 1);
        row.resize(SurfaceFormat.XRGB_32, Surface.MAX_SIZE_PIXELS, 1);
        Pixmap picture = new Pixmap();
        picture.resize(SurfaceFormat.XRGB_32, Surface.MAX_SIZE_PIXELS, 3);
        for (int y = 0; y < 3; y++) {
            System.arraycopy(row.pixels(), 0, picture.pixels(), y * Surface.MAX_SIZE_PIXELS, Surface.MAX_SIZE_PIXELS);
        }
        checkAll(picture);
    }

    @Test
    void refusesWhatACodecCannotHold() {
        Pixmap alpha = new Pixmap();
        alpha.resize(SurfaceFormat.A8, 4, 4);
        assertThrows(IllegalArgumentException.class, () -> QUIC.encode(alpha, ENCODED));
        assertThrows(IllegalArgumentException.class, () -> LZ4.encode(alpha, ENCODED));
        GlzEncoder small = new GlzEncoder(new GlzDictionary(15));
        Pixmap colors = new Pixmap();
        colors.resize(SurfaceFormat.XRGB_32, 4, 4);
        assertThrows(IllegalArgumentException.class, () -> small.encode(colors, ENCODED));
    }

    private static void checkAll(Pixmap decoded) throws MalformedMessageException {
        Pixmap picture = copy(decoded);
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        Pixmap read = new Pixmap();
        ENCODED.clear();
        LZ.encode(picture, ENCODED);
        LZ_DECODER.decode(ENCODED.bytes(), width, height, read);
        assertSame(picture, read, "LZ");
        if (picture.format() == SurfaceFormat.A8) {
            return;
        }
        ENCODED.clear();
        QUIC.encode(picture, ENCODED);
        QUIC_DECODER.decode(ENCODED.bytes(), width, height, read);
        assertSame(picture, read, "QUIC");
        ENCODED.clear();
        LZ4.encode(picture, ENCODED);
        LZ4_DECODER.decode(ENCODED.bytes(), width, height, read);
        assertSame(picture, read, "LZ4");
        ENCODED.clear();
        new GlzEncoder(new GlzDictionary(GlzWindow.MAX_PIXELS)).encode(picture, ENCODED);
        GLZ_DECODER.decode(ENCODED.bytes(), width, height, new GlzWindow(GlzWindow.MAX_PIXELS), read);
        assertSame(widened(picture), read, "GLZ");
    }

    /** Noise, flat areas, gradients and repeated lines, in one of the four formats. */
    private static Pixmap picture(Random random, int width, int height) {
        Pixmap picture = new Pixmap();
        SurfaceFormat[] formats = {SurfaceFormat.XRGB_32, SurfaceFormat.ARGB_32, SurfaceFormat.RGB_555, SurfaceFormat.A8
        };
        SurfaceFormat format = formats[random.nextInt(formats.length)];
        picture.resize(format, width, height);
        int mask = switch (format) {
            case XRGB_32 -> 0xff_ffff;
            case RGB_555 -> 0x7fff;
            case A8 -> 0xff;
            default -> -1;
        };
        int[] pixels = picture.pixels();
        int[] colors = random.ints(4).toArray();
        for (int i = 0; i < width * height; ) {
            int run = 1 + random.nextInt(3 * width);
            int kind = random.nextInt(4);
            int from = random.nextInt(i + 1);
            for (int end = Math.min(i + run, width * height); i < end; i++, from++) {
                pixels[i] = mask
                        & switch (kind) {
                            case 0 -> random.nextInt();
                            case 1 -> colors[run % colors.length];
                            case 2 -> pixels[from];
                            default -> i * 0x01_0203;
                        };
            }
        }
        return picture;
    }

    /** As a GLZ window keeps it. */
    private static Pixmap widened(Pixmap picture) {
        if (picture.format() != SurfaceFormat.RGB_555) {
            return picture;
        }
        Pixmap wide = new Pixmap();
        wide.resize(SurfaceFormat.XRGB_32, picture.widthPixels(), picture.heightPixels());
        for (int i = 0; i < picture.widthPixels() * picture.heightPixels(); i++) {
            wide.pixels()[i] = SurfaceFormat.RGB_555.toRgb(picture.pixels()[i]);
        }
        return wide;
    }

    private static Pixmap copy(Pixmap picture) {
        Pixmap copy = new Pixmap();
        copy.resize(picture.format(), picture.widthPixels(), picture.heightPixels());
        // What LZ and QUIC keep of pixels without alpha; LZ4 keeps all.
        int mask = picture.format() == SurfaceFormat.XRGB_32 ? 0xff_ffff : -1;
        for (int i = 0; i < picture.widthPixels() * picture.heightPixels(); i++) {
            copy.pixels()[i] = picture.pixels()[i] & (picture.format() == SurfaceFormat.RGB_555 ? 0x7fff : mask);
        }
        return copy;
    }

    private static Pixmap decode(Case image, GlzWindow window) throws MalformedMessageException {
        Pixmap picture = new Pixmap();
        try (ImageDecoder decoder = new ImageDecoder()) {
            Image parsed = GoldenImage.parse(GoldenImage.body(image, VECTORS.bytes(image.text("bin"))));
            GoldenImage.decode(decoder, parsed, window, picture);
        }
        return picture;
    }

    private static MemorySegment compressed(Case image) throws MalformedMessageException {
        return ((Image.Compressed) GoldenImage.parse(GoldenImage.body(image, VECTORS.bytes(image.text("bin"))))).data();
    }

    private static void assertSame(Pixmap expected, Pixmap got, String what) {
        assertEquals(expected.format(), got.format(), what);
        assertEquals(expected.widthPixels(), got.widthPixels(), what);
        assertEquals(expected.heightPixels(), got.heightPixels(), what);
        int count = expected.widthPixels() * expected.heightPixels();
        assertEquals(-1, Arrays.mismatch(expected.pixels(), 0, count, got.pixels(), 0, count), what);
    }
}
