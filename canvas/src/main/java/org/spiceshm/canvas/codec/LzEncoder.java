package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;

/**
 * Encodes LZ pictures: greedy matches, found by {@link PixelMatcher}. The streams are as the reference's decoder wants
 * them and shorter than its encoder's. spice-common, lz.c.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class LzEncoder {
    private static final int HASH_BITS = 14;
    /** The furthest match: two bytes beyond the offsets that need none. */
    private static final int MAX_OFFSET = LzTokens.FAR_OFFSET + 0xffff;

    /** What a short match takes, with the byte that its end costs when literals follow. */
    private static final int NEAR_BYTES = 3;

    private static final int FAR_BYTES = 5;
    /** A far match takes as many bytes as four units of one byte. */
    private static final int MIN_FAR_BYTES = 5;

    private static final int MIN_BYTES = 4;
    private static final int SLACK_BYTES = 64;

    private static final int PRIME = 0x9e37_79b1;

    /** Position plus one where a hash was last seen. */
    private final int[] table = new int[1 << HASH_BITS];

    private final PixelMatcher matcher = new PixelMatcher();
    private int[] units = new int[0];
    private byte[] plane = new byte[0];
    private byte[] output = new byte[0];
    private int at;

    /**
     * Encodes a picture after what {@code target} holds, rows top-down: RGB_555 as RGB16, XRGB_32 as RGB32 (the top byte is
     * lost), ARGB_32 as RGBA, A8 as A8.
     *
     * @throws IllegalArgumentException for other formats
     */
    public void encode(Pixmap picture, EncodedBytes target) {
        int count = picture.widthPixels() * picture.heightPixels();
        switch (picture.format()) {
            case RGB_555 -> {
                begin(LzImageType.RGB16, picture, target);
                encodePixels(picture, 0xffff, true);
            }
            case XRGB_32 -> {
                begin(LzImageType.RGB32, picture, target);
                encodePixels(picture, 0xff_ffff, false);
            }
            case ARGB_32 -> {
                begin(LzImageType.RGBA, picture, target);
                encodePixels(picture, 0xff_ffff, false);
                encodePlane(picture.pixels(), 24, count);
            }
            case A8 -> {
                begin(LzImageType.A8, picture, target);
                encodePlane(picture.pixels(), 0, count);
            }
            case A1, RGB_565 -> throw new IllegalArgumentException("picture: got " + picture.format());
        }
        target.length(at);
    }

    /** Encodes the top bytes of a picture's pixels as XXXA. */
    public void encodeAlpha(Pixmap picture, EncodedBytes target) {
        begin(LzImageType.XXXA, picture, target);
        encodePlane(picture.pixels(), 24, picture.widthPixels() * picture.heightPixels());
        target.length(at);
    }

    private void begin(LzImageType type, Pixmap picture, EncodedBytes target) {
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        int start = target.length();
        // A literal takes four bytes and a part of a control byte at most, in the longest type.
        output = target.ensure(
                start, LzHeader.STRUCT.size() + 4L * width * height + width * (long) height / 8 + SLACK_BYTES);
        LzHeader.write(target.segment(), start, type, width, height, type.rowBytes(width), true);
        at = start + (int) LzHeader.STRUCT.size();
    }

    private void encodePixels(Pixmap picture, int mask, boolean rgb16) {
        int count = picture.widthPixels() * picture.heightPixels();
        if (units.length < count) {
            units = new int[count];
        }
        int[] units = this.units;
        int[] pixels = picture.pixels();
        for (int i = 0; i < count; i++) {
            units[i] = pixels[i] & mask;
        }
        matcher.begin(units, picture.widthPixels(), count, MAX_OFFSET + 1);
        int bias = rgb16 ? LzTokens.RGB16_BIAS : LzTokens.RGB32_BIAS;
        int pixelBytes = rgb16 ? 2 : 3;
        int misses = 0;
        int literals = 0;
        int i = 0;
        int last = count - PixelMatcher.LOOK_AHEAD;
        while (i <= last) {
            if (!matcher.find(i)) {
                i += 1 + (misses++ >> PixelMatcher.PATIENCE);
                continue;
            }
            int length = matcher.length;
            int offset = matcher.distance - 1;
            if (length * pixelBytes <= (offset < LzTokens.FAR_OFFSET ? NEAR_BYTES : FAR_BYTES)) {
                i++;
                continue;
            }
            flushPixels(units, literals, i, rgb16);
            writeMatch(length - bias, offset);
            matcher.skip(i, i + length);
            misses = 0;
            i += length;
            literals = i;
        }
        flushPixels(units, literals, count, rgb16);
    }

    private void flushPixels(int[] pixels, int from, int to, boolean rgb16) {
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

    private void encodePlane(int[] pixels, int shift, int count) {
        if (plane.length < count + Integer.BYTES) {
            plane = new byte[count + Integer.BYTES];
        }
        for (int i = 0; i < count; i++) {
            plane[i] = (byte) (pixels[i] >> shift);
        }
        encodeBytes(plane, count);
    }

    private void encodeBytes(byte[] bytes, int count) {
        int[] table = this.table;
        Arrays.fill(table, 0);
        int literals = 0;
        int i = 0;
        int last = count - MIN_BYTES;
        while (i <= last) {
            int four = (int) CompressedBytes.INT.get(bytes, i);
            int slot = (four * PRIME) >>> (Integer.SIZE - HASH_BITS);
            int candidate = table[slot] - 1;
            table[slot] = i + 1;
            int offset = i - candidate - 1;
            if (candidate < 0 || (int) CompressedBytes.INT.get(bytes, candidate) != four || offset > MAX_OFFSET) {
                i++;
                continue;
            }
            int length = MIN_BYTES + Matches.length(bytes, candidate + MIN_BYTES, i + MIN_BYTES, count);
            if (offset >= LzTokens.FAR_OFFSET && length < MIN_FAR_BYTES) {
                i++;
                continue;
            }
            flushBytes(bytes, literals, i);
            writeMatch(length - LzTokens.BYTE_BIAS, offset);
            i += length;
            literals = i;
        }
        flushBytes(bytes, literals, count);
    }

    private void flushBytes(byte[] bytes, int from, int to) {
        for (int i = from; i < to; ) {
            int part = Math.min(LzTokens.MAX_LITERALS, to - i);
            output[at++] = (byte) (part - 1);
            System.arraycopy(bytes, i, output, at, part);
            at += part;
            i += part;
        }
    }

    /** Writes a match; its length is without the bias, its offset less one. */
    private void writeMatch(int length, int offset) {
        int high = Math.min(offset, LzTokens.FAR_OFFSET) >> 8;
        if (length < LzTokens.LONG_LENGTH) {
            output[at++] = (byte) ((length + 1) << 5 | high);
        } else {
            output[at++] = (byte) ((LzTokens.LONG_LENGTH + 1) << 5 | high);
            int more = length - LzTokens.LONG_LENGTH;
            for (; more >= 0xff; more -= 0xff) {
                output[at++] = (byte) 0xff;
            }
            output[at++] = (byte) more;
        }
        if (offset < LzTokens.FAR_OFFSET) {
            output[at++] = (byte) offset;
        } else {
            int far = offset - LzTokens.FAR_OFFSET;
            output[at++] = (byte) 0xff;
            output[at++] = (byte) (far >> 8);
            output[at++] = (byte) far;
        }
    }
}
