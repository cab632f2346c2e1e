package org.spiceshm.benchmarks;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.codec.EncodedBytes;
import org.spiceshm.canvas.codec.GlzDecoder;
import org.spiceshm.canvas.codec.GlzDictionary;
import org.spiceshm.canvas.codec.GlzEncoder;
import org.spiceshm.canvas.codec.GlzWindow;
import org.spiceshm.canvas.codec.ImageDecoder;
import org.spiceshm.canvas.codec.JpegDecoder;
import org.spiceshm.canvas.codec.JpegEncoder;
import org.spiceshm.canvas.codec.Lz4Decoder;
import org.spiceshm.canvas.codec.Lz4Encoder;
import org.spiceshm.canvas.codec.LzDecoder;
import org.spiceshm.canvas.codec.LzEncoder;
import org.spiceshm.canvas.codec.QuicDecoder;
import org.spiceshm.canvas.codec.QuicEncoder;
import org.spiceshm.canvas.codec.ZlibGlzEncoder;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Every codec on one picture of 1280x800 and, for GLZ, on one that scrolls; time for a whole picture. {@code -Dspeed.dir=DIR}
 * names the directory of {@code PICTURE_1280x800.png} and {@code PICTURE_1280x864_scroll.png}; benchmarks/codecs hands it on.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
public class CodecBenchmark {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 800;
    private static final int SCROLLED = 5;
    private static final int SCROLL_LINES = 8;
    private static final int QUALITY = 85;
    private static final int WINDOW_PIXELS = 8 << 20;

    /** Which pictures. */
    @Param({"text", "photo"})
    public String picture = "";

    private Pixmap source = new Pixmap();
    private final Pixmap[] scrolled = new Pixmap[SCROLLED + 1];
    private final MemorySegment[] scrolledData = new MemorySegment[SCROLLED + 1];
    private final Pixmap target = new Pixmap();
    private final EncodedBytes encoded = new EncodedBytes();
    private final EncodedBytes deflated = new EncodedBytes();
    private MemorySegment quic = MemorySegment.NULL;
    private MemorySegment lz = MemorySegment.NULL;
    private MemorySegment lz4 = MemorySegment.NULL;
    private MemorySegment jpeg = MemorySegment.NULL;
    private MemorySegment glz = MemorySegment.NULL;
    private final EncodedBytes glzBytes = new EncodedBytes();
    private Image zlibGlz = new Image.FromCache(new Image.Descriptor(0, 0, WIDTH, HEIGHT), false);

    private final QuicEncoder quicEncoder = new QuicEncoder();
    private final LzEncoder lzEncoder = new LzEncoder();
    private final Lz4Encoder lz4Encoder = new Lz4Encoder();
    private final JpegEncoder jpegEncoder = new JpegEncoder();
    private final GlzDictionary dictionary = new GlzDictionary(WINDOW_PIXELS);
    private final GlzEncoder glzEncoder = new GlzEncoder(dictionary);
    private final ZlibGlzEncoder zlibGlzEncoder = new ZlibGlzEncoder();
    private final QuicDecoder quicDecoder = new QuicDecoder();
    private final LzDecoder lzDecoder = new LzDecoder();
    private final Lz4Decoder lz4Decoder = new Lz4Decoder();
    private final JpegDecoder jpegDecoder = new JpegDecoder();
    private final GlzDecoder glzDecoder = new GlzDecoder();
    private final GlzWindow window = new GlzWindow(WINDOW_PIXELS);
    private final ImageDecoder imageDecoder = new ImageDecoder();

    /** Reads the pictures and encodes what is to be decoded. */
    @Setup
    public void load() throws IOException {
        String directory = System.getProperty("speed.dir");
        if (directory == null) {
            throw new IOException("speed.dir: got no directory, expected -jvmArgsAppend -Dspeed.dir=DIR");
        }
        source = read(Path.of(directory, picture + "_1280x800.png"), 0);
        for (int i = 0; i <= SCROLLED; i++) {
            scrolled[i] = read(Path.of(directory, picture + "_1280x864_scroll.png"), i * SCROLL_LINES);
        }
        quicEncode();
        quic = nativeCopy(encoded);
        lzEncode();
        lz = nativeCopy(encoded);
        lz4Encode();
        lz4 = nativeCopy(encoded);
        jpegEncode();
        jpeg = nativeCopy(encoded);
        glzEncodeFirst();
        glz = nativeCopy(encoded);
        dictionary.clear();
        glzEncoder.encode(source, glzBytes);
        zlibGlzEncode();
        zlibGlz = new Image.ZlibGlz(new Image.Descriptor(0, 0, WIDTH, HEIGHT), glzBytes.length(), nativeCopy(deflated));
        dictionary.clear();
        for (int i = 0; i <= SCROLLED; i++) {
            encoded.clear();
            glzEncoder.encode(scrolled[i], encoded);
            scrolledData[i] = nativeCopy(encoded);
        }
    }

    private static Pixmap read(Path file, int top) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        Pixmap pixmap = new Pixmap();
        pixmap.resize(SurfaceFormat.XRGB_32, WIDTH, HEIGHT);
        image.getRGB(0, top, WIDTH, HEIGHT, pixmap.pixels(), 0, WIDTH);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            pixmap.pixels()[i] &= 0xff_ffff;
        }
        return pixmap;
    }

    private static MemorySegment nativeCopy(EncodedBytes bytes) {
        MemorySegment copy = Arena.ofAuto().allocate(bytes.length(), Long.BYTES);
        return copy.copyFrom(bytes.bytes());
    }

    /** QUIC. */
    @Benchmark
    public int quicEncode() {
        encoded.clear();
        quicEncoder.encode(source, encoded);
        return encoded.length();
    }

    /** QUIC. */
    @Benchmark
    public void quicDecode() throws MalformedMessageException {
        quicDecoder.decode(quic, WIDTH, HEIGHT, target);
    }

    /** LZ. */
    @Benchmark
    public int lzEncode() {
        encoded.clear();
        lzEncoder.encode(source, encoded);
        return encoded.length();
    }

    /** LZ. */
    @Benchmark
    public void lzDecode() throws MalformedMessageException {
        lzDecoder.decode(lz, WIDTH, HEIGHT, target);
    }

    /** LZ4. */
    @Benchmark
    public int lz4Encode() {
        encoded.clear();
        lz4Encoder.encode(source, encoded);
        return encoded.length();
    }

    /** LZ4. */
    @Benchmark
    public void lz4Decode() throws MalformedMessageException {
        lz4Decoder.decode(lz4, WIDTH, HEIGHT, target);
    }

    /** JPEG of quality 85. */
    @Benchmark
    public int jpegEncode() {
        encoded.clear();
        jpegEncoder.encode(source, QUALITY, encoded);
        return encoded.length();
    }

    /** JPEG of quality 85. */
    @Benchmark
    public void jpegDecode() throws MalformedMessageException {
        jpegDecoder.decode(jpeg, WIDTH, HEIGHT, target);
    }

    /** GLZ with an empty dictionary. */
    @Benchmark
    public int glzEncodeFirst() {
        dictionary.clear();
        encoded.clear();
        glzEncoder.encode(source, encoded);
        return encoded.length();
    }

    /** GLZ into an empty window. */
    @Benchmark
    public void glzDecodeFirst() throws MalformedMessageException {
        window.clear();
        glzDecoder.decode(glz, WIDTH, HEIGHT, window, target);
    }

    /** zlib over GLZ. */
    @Benchmark
    public int zlibGlzEncode() {
        deflated.clear();
        zlibGlzEncoder.encode(glzBytes, deflated);
        return deflated.length();
    }

    /** GLZ in zlib, into an empty window. */
    @Benchmark
    public void zlibGlzDecode() throws MalformedMessageException {
        window.clear();
        imageDecoder.decode(zlibGlz, null, SurfaceFormat.XRGB_32, window, target);
    }

    /**
     * Dictionary and window as they are when the first of the scrolled pictures has gone. Milliseconds of work come after.
     * JMH gives it codecs of its own, which the benchmarks below must use.
     */
    @State(Scope.Thread)
    public static class FirstSent {
        private CodecBenchmark codecs = new CodecBenchmark();

        /** Sends it. */
        @Setup(Level.Invocation)
        public void send(CodecBenchmark given) throws MalformedMessageException {
            codecs = given;
            given.dictionary.clear();
            given.encoded.clear();
            given.glzEncoder.encode(given.scrolled[0], given.encoded);
            given.window.clear();
            given.glzDecoder.decode(given.scrolledData[0], WIDTH, HEIGHT, given.window, given.target);
        }
    }

    /** A picture that is the one before it, moved by eight lines. */
    @Benchmark
    @OperationsPerInvocation(SCROLLED)
    public int glzEncodeScrolled(FirstSent firstSent) {
        CodecBenchmark codecs = firstSent.codecs;
        for (int i = 1; i <= SCROLLED; i++) {
            codecs.encoded.clear();
            codecs.glzEncoder.encode(codecs.scrolled[i], codecs.encoded);
        }
        return codecs.encoded.length();
    }

    /** The same. */
    @Benchmark
    @OperationsPerInvocation(SCROLLED)
    public void glzDecodeScrolled(FirstSent firstSent) throws MalformedMessageException {
        CodecBenchmark codecs = firstSent.codecs;
        for (int i = 1; i <= SCROLLED; i++) {
            codecs.glzDecoder.decode(codecs.scrolledData[i], WIDTH, HEIGHT, codecs.window, codecs.target);
        }
    }
}
