package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes every compressed image of a display channel. Pixels come out as the picture's own, which
 * {@link org.spiceshm.canvas.Image#ofPixmap} then draws:
 *
 * <pre>
 * picture                                         pixmap    top byte
 * QUIC, LZ RGB16; LZ4 16BIT                       RGB_555   -
 * QUIC, LZ, GLZ RGB24 and RGB32; GLZ RGB16; JPEG  XRGB_32   0
 * LZ with a palette                               XRGB_32   0
 * LZ4 24BIT                                       XRGB_32   255
 * LZ4 32BIT                                       XRGB_32   the fourth byte of the data
 * QUIC, LZ, GLZ, LZ4 RGBA; JPEG with alpha        ARGB_32   alpha
 * LZ A8                                           A8        -
 * </pre>
 *
 * <p>Reused, and allocates only when a picture is larger than all before it, but for refusals; owned by one thread.
 */
public final class ImageDecoder implements AutoCloseable {
    /** No picture has more pixels: 256 MiB of them. */
    public static final int MAX_PIXELS = 1 << 26;

    /** GLZ cannot take more: a token of two bytes for every pixel, and a header. */
    private static final int MAX_GLZ_BYTES_PER_PIXEL = 8;

    private final QuicDecoder quic = new QuicDecoder();
    private final LzDecoder lz = new LzDecoder();
    private final GlzDecoder glz = new GlzDecoder();
    private final Lz4Decoder lz4 = new Lz4Decoder();
    private final JpegDecoder jpeg = new JpegDecoder();
    private final CompressedBytes deflated = new CompressedBytes();
    private final Inflater inflater = new Inflater();

    /**
     * Decodes one picture.
     *
     * @param palette the colours of an {@link Image.LzPalette}, wherever they are kept; no other picture needs them
     * @param paletteFormat what the colours are: RGB_555 when the picture goes to a surface of that format, else XRGB_32
     * @param window the session's GLZ window
     * @throws MalformedMessageException when the picture is not as its format demands; the target is undefined then
     * @throws IllegalArgumentException for images that are not compressed
     */
    public void decode(
            Image image, @Nullable Palette palette, SurfaceFormat paletteFormat, GlzWindow window, Pixmap target)
            throws MalformedMessageException {
        int width = image.descriptor().width();
        int height = image.descriptor().height();
        checkSize(width, height);
        switch (image) {
            case Image.Compressed compressed -> decode(compressed, width, height, window, target);
            case Image.LzPalette indexed -> lz.decode(indexed.data(), width, height, palette, paletteFormat, target);
            case Image.ZlibGlz deflated -> {
                inflate(deflated, (long) width * height);
                glz.decodeInput(width, height, window, target);
            }
            case Image.JpegAlpha both -> {
                jpeg.decode(both.jpeg(), width, height, target);
                lz.decodeAlpha(both.alpha(), both.topDown(), target);
            }
            case Image.Bitmap other -> throw notCompressed(other);
            case Image.FromCache other -> throw notCompressed(other);
            case Image.Surface other -> throw notCompressed(other);
        }
    }

    /** Frees zlib's memory. */
    @Override
    public void close() {
        inflater.end();
    }

    private void decode(Image.Compressed image, int width, int height, GlzWindow window, Pixmap target)
            throws MalformedMessageException {
        MemorySegment data = image.data();
        switch (image.codec()) {
            case QUIC -> quic.decode(data, width, height, target);
            case LZ_RGB -> lz.decode(data, width, height, target);
            case GLZ_RGB -> glz.decode(data, width, height, window, target);
            case JPEG -> jpeg.decode(data, width, height, target);
            case LZ4 -> lz4.decode(data, width, height, target);
        }
    }

    private static void checkSize(int width, int height) throws MalformedMessageException {
        if (!(1 <= width && width <= Surface.MAX_SIZE_PIXELS)
                || !(1 <= height && height <= Surface.MAX_SIZE_PIXELS)
                || !((long) width * height <= MAX_PIXELS)) {
            throw new MalformedMessageException(
                    "ImageDescriptor",
                    "width and height",
                    "got " + width + "x" + height + ", expected 1 to " + Surface.MAX_SIZE_PIXELS + " each way and "
                            + MAX_PIXELS + " pixels");
        }
    }

    private void inflate(Image.ZlibGlz image, long pixels) throws MalformedMessageException {
        long size = image.glzBytes();
        if (!(size <= pixels * MAX_GLZ_BYTES_PER_PIXEL + GlzHeader.STRUCT.size())) {
            throw malformed("glz_data_size", "got " + size + ", too many for " + pixels + " pixels");
        }
        CompressedBytes output = glz.input();
        // INVARIANT: pixels <= 2^26, so size is less than 2^30.
        output.room((int) size);
        inflater.reset();
        deflated.load(image.data());
        inflater.setInput(deflated.array(), 0, deflated.length());
        int got = 0;
        try {
            int part;
            do {
                part = inflater.inflate(output.array(), got, (int) size - got);
                got += part;
            } while (part != 0 && got < size);
        } catch (DataFormatException e) {
            throw malformed("data", "got " + e.getMessage() + ", expected zlib");
        }
        if (!(got == size)) {
            throw malformed("data", "got " + got + " inflated bytes, expected " + size);
        }
    }

    private static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException("ZlibGlzRGBData", field, detail);
    }

    private static IllegalArgumentException notCompressed(Image image) {
        return new IllegalArgumentException("image: got " + image.getClass().getSimpleName() + ", expected a codec's");
    }
}
