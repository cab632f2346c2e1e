package org.spiceshm.app;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.codec.GlzWindow;
import org.spiceshm.canvas.codec.ImageDecoder;
import org.spiceshm.client.PngWriter;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * One image of the codec vectors: its file brought into a message, and its pixels decoded and brought to the form in
 * which they are hashed: 0x00RRGGBB, 0xAARRGGBB or alpha, top row first.
 *
 * <p>Reused for every image; owned by one thread.
 */
final class VectorImage implements AutoCloseable {
    private static final Struct MESSAGE = Struct.littleEndian("image");
    private static final Struct.U32 POINTER = MESSAGE.u32("image");
    private static final Struct.U64 ID = MESSAGE.u64("id");
    private static final Struct.U8 TYPE = MESSAGE.u8("type");
    private static final Struct.U8 FLAGS = MESSAGE.u8("flags");
    private static final Struct.U32 WIDTH = MESSAGE.u32("width");
    private static final Struct.U32 HEIGHT = MESSAGE.u32("height");

    private static final int BITMAP = 0;
    private static final int LZ_PALETTE = 100;
    private static final int BITMAP_PALETTE_AT = 14;
    private static final int LZ_PALETTE_AT = 5;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ImageDecoder decoder = new ImageDecoder();
    private final Pixmap pixmap = new Pixmap();
    private final org.spiceshm.canvas.Image bitmapSource = new org.spiceshm.canvas.Image();

    /** Decodes what {@code bin} holds; {@code values} are its type, size and flags. */
    void decode(VectorCase values, byte[] bin, GlzWindow window) throws IOException, MalformedMessageException {
        Image image = Image.read(new BodyReader("image", body(values, bin)), POINTER, 0);
        if (image instanceof Image.Bitmap bitmap) {
            readBitmap(bitmap);
        } else if (image instanceof Image.FromCache || image instanceof Image.Surface) {
            throw new IOException("image_type: got " + values.number("image_type") + ", expected one with pixels");
        } else {
            decoder.decode(image, palette(image), SurfaceFormat.XRGB_32, window, pixmap);
        }
        normalise();
    }

    /** The pixels' format, as the vectors call it. */
    String formatName() {
        return switch (pixmap.format()) {
            case ARGB_32 -> "a8r8g8b8";
            case A8 -> "a8";
            case A1, RGB_555, RGB_565, XRGB_32 -> "x8r8g8b8";
        };
    }

    int widthPixels() {
        return pixmap.widthPixels();
    }

    int heightPixels() {
        return pixmap.heightPixels();
    }

    /** SHA-256 of the rows from top to bottom: four bytes a pixel, little-endian, or one if there is only alpha. */
    String hash() {
        MessageDigest digest = sha256();
        int width = pixmap.widthPixels();
        int pixelBytes = pixmap.format() == SurfaceFormat.A8 ? 1 : Integer.BYTES;
        byte[] row = new byte[width * pixelBytes];
        for (int y = 0; y < pixmap.heightPixels(); y++) {
            for (int x = 0; x < width; x++) {
                int pixel = pixmap.pixels()[y * width + x];
                for (int i = 0; i < pixelBytes; i++) {
                    row[x * pixelBytes + i] = (byte) (pixel >> (Byte.SIZE * i));
                }
            }
            digest.update(row);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Writes it as a PNG; alpha is kept. */
    void toPng(OutputStream out) throws IOException {
        PngWriter.Channels channels = switch (pixmap.format()) {
            case ARGB_32 -> PngWriter.Channels.RGBA;
            case A8 -> PngWriter.Channels.GREY;
            case A1, RGB_555, RGB_565, XRGB_32 -> PngWriter.Channels.RGB;
        };
        int width = pixmap.widthPixels();
        int height = pixmap.heightPixels();
        try (PngWriter png = new PngWriter(out, channels, width, height)) {
            for (int y = 0; y < height; y++) {
                png.row(pixmap.pixels(), y * width);
            }
            png.finish();
        }
    }

    @Override
    public void close() {
        decoder.close();
    }

    /** A pointer, the descriptor, and the file, whose own pointer counts from its start. */
    private static MemorySegment body(VectorCase values, byte[] bin) throws IOException {
        int head = (int) MESSAGE.size();
        byte[] bytes = new byte[head + bin.length];
        System.arraycopy(bin, 0, bytes, head, bin.length);
        MemorySegment body = MemorySegment.ofArray(bytes);
        int type = values.number("image_type");
        POINTER.set(body, 0, (int) ID.offset());
        TYPE.set(body, 0, type);
        FLAGS.set(body, 0, values.number("descriptor_flags", 0));
        WIDTH.set(body, 0, values.number("width"));
        HEIGHT.set(body, 0, values.number("height"));
        if (type == BITMAP || type == LZ_PALETTE) {
            int at = head + (type == BITMAP ? BITMAP_PALETTE_AT : LZ_PALETTE_AT);
            if (at + Integer.BYTES <= bytes.length && body.get(INT, at) != 0) {
                body.set(INT, at, body.get(INT, at) + head);
            }
        }
        return body;
    }

    private static @Nullable Palette palette(Image image) {
        return image instanceof Image.LzPalette indexed && indexed.palette() instanceof PaletteRef.Inline inline
                ? inline.palette()
                : null;
    }

    private void readBitmap(Image.Bitmap bitmap) throws MalformedMessageException {
        int width = bitmap.width();
        int height = bitmap.height();
        if (!(width <= Surface.MAX_SIZE_PIXELS && height <= Surface.MAX_SIZE_PIXELS)
                || !((long) width * height <= ImageDecoder.MAX_PIXELS)) {
            throw new MalformedMessageException(
                    "BitmapData", "x and y", "got " + width + "x" + height + ", expected less than that");
        }
        bitmapSource.ofBitmap(bitmap.format(), bitmap.topDown(), width, height, bitmap.strideBytes());
        bitmapSource.piece(bitmap.data(), 0, (int) bitmap.data().byteSize());
        if (bitmap.palette() instanceof PaletteRef.Inline(Palette palette, boolean cache)) {
            int[] colors = new int[palette.size()];
            for (int i = 0; i < colors.length; i++) {
                colors[i] = palette.color(i);
            }
            bitmapSource.palette(colors, colors.length);
        }
        pixmap.resize(
                switch (bitmap.format()) {
                    case BIT_16 -> SurfaceFormat.RGB_555;
                    case RGBA -> SurfaceFormat.ARGB_32;
                    case A8 -> SurfaceFormat.A8;
                    case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8, BIT_24, BIT_32 -> SurfaceFormat.XRGB_32;
                },
                width,
                height);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            bitmapSource.readRow(y, 0, width, row);
            System.arraycopy(row, 0, pixmap.pixels(), y * width, width);
        }
    }

    private void normalise() {
        SurfaceFormat format = pixmap.format();
        if (format == SurfaceFormat.ARGB_32 || format == SurfaceFormat.A8) {
            return;
        }
        int[] pixels = pixmap.pixels();
        for (int i = 0; i < pixmap.widthPixels() * pixmap.heightPixels(); i++) {
            pixels[i] = format.toRgb(pixels[i]);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
