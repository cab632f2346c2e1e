package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes LZ pictures of every type. spice-common, lz.c: lz_decode.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread. When a stream is
 * refused, the target's pixels are undefined.
 */
public final class LzDecoder {
    private static final int PALETTE_LENGTH = 256;

    private final CompressedBytes input = new CompressedBytes();
    private final LzHeader header = new LzHeader();
    private final int[] colors = new int[PALETTE_LENGTH];
    private int[] plane = new int[0];

    /**
     * Decodes a picture that carries its own colours: RGB16 to RGB_555, RGB24 and RGB32 to XRGB_32 with a top byte of
     * zero, RGBA to ARGB_32, A8 to A8.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, Pixmap target) throws MalformedMessageException {
        open(data, width, height);
        int count = width * height;
        int end;
        switch (header.type) {
            case RGB16 -> {
                target.resize(SurfaceFormat.RGB_555, width, height);
                end = decodePixels(target, count, LzTokens.RGB16);
            }
            case RGB24, RGB32 -> {
                target.resize(SurfaceFormat.XRGB_32, width, height);
                end = decodePixels(target, count, LzTokens.RGB24);
            }
            case RGBA -> {
                target.resize(SurfaceFormat.ARGB_32, width, height);
                end = decodePlane(decodePixels(target, count, LzTokens.RGB24), count);
                Rows.orAlpha(target.pixels(), plane, count);
            }
            case A8 -> {
                target.resize(SurfaceFormat.A8, width, height);
                end = decodePixels(target, count, LzTokens.BYTE);
            }
            case PLT1_LE, PLT1_BE, PLT4_LE, PLT4_BE, PLT8, XXXA -> throw wrongType("colours of its own");
            default -> throw new IllegalStateException("type " + header.type);
        }
        close(end, target);
    }

    /**
     * Decodes palette indexes to XRGB_32 with a top byte of zero.
     *
     * @param palette its colours; an index of four bits counts modulo its size, another one beyond it is black
     * @param paletteFormat what the entries are: pixels of that format
     */
    public void decode(
            MemorySegment data,
            int width,
            int height,
            @Nullable Palette palette,
            SurfaceFormat paletteFormat,
            Pixmap target)
            throws MalformedMessageException {
        open(data, width, height);
        if (!header.type.hasPalette()) {
            throw wrongType("palette indexes");
        }
        if (palette == null || palette.size() == 0) {
            throw LzHeader.malformed("palette", "got none, expected at least one colour");
        }
        loadColors(palette, paletteFormat);
        target.resize(SurfaceFormat.XRGB_32, width, height);
        int rowBytes = header.type.rowBytes(width);
        int end = decodePlane(start(), rowBytes * height);
        applyColors(rowBytes, target);
        close(end, target);
    }

    /**
     * Decodes the alpha of a picture whose colours the target has already, top row first, and makes it ARGB_32.
     *
     * @param topDown what the message says of the rows' order, which the stream must say too
     */
    public void decodeAlpha(MemorySegment data, boolean topDown, Pixmap target) throws MalformedMessageException {
        int width = target.widthPixels();
        int height = target.heightPixels();
        open(data, width, height);
        if (header.type != LzImageType.XXXA) {
            throw wrongType("alpha");
        }
        if (header.topDown != topDown) {
            throw LzHeader.malformed(
                    "top_down", "got " + header.topDown + ", expected " + topDown + " as the message says");
        }
        int count = width * height;
        int end = decodePlane(start(), count);
        if (!topDown) {
            Rows.flip(target);
        }
        target.resize(SurfaceFormat.ARGB_32, width, height);
        Rows.orAlpha(target.pixels(), plane, count);
        close(end, target);
    }

    private void open(MemorySegment data, int width, int height) throws MalformedMessageException {
        input.load(data);
        header.read(input.segment(), input.length(), width, height);
        long units = header.type.hasPalette() ? (long) header.type.rowBytes(width) * height : (long) width * height;
        long most = (long) LzHeader.MAX_UNITS_PER_BYTE * (input.length() - start());
        if (!(units <= most)) {
            throw LzHeader.malformed("data", "got " + input.length() + " bytes, too few for " + units + " units");
        }
    }

    private static int start() {
        return (int) LzHeader.STRUCT.size();
    }

    private int decodePixels(Pixmap target, int count, int pixelBytes) throws MalformedMessageException {
        return LzTokens.decode(input.array(), start(), input.length(), target.pixels(), count, pixelBytes);
    }

    private int decodePlane(int start, int count) throws MalformedMessageException {
        if (plane.length < count) {
            plane = new int[count];
        }
        return LzTokens.decode(input.array(), start, input.length(), plane, count, LzTokens.BYTE);
    }

    private void close(int end, Pixmap target) throws MalformedMessageException {
        if (!(end == input.length())) {
            throw LzHeader.malformed(
                    "data", "got " + (input.length() - end) + " bytes after the last pixel, expected none");
        }
        if (!header.topDown) {
            Rows.flip(target);
        }
    }

    private void loadColors(Palette palette, SurfaceFormat format) {
        int size = Math.min(palette.size(), PALETTE_LENGTH);
        boolean modulo = header.type == LzImageType.PLT4_LE || header.type == LzImageType.PLT4_BE;
        for (int i = 0; i < PALETTE_LENGTH; i++) {
            colors[i] = modulo || i < size ? format.toRgb(palette.color(i % size)) : 0;
        }
    }

    private void applyColors(int rowBytes, Pixmap target) {
        int width = target.widthPixels();
        int[] pixels = target.pixels();
        for (int y = 0; y < target.heightPixels(); y++) {
            int row = y * rowBytes;
            int base = y * width;
            switch (header.type) {
                case PLT1_LE -> applyBits(row, 0, pixels, base, width);
                case PLT1_BE -> applyBits(row, 7, pixels, base, width);
                case PLT4_LE -> applyNibbles(row, 0, pixels, base, width);
                case PLT4_BE -> applyNibbles(row, 1, pixels, base, width);
                default -> {
                    for (int x = 0; x < width; x++) {
                        pixels[base + x] = colors[plane[row + x]];
                    }
                }
            }
        }
    }

    private void applyBits(int row, int flip, int[] pixels, int base, int width) {
        for (int x = 0; x < width; x++) {
            pixels[base + x] = colors[plane[row + (x >> 3)] >> ((x & 7) ^ flip) & 1];
        }
    }

    private void applyNibbles(int row, int flip, int[] pixels, int base, int width) {
        for (int x = 0; x < width; x++) {
            pixels[base + x] = colors[plane[row + (x >> 1)] >> (((x & 1) ^ flip) << 2) & 0xf];
        }
    }

    private MalformedMessageException wrongType(String expected) {
        return LzHeader.malformed("type", "got " + header.type + ", expected " + expected);
    }
}
