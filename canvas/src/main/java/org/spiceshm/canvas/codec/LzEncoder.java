package org.spiceshm.canvas.codec;

import org.spiceshm.canvas.Pixmap;

/**
 * Encodes LZ pictures: greedy matches, found by {@link PixelMatcher}. The streams are as the reference's decoder wants
 * them. spice-common, lz.c.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class LzEncoder {
    /** The furthest match: two bytes beyond the offsets that need none. */
    private static final int MAX_OFFSET = LzTokens.FAR_OFFSET + 0xffff;

    /** What a short match takes, with the byte that its end costs when literals follow. */
    private static final int NEAR_BYTES = 3;

    private static final int FAR_BYTES = 5;

    private final PixelMatcher matcher = new PixelMatcher();
    private final LzWriter writer = new LzWriter();
    private int[] part = new int[0];

    /**
     * Encodes a picture after what {@code target} holds, rows top-down: RGB_555 as RGB16, XRGB_32 as RGB32 (the top byte is
     * lost, but pixels match only where it is the same), ARGB_32 as RGBA, A8 as A8.
     *
     * @throws IllegalArgumentException for other formats
     */
    public void encode(Pixmap picture, EncodedBytes target) {
        switch (picture.format()) {
            case RGB_555 -> {
                begin(LzImageType.RGB16, picture, target);
                encodeUnits(picture.pixels(), picture, LzTokens.RGB16);
            }
            case XRGB_32 -> {
                begin(LzImageType.RGB32, picture, target);
                encodeUnits(picture.pixels(), picture, LzTokens.RGB24);
            }
            case ARGB_32 -> {
                begin(LzImageType.RGBA, picture, target);
                encodeUnits(part(picture, 0, 0xff_ffff), picture, LzTokens.RGB24);
                encodeUnits(part(picture, 24, 0xff), picture, LzTokens.BYTE);
            }
            case A8 -> {
                begin(LzImageType.A8, picture, target);
                encodeUnits(picture.pixels(), picture, LzTokens.BYTE);
            }
            case A1, RGB_565 -> throw new IllegalArgumentException("picture: got " + picture.format());
        }
        target.length(writer.at());
    }

    /** Encodes the top bytes of a picture's pixels as XXXA. */
    public void encodeAlpha(Pixmap picture, EncodedBytes target) {
        begin(LzImageType.XXXA, picture, target);
        encodeUnits(part(picture, 24, 0xff), picture, LzTokens.BYTE);
        target.length(writer.at());
    }

    private void begin(LzImageType type, Pixmap picture, EncodedBytes target) {
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        int start = target.length();
        int headerEnd = start + (int) LzHeader.STRUCT.size();
        writer.begin(target, headerEnd, width * height);
        LzHeader.write(target.segment(), start, type, width, height, type.rowBytes(width), true);
    }

    private int[] part(Pixmap picture, int shift, int mask) {
        int count = picture.widthPixels() * picture.heightPixels();
        if (part.length < count) {
            part = new int[count];
        }
        LzWriter.copyPart(picture, shift, mask, part);
        return part;
    }

    /** Bits that a unit has too much are not written, but matches are of whole ints. */
    private void encodeUnits(int[] units, Pixmap picture, int unitBytes) {
        int count = picture.widthPixels() * picture.heightPixels();
        matcher.begin(units, picture.widthPixels(), count, MAX_OFFSET + 1, true);
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
            if (length * unitBytes <= (offset < LzTokens.FAR_OFFSET ? NEAR_BYTES : FAR_BYTES)) {
                i++;
                continue;
            }
            writer.writeLiterals(units, literals, i, unitBytes);
            writeMatch(length - LzTokens.bias(unitBytes), offset);
            matcher.skip(i, i + length);
            misses = 0;
            i += length;
            literals = i;
        }
        writer.writeLiterals(units, literals, count, unitBytes);
    }

    /** Writes a match; its length is without the bias, its offset less one. */
    private void writeMatch(int length, int offset) {
        int control = (Math.min(length, LzTokens.LONG_LENGTH) + 1) << 5 | Math.min(offset, LzTokens.FAR_OFFSET) >> 8;
        writer.write(control, 1);
        if (length >= LzTokens.LONG_LENGTH) {
            writer.writeMore(length - LzTokens.LONG_LENGTH);
        }
        if (offset < LzTokens.FAR_OFFSET) {
            writer.write(offset, 1);
        } else {
            int far = offset - LzTokens.FAR_OFFSET;
            writer.write(0xff | (far & 0xff00) | (far & 0xff) << 16, 3);
        }
    }
}
