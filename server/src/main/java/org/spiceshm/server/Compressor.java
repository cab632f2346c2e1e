package org.spiceshm.server;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.canvas.codec.EncodedBytes;
import org.spiceshm.canvas.codec.GlzDictionary;
import org.spiceshm.canvas.codec.GlzEncoder;
import org.spiceshm.canvas.codec.Lz4Encoder;
import org.spiceshm.canvas.codec.LzEncoder;
import org.spiceshm.canvas.codec.QuicEncoder;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.DisplayBase;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.QMask;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Makes compressed DRAW_COPYs of what is on the screen. One a server, owned by its encoding thread, so that what costs
 * milliseconds delays neither the guest nor a client that is told damage. Its encoders and buffers are used again for every
 * picture; what it returns is not.
 */
final class Compressor {
    private static final int ROP_PUT = 8;
    private static final int COLORS = 0xff_ffff;

    private final Pixmap picture = new Pixmap();
    private final EncodedBytes encoded = new EncodedBytes();
    private final QuicEncoder quic = new QuicEncoder();
    private final LzEncoder lz = new LzEncoder();
    private final Lz4Encoder lz4 = new Lz4Encoder();

    /**
     * A part of the primary as it is now.
     *
     * @param dictionary what the client keeps of earlier pictures, or null; a picture that refers to it must be sent
     */
    DrawMessage.Copy compress(
            Primary primary, Rect part, long imageId, CompressionChoice choice, @Nullable Dictionary dictionary) {
        int width = part.right() - part.left();
        picture.resize(SurfaceFormat.XRGB_32, width, part.bottom() - part.top());
        MemorySegment pixels = MemorySegment.ofArray(picture.pixels());
        for (int y = part.top(); y < part.bottom(); y++) {
            primary.copyRow(y, part.left(), width, pixels, (long) Integer.BYTES * width * (y - part.top()));
        }
        return compress(part, imageId, choice, dictionary);
    }

    /** A whole picture, 4 bytes a pixel without padding; {@code whole} is all of the primary. */
    DrawMessage.Copy compress(MemorySegment pixels, Rect whole, long imageId, CompressionChoice choice) {
        picture.resize(SurfaceFormat.XRGB_32, whole.right(), whole.bottom());
        MemorySegment.copy(pixels, 0, MemorySegment.ofArray(picture.pixels()), 0, pixels.byteSize());
        return compress(whole, imageId, choice, null);
    }

    private DrawMessage.Copy compress(
            Rect box, long imageId, CompressionChoice choice, @Nullable Dictionary dictionary) {
        dropUnusedByte();
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        Image.Descriptor descriptor = new Image.Descriptor(imageId, 0, width, height);
        return new DrawMessage.Copy(
                new DisplayBase(Primary.ID, box, new Clip.None()),
                image(descriptor, choice, dictionary),
                new Rect(0, 0, height, width),
                ROP_PUT,
                0,
                QMask.NONE);
    }

    /** Nobody looks at it, but it would make equal pixels differ. */
    private void dropUnusedByte() {
        int[] pixels = picture.pixels();
        int count = picture.widthPixels() * picture.heightPixels();
        for (int i = 0; i < count; i++) {
            pixels[i] &= COLORS;
        }
    }

    private Image image(Image.Descriptor descriptor, CompressionChoice choice, @Nullable Dictionary dictionary) {
        encoded.clear();
        int window = dictionary == null ? 0 : dictionary.windowPixels;
        Image.@Nullable Codec codec = switch (choice.forPicture(picture, window)) {
            case QUIC -> {
                quic.encode(picture, encoded);
                yield Image.Codec.QUIC;
            }
            case LZ -> {
                lz.encode(picture, encoded);
                yield Image.Codec.LZ_RGB;
            }
            case LZ4 -> {
                lz4.encode(picture, encoded);
                yield Image.Codec.LZ4;
            }
            case GLZ -> {
                if (dictionary == null) {
                    throw new IllegalStateException("GLZ was chosen without a dictionary");
                }
                dictionary.encoder.encode(picture, encoded);
                yield Image.Codec.GLZ_RGB;
            }
            case OFF, AUTO_GLZ, AUTO_LZ -> null;
        };
        int rawBytes = Integer.BYTES * picture.widthPixels() * picture.heightPixels();
        // A picture that is in the client's window by number must be sent, however long it has become.
        if (codec == null || (codec != Image.Codec.GLZ_RGB && encoded.length() >= rawBytes)) {
            return raw(descriptor, rawBytes);
        }
        MemorySegment bytes = MemorySegment.ofArray(encoded.bytes().toArray(JAVA_BYTE));
        return new Image.Compressed(descriptor, codec, bytes);
    }

    private Image raw(Image.Descriptor descriptor, int bytes) {
        MemorySegment pixels = MemorySegment.ofArray(picture.pixels()).asSlice(0, bytes);
        return new Image.Bitmap(
                descriptor,
                BitmapFormat.BIT_32,
                true,
                picture.widthPixels(),
                picture.heightPixels(),
                Integer.BYTES * picture.widthPixels(),
                new PaletteRef.None(),
                MemorySegment.ofArray(pixels.toArray(JAVA_BYTE)));
    }

    /** What one client keeps of earlier pictures, for all its display channels. Owned by the encoding thread. */
    static final class Dictionary {
        /** However much a client announces, so that many clients cannot fill our memory. */
        private static final int MAX_WINDOW_PIXELS = 1 << 23;

        private final int windowPixels;
        private final GlzEncoder encoder;

        /** For a client whose window is larger than 0. */
        Dictionary(int announcedPixels) {
            windowPixels = Math.min(announcedPixels, MAX_WINDOW_PIXELS);
            encoder = new GlzEncoder(new GlzDictionary(windowPixels));
        }
    }
}
