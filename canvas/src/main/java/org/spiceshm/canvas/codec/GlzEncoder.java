package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Encodes GLZ pictures: greedy matches in the pictures of a {@link GlzDictionary}, found left of here, above, and by a hash of three pixels; alpha
 * matches only itself. The streams are as the reference's decoder wants them. spice-server, glz-encoder.c.
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
    private static final int RGB16_BIAS = 1;
    private static final int ALPHA_BIAS = 2;
    private static final int LOOK_AHEAD = 3;
    private static final int MIN_ALPHA = 4;
    private static final int SLACK_BYTES = 64;
    /** In a match, one pixel of so many is remembered: what comes later in the picture finds it within as many. */
    private static final int SPARSE = 8;

    private static final int ALPHA_HASH_BITS = 12;
    private static final int PRIME = 0x9e37_79b1;
    private static final int COLORS = 0xff_ffff;

    private final GlzDictionary dictionary;
    private final int[] alphaTable = new int[1 << ALPHA_HASH_BITS];
    private byte[] alpha = new byte[0];
    private byte[] output = new byte[0];
    private int at;
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
        output = target.ensure(start, GlzHeader.STRUCT.size() + 4L * count + count / 8 + SLACK_BYTES);
        long id = dictionary.newestId();
        GlzHeader.write(target.segment(), start, type, width, height, true, id, (int) (id - dictionary.head()));
        at = start + (int) GlzHeader.STRUCT.size();
        encodeColors(entry, id, width, picture.pixels());
        if (type == LzImageType.RGBA) {
            encodeAlpha(picture.pixels(), count);
        }
        target.length(at);
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
        boolean rgb16 = entry.format == SurfaceFormat.RGB_555;
        int pixelBytes = rgb16 ? 2 : 3;
        int bias = rgb16 ? RGB16_BIAS : 0;
        int literals = 0;
        int i = 0;
        int last = count - LOOK_AHEAD;
        while (i <= last) {
            find(entry, id, width, i);
            int length = matchLength;
            if (length * pixelBytes <= matchBytes(matchOffset, matchDistance)) {
                i++;
                continue;
            }
            flush(source, literals, i, rgb16);
            writeMatch(length - bias, matchOffset, matchDistance);
            int end = Math.min(i + length, last);
            for (int inside = i + SPARSE; inside < end; inside += SPARSE) {
                dictionary.see(GlzDictionary.slot(pixels[inside], pixels[inside + 1], pixels[inside + 2]), id, inside);
            }
            i += length;
            literals = i;
        }
        flush(source, literals, count, rgb16);
    }

    /** Looks for the pixels at {@code at}: left of them, above them, and where the dictionary has last seen them. */
    private void find(GlzDictionary.Entry entry, long id, int width, int at) {
        int[] pixels = entry.pixels;
        int first = pixels[at];
        int second = pixels[at + 1];
        int slot = GlzDictionary.slot(first, second, pixels[at + 2]);
        long place = dictionary.seen(slot);
        dictionary.see(slot, id, at);
        matchLength = 0;
        if (at > 0 && pixels[at - 1] == first && first == second) {
            take(pixels, at - 1, entry, at, 0, 0);
        }
        if (at >= width && pixels[at - width] == first && pixels[at - width + 1] == second) {
            take(pixels, at - width, entry, at, width - 1, 0);
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
            take(other.pixels, from, entry, at, distance == 0 ? at - from - 1 : from, distance);
        }
    }

    private void take(int[] others, int from, GlzDictionary.Entry entry, int at, int offset, int distance) {
        int end = entry.count;
        if (distance != 0) {
            GlzDictionary.Entry other = dictionary.find(dictionary.newestId() - distance);
            end = other == null ? at : Math.min(end, at + other.count - from);
        }
        int length = Matches.length(others, from, entry.pixels, at, end);
        if (length > matchLength) {
            matchLength = length;
            matchOffset = offset;
            matchDistance = distance;
        }
    }

    private void flush(int[] pixels, int from, int to, boolean rgb16) {
        byte[] output = this.output;
        int at = this.at;
        for (int i = from; i < to; ) {
            int part = Math.min(LzTokens.MAX_LITERALS, to - i);
            output[at++] = (byte) (part - 1);
            if (rgb16) {
                for (int end = i + part; i < end; i++) {
                    output[at++] = (byte) (pixels[i] >> 8);
                    output[at++] = (byte) pixels[i];
                }
            } else {
                for (int end = i + part; i < end; i++) {
                    CompressedBytes.INT.set(output, at, pixels[i]);
                    at += 3;
                }
            }
        }
        this.at = at;
    }

    private void encodeAlpha(int[] pixels, int count) {
        if (alpha.length < count + Integer.BYTES) {
            alpha = new byte[count + Integer.BYTES];
        }
        byte[] alpha = this.alpha;
        for (int i = 0; i < count; i++) {
            alpha[i] = (byte) (pixels[i] >> 24);
        }
        Arrays.fill(alphaTable, -1);
        int literals = 0;
        int i = 0;
        int last = count - MIN_ALPHA;
        while (i <= last) {
            int four = (int) CompressedBytes.INT.get(alpha, i);
            int slot = (four * PRIME) >>> (Integer.SIZE - ALPHA_HASH_BITS);
            int candidate = alphaTable[slot];
            alphaTable[slot] = i;
            int offset = i - candidate - 1;
            if (candidate < 0
                    || (int) CompressedBytes.INT.get(alpha, candidate) != four
                    || offset >= 1 << FAR_OFFSET_BITS) {
                i++;
                continue;
            }
            int length = MIN_ALPHA + Matches.length(alpha, candidate + MIN_ALPHA, i + MIN_ALPHA, count);
            flushAlpha(alpha, literals, i);
            writeMatch(length - ALPHA_BIAS, offset, 0);
            i += length;
            literals = i;
        }
        flushAlpha(alpha, literals, count);
    }

    private void flushAlpha(byte[] bytes, int from, int to) {
        for (int i = from; i < to; ) {
            int part = Math.min(LzTokens.MAX_LITERALS, to - i);
            output[at++] = (byte) (part - 1);
            System.arraycopy(bytes, i, output, at, part);
            at += part;
            i += part;
        }
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
        int control = Math.min(length, LONG_LENGTH) << 5 | (far ? FAR : 0) | (offset & 0xf);
        output[at++] = (byte) control;
        if (length >= LONG_LENGTH) {
            int more = length - LONG_LENGTH;
            for (; more >= 0xff; more -= 0xff) {
                output[at++] = (byte) 0xff;
            }
            output[at++] = (byte) more;
        }
        output[at++] = (byte) (offset >> 4);
        int rest = far ? distance : distance >> NEAR_DISTANCE_BITS;
        int low = far
                ? ((offset >> NEAR_OFFSET_BITS) & 0x1f) | (offset >> FAR_OFFSET_BITS != 0 ? MORE_OFFSET : 0)
                : distance & 0x3f;
        output[at++] = (byte) (bytesOf(rest) << 6 | low);
        for (; rest != 0; rest >>>= Byte.SIZE) {
            output[at++] = (byte) rest;
        }
        if (far && offset >> FAR_OFFSET_BITS != 0) {
            output[at++] = (byte) (offset >> FAR_OFFSET_BITS);
        }
    }
}
