package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Once its buffers are large enough, no codec allocates. */
final class CodecAllocationTest {
    private static final int WIDTH = 61;
    private static final int HEIGHT = 40;
    private static final Image.Descriptor DESCRIPTOR = new Image.Descriptor(1, 0, WIDTH, HEIGHT);
    private static final int WARM_UP = 2000;
    private static final int PICTURES = 500;
    private static final int WINDOW_PIXELS = 10 * WIDTH * HEIGHT;
    private static final int QUALITY = 85;
    private static final SurfaceFormat[] COLORS = {SurfaceFormat.XRGB_32, SurfaceFormat.ARGB_32, SurfaceFormat.RGB_555};

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What is done with one picture. */
    interface Step {
        void run() throws MalformedMessageException;
    }

    static List<Arguments> steps() {
        List<Arguments> steps = new ArrayList<>();
        for (SurfaceFormat format : COLORS) {
            Pixmap picture = picture(format);
            QuicEncoder quic = new QuicEncoder();
            addPair(steps, "QUIC " + format, Image.Codec.QUIC, target -> quic.encode(picture, target));
            LzEncoder lz = new LzEncoder();
            addPair(steps, "LZ " + format, Image.Codec.LZ_RGB, target -> lz.encode(picture, target));
            Lz4Encoder lz4 = new Lz4Encoder();
            addPair(steps, "LZ4 " + format, Image.Codec.LZ4, target -> lz4.encode(picture, target));
            GlzEncoder glz = new GlzEncoder(new GlzDictionary(WINDOW_PIXELS));
            add(steps, "GLZ " + format + " encoded", target -> glz.encode(picture, target));
            add(steps, "GLZ " + format + " there and back", thereAndBack(picture));
        }
        addGlzInZlib(steps);
        addJpeg(steps);
        addPalette(steps);
        return steps;
    }

    private interface Encoding {
        void into(EncodedBytes target) throws MalformedMessageException;
    }

    private static void add(List<Arguments> steps, String name, Encoding encoding) {
        EncodedBytes target = new EncodedBytes();
        Step step = () -> {
            target.clear();
            encoding.into(target);
        };
        steps.add(Arguments.of(name, step));
    }

    private static void addPair(List<Arguments> steps, String name, Image.Codec codec, Encoding encoding) {
        add(steps, name + " encoded", encoding);
        addDecoding(steps, name, new Image.Compressed(DESCRIPTOR, codec, encoded(encoding)));
    }

    private static void addDecoding(List<Arguments> steps, String name, Image image) {
        ImageDecoder decoder = new ImageDecoder();
        GlzWindow window = new GlzWindow(WINDOW_PIXELS);
        Palette palette = new Palette(1, MemorySegment.ofArray(new byte[1024]));
        Pixmap target = new Pixmap();
        Step step = () -> {
            window.clear();
            decoder.decode(image, palette, SurfaceFormat.XRGB_32, window, target);
        };
        steps.add(Arguments.of(name + " decoded", step));
    }

    /** A session: pictures have ever new ids, and old ones leave the window. */
    private static Encoding thereAndBack(Pixmap picture) {
        GlzEncoder encoder = new GlzEncoder(new GlzDictionary(WINDOW_PIXELS));
        GlzDecoder decoder = new GlzDecoder();
        GlzWindow window = new GlzWindow(WINDOW_PIXELS);
        Pixmap read = new Pixmap();
        return target -> {
            encoder.encode(picture, target);
            MemorySegment room = decoder.input().room(target.length());
            MemorySegment.copy(target.segment(), 0, room, 0, target.length());
            decoder.decodeInput(WIDTH, HEIGHT, window, read);
        };
    }

    private static void addGlzInZlib(List<Arguments> steps) {
        EncodedBytes glz = new EncodedBytes();
        new GlzEncoder(new GlzDictionary(WINDOW_PIXELS)).encode(picture(SurfaceFormat.XRGB_32), glz);
        ZlibGlzEncoder zlib = new ZlibGlzEncoder();
        add(steps, "ZLIB_GLZ encoded", target -> zlib.encode(glz, target));
        MemorySegment data = encoded(target -> zlib.encode(glz, target));
        addDecoding(steps, "ZLIB_GLZ", new Image.ZlibGlz(DESCRIPTOR, glz.length(), data));
    }

    private static void addJpeg(List<Arguments> steps) {
        Pixmap picture = picture(SurfaceFormat.ARGB_32);
        JpegEncoder jpeg = new JpegEncoder();
        LzEncoder lz = new LzEncoder();
        addPair(steps, "JPEG", Image.Codec.JPEG, target -> jpeg.encode(picture, QUALITY, target));
        add(steps, "XXXA encoded", target -> lz.encodeAlpha(picture, target));
        MemorySegment colors = encoded(target -> jpeg.encode(picture, QUALITY, target));
        MemorySegment alpha = encoded(target -> lz.encodeAlpha(picture, target));
        addDecoding(steps, "JPEG_ALPHA", new Image.JpegAlpha(DESCRIPTOR, true, colors, alpha));
    }

    /** A8 is written as PLT8 is, but for its number. */
    private static void addPalette(List<Arguments> steps) {
        MemorySegment data = encoded(target -> new LzEncoder().encode(picture(SurfaceFormat.A8), target));
        addDecoding(steps, "LZ A8", new Image.Compressed(DESCRIPTOR, Image.Codec.LZ_RGB, data));
        MemorySegment indexed = encoded(target -> new LzEncoder().encode(picture(SurfaceFormat.A8), target));
        indexed.set(ValueLayout.JAVA_BYTE, 11, (byte) LzImageType.PLT8.number());
        addDecoding(steps, "LZ PLT8", new Image.LzPalette(DESCRIPTOR, true, new PaletteRef.None(), indexed));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("steps")
    void allocatesNothingForAPicture(String name, Step step) throws MalformedMessageException {
        run(step, WARM_UP);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        run(step, PICTURES);
        long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertTrue(bytes < PICTURES, () -> name + ": got " + bytes + " bytes for " + PICTURES + " pictures");
    }

    private static void run(Step step, int pictures) throws MalformedMessageException {
        for (int i = 0; i < pictures; i++) {
            step.run();
        }
    }

    private static MemorySegment encoded(Encoding encoding) {
        EncodedBytes target = new EncodedBytes();
        try {
            encoding.into(target);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
        return MemorySegment.ofArray(target.bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    /** Noise, runs and repeated parts. */
    private static Pixmap picture(SurfaceFormat format) {
        Pixmap picture = new Pixmap();
        picture.resize(format, WIDTH, HEIGHT);
        int[] pixels = picture.pixels();
        Random random = new Random(3);
        int mask = (int) (0xffff_ffffL >>> (Integer.SIZE - format.bitsPerPixel()));
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            boolean repeats = i >= 100 && i % 100 < 80;
            pixels[i] = repeats ? pixels[i - 100 + i % 7 / 6] : random.nextInt() & mask & (i % 3 == 0 ? -1 : 0x0f0f);
        }
        return picture;
    }
}
