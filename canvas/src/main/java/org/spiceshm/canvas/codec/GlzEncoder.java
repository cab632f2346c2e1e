package org.spiceshm.canvas.codec;

import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Encodes GLZ pictures: greedy matches in the pictures of a {@link GlzDictionary}, found above, and by a hash of three
 * pixels; alpha matches only itself. The streams are as the reference's decoder wants them. spice-server, glz-encoder.c.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class GlzEncoder {
    private static final int LONG_LENGTH = 7;
    private static final int FAR = 0x10;
    private static final int MORE_OFFSET = 0x20;
    private static final int NEAR_OFFSET_BITS = 12;
    private static final int FAR_OFFSET_BITS = 17;
    private static final int NEAR_DISTANCE_BITS = 6;
    private static final int ALPHA_BIAS = LzTokens.bias(LzTokens.BYTE) - 1;
    private static final int COLORS = 0xff_ffff;

    private final GlzDictionary dictionary;
    private final LzWriter writer = new LzWriter();
    /** For alpha. */
    private final PixelMatcher matcher = new PixelMatcher();

    private int[] alpha = new int[0];
    private int matchLength;
    private int matchOffset;
    private int matchDistance;

    /** An encoder of one channel. */
    public GlzEncoder(GlzDictionary dictionary) {
        this.dictionary = dictionary;
    }

    /**
     * Encodes a picture after what {@code target} holds, rows top-down, and adds it to the dictionary: RGB_555 as RGB16,
     * XRGB_32 as RGB32 (the top byte is lost), ARGB_32 as RGBA.
     *
     * @throws IllegalArgumentException for other formats, or more pixels than {@link GlzDictionary#fits}
     */
    public void encode(Pixmap picture, EncodedBytes target) {
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        int count = width * height;
        LzImageType type = switch (picture.format()) {
            case RGB_555 -> LzImageType.RGB16;
            case XRGB_32 -> LzImageType.RGB32;
            case ARGB_32 -> LzImageType.RGBA;
            case A1, A8, RGB_565 ->
                throw new IllegalArgumentException("picture: got " + picture.format() + ", expected colours");
        };
        if (!dictionary.fits(count)) {
            throw new IllegalArgumentException("picture: got " + count + " pixels, expected no more than the window's");
        }
        GlzDictionary.Entry entry = dictionary.add(picture.format(), count);
        keep(picture, count, entry);
        int start = target.length();
        writer.begin(target, start + (int) GlzHeader.STRUCT.size(), count);
        long id = dictionary.newestId();
        GlzHeader.write(target.segment(), start, type, width, height, true, id, (int) (id - dictionary.head()));
        encodeColors(entry, id, width, picture.pixels());
        if (type == LzImageType.RGBA) {
            encodeAlpha(picture);
        }
        target.length(writer.at());
    }

    /** The pixels as the client's window keeps them, but for alpha. */
    private static void keep(Pixmap picture, int count, GlzDictionary.Entry entry) {
        int[] from = picture.pixels();
        int[] to = entry.pixels;
        if (picture.format() == SurfaceFormat.RGB_555) {
            for (int i = 0; i < count; i++) {
                to[i] = SurfaceFormat.RGB_555.toRgb(from[i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                to[i] = from[i] & COLORS;
            }
        }
    }

    private void encodeColors(GlzDictionary.Entry entry, long id, int width, int[] source) {
        int[] pixels = entry.pixels;
        int count = entry.count;
        int pixelBytes = entry.format == SurfaceFormat.RGB_555 ? LzTokens.RGB16 : LzTokens.RGB24;
        int bias = LzTokens.bias(pixelBytes) - 1;
        int literals = 0;
        int i = 0;
        int last = count - PixelMatcher.LOOK_AHEAD;
        while (i <= last) {
            find(entry, id, width, i);
            int length = matchLength;
            if (length * pixelBytes <= matchBytes(matchOffset, matchDistance)) {
                i++;
                continue;
            }
            writer.writeLiterals(source, literals, i, pixelBytes);
            writeMatch(length - bias, matchOffset, matchDistance);
            int end = Math.min(i + length, last);
            for (int inside = i + PixelMatcher.SPARSE; inside < end; inside += PixelMatcher.SPARSE) {
                dictionary.see(GlzDictionary.slot(pixels[inside], pixels[inside + 1], pixels[inside + 2]), id, inside);
            }
            i += length;
            literals = i;
        }
        writer.writeLiterals(source, literals, count, pixelBytes);
    }

    /** Looks for the pixels at {@code at}: above them, and where the dictionary has last seen them. */
    private void find(GlzDictionary.Entry entry, long id, int width, int at) {
        int[] pixels = entry.pixels;
        int first = pixels[at];
        int second = pixels[at + 1];
        int slot = GlzDictionary.slot(first, second, pixels[at + 2]);
        long place = dictionary.seen(slot);
        dictionary.see(slot, id, at);
        matchLength = 0;
        if (at >= width && pixels[at - width] == first && pixels[at - width + 1] == second) {
            take(pixels, at - width, entry, at, entry.count, width - 1, 0);
        }
        if (place == 0) {
            return;
        }
        long otherId = GlzDictionary.id(place);
        int from = GlzDictionary.pixel(place);
        GlzDictionary.Entry other = dictionary.find(otherId);
        if (other != null
                && other.format == entry.format
                && other.pixels[from] == first
                && other.pixels[from + 1] == second) {
            int distance = (int) (id - otherId);
            int end = Math.min(entry.count, at + other.count - from);
            take(other.pixels, from, entry, at, end, distance == 0 ? at - from - 1 : from, distance);
        }
    }

    private void take(int[] others, int from, GlzDictionary.Entry entry, int at, int end, int offset, int distance) {
        int length = Matches.length(others, from, entry.pixels, at, end);
        if (length > matchLength) {
            matchLength = length;
            matchOffset = offset;
            matchDistance = distance;
        }
    }

    /** Alpha matches only what is in the same picture. */
    private void encodeAlpha(Pixmap picture) {
        int count = picture.widthPixels() * picture.heightPixels();
        if (alpha.length < count) {
            alpha = new int[count];
        }
        int[] alpha = this.alpha;
        LzWriter.copyPart(picture, 24, 0xff, alpha);
        matcher.begin(alpha, picture.widthPixels(), count, 1 << FAR_OFFSET_BITS, true);
        int literals = 0;
        int i = 0;
        int last = count - PixelMatcher.LOOK_AHEAD;
        while (i <= last) {
            if (!matcher.find(i) || matcher.length <= matchBytes(matcher.distance - 1, 0)) {
                i++;
                continue;
            }
            int length = matcher.length;
            writer.writeLiterals(alpha, literals, i, LzTokens.BYTE);
            writeMatch(length - ALPHA_BIAS, matcher.distance - 1, 0);
            matcher.skip(i, i + length);
            i += length;
            literals = i;
        }
        writer.writeLiterals(alpha, literals, count, LzTokens.BYTE);
    }

    private static int matchBytes(int offset, int distance) {
        if (offset < 1 << NEAR_OFFSET_BITS) {
            return 3 + bytesOf(distance >> NEAR_DISTANCE_BITS);
        }
        return 3 + bytesOf(distance) + (offset < 1 << FAR_OFFSET_BITS ? 0 : 1);
    }

    private static int bytesOf(int value) {
        return (Integer.SIZE - Integer.numberOfLeadingZeros(value) + Byte.SIZE - 1) / Byte.SIZE;
    }

    /** Writes a match; its length is without the bias. */
    private void writeMatch(int length, int offset, int distance) {
        boolean far = offset >= 1 << NEAR_OFFSET_BITS;
        writer.write(Math.min(length, LONG_LENGTH) << 5 | (far ? FAR : 0) | (offset & 0xf), 1);
        if (length >= LONG_LENGTH) {
            writer.writeMore(length - LONG_LENGTH);
        }
        int farther = offset >> FAR_OFFSET_BITS;
        int low = far
                ? ((offset >> NEAR_OFFSET_BITS) & 0x1f) | (farther == 0 ? 0 : MORE_OFFSET)
                : distance & ((1 << NEAR_DISTANCE_BITS) - 1);
        int rest = far ? distance : distance >> NEAR_DISTANCE_BITS;
        int restBytes = bytesOf(rest);
        writer.write(((offset >> 4) & 0xff) | (restBytes << 6 | low) << 8, 2);
        writer.write(rest, restBytes);
        if (farther != 0) {
            writer.write(farther, 1);
        }
    }
}
