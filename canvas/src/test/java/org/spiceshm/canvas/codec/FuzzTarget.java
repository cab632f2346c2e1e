package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * What a fuzzer's input means to a decoder, and what must hold: a picture of the size that was asked for, or a refusal.
 * An input is width and height, 16 bits each, little-endian, and the stream.
 */
enum FuzzTarget {
    QUIC,
    LZ,
    LZ_PALETTE,
    GLZ,
    ZLIB_GLZ,
    LZ4,
    JPEG,
    JPEG_ALPHA;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final int HEAD_BYTES = 2 * Short.BYTES;
    private static final int SIDE_MASK = 0x1ff;
    private static final int PALETTE_BYTES = 16 * Integer.BYTES;
    private static final int WINDOW_PIXELS = 1 << 19;

    private static final ThreadLocal<ImageDecoder> DECODER = ThreadLocal.withInitial(ImageDecoder::new);

    /** The name of the fuzz test, and of the directory of its inputs. */
    String testName() {
        StringBuilder text = new StringBuilder();
        for (String word : name().toLowerCase(java.util.Locale.ROOT).split("_")) {
            text.append(text.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return text.toString();
    }

    /** Decodes the input; throws what no decoder may throw. */
    void run(byte[] input) {
        if (input.length < HEAD_BYTES) {
            return;
        }
        MemorySegment all = MemorySegment.ofArray(input).asReadOnly();
        int width = all.get(SHORT, 0) & SIDE_MASK;
        int height = all.get(SHORT, Short.BYTES) & SIDE_MASK;
        MemorySegment data = all.asSlice(HEAD_BYTES);
        Pixmap target = new Pixmap();
        try {
            decode(new Image.Descriptor(1, 0, width, height), data, target);
        } catch (MalformedMessageException e) {
            return;
        }
        if (target.widthPixels() != width || target.heightPixels() != height) {
            throw new IllegalStateException("a picture of " + target.widthPixels() + "x" + target.heightPixels());
        }
    }

    private void decode(Image.Descriptor descriptor, MemorySegment data, Pixmap target)
            throws MalformedMessageException {
        GlzWindow window = new GlzWindow(WINDOW_PIXELS);
        Palette palette = null;
        Image image = switch (this) {
            case QUIC -> new Image.Compressed(descriptor, Image.Codec.QUIC, data);
            case LZ -> new Image.Compressed(descriptor, Image.Codec.LZ_RGB, data);
            case GLZ -> new Image.Compressed(descriptor, Image.Codec.GLZ_RGB, data);
            case LZ4 -> new Image.Compressed(descriptor, Image.Codec.LZ4, data);
            case JPEG -> new Image.Compressed(descriptor, Image.Codec.JPEG, data);
            case LZ_PALETTE -> {
                palette = new Palette(1, MemorySegment.ofArray(new byte[PALETTE_BYTES]));
                yield new Image.LzPalette(descriptor, true, new org.spiceshm.protocol.spice.PaletteRef.None(), data);
            }
            case ZLIB_GLZ -> new Image.ZlibGlz(descriptor, 2L * descriptor.width() * descriptor.height(), data);
            case JPEG_ALPHA -> {
                long jpegBytes = data.byteSize() == 0 ? 0 : (data.get(ValueLayout.JAVA_BYTE, 0) & 0xff) * 16L;
                long split = Math.min(jpegBytes, data.byteSize());
                yield new Image.JpegAlpha(descriptor, true, data.asSlice(0, split), data.asSlice(split));
            }
        };
        DECODER.get().decode(image, palette, SurfaceFormat.XRGB_32, window, target);
    }
}
