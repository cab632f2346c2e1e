package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes GLZ pictures: LZ whose matches may lie in other pictures of the {@link GlzWindow}. spice-gtk, decode-glz.c and
 * decode-glz-tmpl.c.
 *
 * <pre>
 * 000nnnnn                                   n + 1 literals follow
 * lllfoooo [255]* b  oooooooo nndddddd       a match; l + lengths + bias pixels, then, if f (far) is
 *   0: image distance d, and n more bytes of it; offset of 12 bits
 *   1: d is tooooo: five more bits of the offset; n bytes of image distance; if t, eight more bits of the offset
 * </pre>
 *
 * Offsets are from the other picture's start, or, when the image distance is 0, back from here less one.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread. A picture that is
 * refused does not enter the window, and the target's pixels are undefined.
 */
public final class GlzDecoder {
    private static final int LONG_LENGTH = 7;
    private static final int FAR = 0x10;
    private static final int MORE_OFFSET = 0x20;
    private static final int ALPHA_BIAS = LzTokens.bias(LzTokens.BYTE) - 1;
    private static final int COLORS = 0xff_ffff;
    private static final int ALPHA = 0xff00_0000;

    private final CompressedBytes input = new CompressedBytes();
    private final GlzHeader header = new GlzHeader();
    private int position;
    private int matchLength;
    private int matchOffset;
    private int matchDistance;

    /**
     * Decodes a picture and keeps it in the window: RGBA becomes ARGB_32, all others XRGB_32 with a top byte of zero.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, GlzWindow window, Pixmap target)
            throws MalformedMessageException {
        input.load(data);
        decodeInput(width, height, window, target);
    }

    /** Where a stream may be put instead of being copied from a message; then {@link #decodeInput}. */
    CompressedBytes input() {
        return input;
    }

    void decodeInput(int width, int height, GlzWindow window, Pixmap target) throws MalformedMessageException {
        header.read(input.segment(), input.length(), width, height);
        position = (int) GlzHeader.STRUCT.size();
        int count = width * height;
        long most = (long) LzHeader.MAX_UNITS_PER_BYTE * (input.length() - position);
        if (!(count <= most)) {
            throw malformed("got " + input.length() + " bytes, too few for " + count + " pixels");
        }
        GlzImage image = window.allocate(header.id, count);
        boolean decoded = false;
        try {
            decodeColors(image, window);
            if (header.type == LzImageType.RGBA) {
                decodeAlpha(image, window);
            }
            if (!(position == input.length())) {
                throw malformed("got " + (input.length() - position) + " bytes after the last pixel, expected none");
            }
            decoded = true;
        } finally {
            if (!decoded) {
                window.giveUp(image);
            }
        }
        target.resize(image.hasAlpha ? SurfaceFormat.ARGB_32 : SurfaceFormat.XRGB_32, width, height);
        copyRows(image, target);
        window.add(image, header.headDistance);
    }

    private void copyRows(GlzImage image, Pixmap target) {
        if (header.topDown) {
            System.arraycopy(image.pixels, 0, target.pixels(), 0, image.count);
            return;
        }
        int width = target.widthPixels();
        for (int from = 0, to = image.count - width; from < image.count; from += width, to -= width) {
            System.arraycopy(image.pixels, from, target.pixels(), to, width);
        }
    }

    private void decodeColors(GlzImage image, GlzWindow window) throws MalformedMessageException {
        byte[] bytes = input.array();
        int[] pixels = image.pixels;
        int count = image.count;
        int end = input.length();
        boolean rgb16 = header.type == LzImageType.RGB16;
        int pixelBytes = rgb16 ? LzTokens.RGB16 : LzTokens.RGB24;
        int bias = LzTokens.bias(pixelBytes) - 1;
        int at = position;
        int done = 0;
        while (done < count) {
            int control = bytes[at++] & 0xff;
            if (control < LzTokens.MAX_LITERALS) {
                int literals = control + 1;
                checkRoom(literals, count - done);
                checkEnd(at + pixelBytes * literals, end);
                if (rgb16) {
                    readRgb16(bytes, at, pixels, done, literals);
                } else {
                    LzTokens.readRgb24(bytes, at, pixels, done, literals);
                }
                at += pixelBytes * literals;
                done += literals;
                continue;
            }
            at = readMatch(bytes, at, control, count);
            int length = matchLength + bias;
            checkEnd(at, end);
            checkRoom(length, count - done);
            int offset = matchOffset;
            if (matchDistance == 0) {
                checkBack(offset, done);
                LzTokens.copy(pixels, done - offset - 1, done, length);
            } else {
                GlzImage other = window.require(header.id, matchDistance);
                checkInside(offset, length, other);
                copyColors(other, offset, pixels, done, length);
            }
            done += length;
        }
        position = at;
    }

    private void decodeAlpha(GlzImage image, GlzWindow window) throws MalformedMessageException {
        byte[] bytes = input.array();
        int[] pixels = image.pixels;
        int count = image.count;
        int end = input.length();
        int at = position;
        int done = 0;
        while (done < count) {
            int control = bytes[at++] & 0xff;
            if (control < LzTokens.MAX_LITERALS) {
                int literals = control + 1;
                checkRoom(literals, count - done);
                checkEnd(at + literals, end);
                for (int i = 0; i < literals; i++) {
                    pixels[done + i] |= bytes[at + i] << 24;
                }
                at += literals;
                done += literals;
                continue;
            }
            at = readMatch(bytes, at, control, count);
            int length = matchLength + ALPHA_BIAS;
            checkEnd(at, end);
            checkRoom(length, count - done);
            int offset = matchOffset;
            if (matchDistance == 0) {
                checkBack(offset, done);
                copyAlpha(pixels, done - offset - 1, pixels, done, length);
            } else {
                GlzImage other = window.require(header.id, matchDistance);
                checkInside(offset, length, other);
                copyAlpha(other.pixels, offset, pixels, done, length);
            }
            done += length;
        }
        image.hasAlpha = true;
        position = at;
    }

    /** Reads what follows a match's first byte, of which at least one byte is there; the slack may be read too. */
    private int readMatch(byte[] bytes, int start, int control, int most) {
        int at = start;
        int length = control >> 5;
        if (length == LONG_LENGTH) {
            int more;
            do {
                more = bytes[at++] & 0xff;
                length += more;
            } while (more == 0xff && length <= most);
        }
        int offset = (control & 0xf) | (bytes[at++] & 0xff) << 4;
        int high = bytes[at++] & 0xff;
        int distance = 0;
        int shift = 0;
        if ((control & FAR) == 0) {
            distance = high & 0x3f;
            shift = 6;
        }
        for (int more = high >> 6; more > 0; more--) {
            distance |= (bytes[at++] & 0xff) << shift;
            shift += 8;
        }
        if ((control & FAR) != 0) {
            offset |= (high & 0x1f) << 12;
            if ((high & MORE_OFFSET) != 0) {
                offset |= (bytes[at++] & 0xff) << 17;
            }
        }
        matchLength = length;
        matchOffset = offset;
        matchDistance = distance;
        return at;
    }

    /** As 0x00RRGGBB, a component's high bits repeated below it: the window has no other pixels. */
    private static void readRgb16(byte[] bytes, int at, int[] pixels, int index, int count) {
        for (int i = 0; i < count; i++) {
            pixels[index + i] =
                    SurfaceFormat.RGB_555.toRgb((bytes[at + 2 * i] & 0xff) << 8 | (bytes[at + 2 * i + 1] & 0xff));
        }
    }

    private static void copyColors(GlzImage other, int from, int[] pixels, int to, int length) {
        if (!other.hasAlpha) {
            System.arraycopy(other.pixels, from, pixels, to, length);
            return;
        }
        int[] source = other.pixels;
        for (int i = 0; i < length; i++) {
            pixels[to + i] = source[from + i] & COLORS;
        }
    }

    private static void copyAlpha(int[] source, int from, int[] pixels, int to, int length) {
        for (int i = 0; i < length; i++) {
            pixels[to + i] |= source[from + i] & ALPHA;
        }
    }

    private static void checkRoom(int length, int room) throws MalformedMessageException {
        if (!(length <= room)) {
            throw malformed("got a token of " + length + " pixels, expected at most " + room);
        }
    }

    private static void checkEnd(int at, int end) throws MalformedMessageException {
        if (!(at <= end)) {
            throw malformed("got the end of the data, expected more tokens");
        }
    }

    private static void checkBack(int offset, int done) throws MalformedMessageException {
        if (!(offset < done)) {
            throw malformed("got a match " + (offset + 1) + " pixels back, expected at most " + done);
        }
    }

    private static void checkInside(int offset, int length, GlzImage other) throws MalformedMessageException {
        if (!(offset + length <= other.count)) {
            throw malformed("got a match of pixels " + offset + " to " + (offset + length) + ", expected less than "
                    + other.count);
        }
    }

    private static MalformedMessageException malformed(String detail) {
        return GlzWindow.malformed("data", detail);
    }
}
