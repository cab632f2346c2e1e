package org.spiceshm.canvas.codec;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.GoldenVectors;
import org.spiceshm.canvas.GoldenVectors.Case;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * One image of the codec vectors: its bytes brought into a message, and its pixels brought to the form that they are
 * hashed in, as the vectors' README.md says.
 */
final class GoldenImage {
    private static final Struct MESSAGE = Struct.littleEndian("golden image");
    private static final Struct.U32 POINTER = MESSAGE.u32("image");
    private static final Struct.U64 ID = MESSAGE.u64("id");
    private static final Struct.U8 TYPE = MESSAGE.u8("type");
    private static final Struct.U8 FLAGS = MESSAGE.u8("flags");
    private static final Struct.U32 WIDTH = MESSAGE.u32("width");
    private static final Struct.U32 HEIGHT = MESSAGE.u32("height");

    private static final int BITMAP = 0;
    private static final int LZ_PALETTE = 100;
    private static final int BITMAP_PALETTE_OFFSET = 14;
    private static final int LZ_PALETTE_OFFSET = 5;

    private GoldenImage() {}

    /** The message's body: a pointer, the descriptor and what the file holds, whose palette pointer is corrected. */
    static MemorySegment body(Case image, byte[] bin) {
        int type = image.number("image_type");
        int head = (int) MESSAGE.size();
        byte[] body = new byte[head + bin.length];
        System.arraycopy(bin, 0, body, head, bin.length);
        MemorySegment segment = MemorySegment.ofArray(body);
        POINTER.set(segment, 0, (int) ID.offset());
        TYPE.set(segment, 0, type);
        FLAGS.set(segment, 0, image.values().containsKey("descriptor_flags") ? image.number("descriptor_flags") : 0);
        WIDTH.set(segment, 0, image.number("width"));
        HEIGHT.set(segment, 0, image.number("height"));
        if (type == BITMAP || type == LZ_PALETTE) {
            int at = head + (type == BITMAP ? BITMAP_PALETTE_OFFSET : LZ_PALETTE_OFFSET);
            ByteBuffer buffer = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
            if (at + Integer.BYTES <= body.length && buffer.getInt(at) != 0) {
                buffer.putInt(at, buffer.getInt(at) + head);
            }
        }
        return segment;
    }

    static Image parse(MemorySegment body) throws MalformedMessageException {
        return Image.read(new BodyReader("golden image", body), POINTER, 0);
    }

    static @Nullable Palette palette(Image image) {
        return image instanceof Image.LzPalette indexed && indexed.palette() instanceof PaletteRef.Inline inline
                ? inline.palette()
                : null;
    }

    /** Decodes as a client would. */
    static void decode(ImageDecoder decoder, Image image, GlzWindow window, Pixmap target)
            throws MalformedMessageException {
        decoder.decode(image, palette(image), SurfaceFormat.XRGB_32, window, target);
    }

    static String formatName(Pixmap pixmap) {
        return switch (pixmap.format()) {
            case RGB_555, XRGB_32 -> "x8r8g8b8";
            case ARGB_32 -> "a8r8g8b8";
            case A8 -> "a8";
            case A1, RGB_565 -> throw new IllegalStateException("format " + pixmap.format());
        };
    }

    /** A pixel as it is hashed. */
    static int normal(SurfaceFormat format, int pixel) {
        return format == SurfaceFormat.ARGB_32 || format == SurfaceFormat.A8 ? pixel : format.toRgb(pixel);
    }

    static String hash(Pixmap pixmap) {
        int count = pixmap.widthPixels() * pixmap.heightPixels();
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            int pixel = normal(pixmap.format(), pixmap.pixels()[i]);
            if (pixmap.format() == SurfaceFormat.A8) {
                bytes.put((byte) pixel);
            } else {
                bytes.putInt(pixel);
            }
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes.flip());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Compares a lossy picture with the reference's: alpha exactly, nearly all colours within {@code tolerance}. */
    static void assertNear(GoldenVectors vectors, Case image, Pixmap pixmap, int tolerance, double mostOutside) {
        BufferedImage expected = png(vectors.bytes(image.text("expected")));
        int outside = 0;
        int width = pixmap.widthPixels();
        for (int y = 0; y < pixmap.heightPixels(); y++) {
            for (int x = 0; x < width; x++) {
                int want = expected.getRGB(x, y);
                int got = pixmap.pixels()[y * width + x];
                if (pixmap.format() == SurfaceFormat.ARGB_32) {
                    assertEquals(want >>> 24, got >>> 24, () -> "alpha of " + image);
                }
                for (int shift = 0; shift < 24; shift += 8) {
                    if (Math.abs((want >> shift & 0xff) - (got >> shift & 0xff)) > tolerance) {
                        outside++;
                    }
                }
            }
        }
        double share = outside / (3.0 * width * pixmap.heightPixels());
        assertTrue(
                share <= mostOutside,
                () -> image + ": " + share + " of the components differ by more than " + tolerance);
    }

    private static BufferedImage png(byte[] bytes) {
        try {
            return Objects.requireNonNull(ImageIO.read(new ByteArrayInputStream(bytes)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes in native memory, as a message from a socket is. */
    static MemorySegment nativeCopy(MemorySegment heap) {
        MemorySegment copy = java.lang.foreign.Arena.ofAuto().allocate(heap.byteSize(), 8);
        MemorySegment.copy(heap, JAVA_BYTE, 0, copy, JAVA_BYTE, 0, heap.byteSize());
        return copy;
    }
}
