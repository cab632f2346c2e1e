package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * The tokens of LZ: literals and matches, for units of three bytes, two bytes and one byte. FastLZ level 2 with other
 * lengths.
 *
 * <pre>
 * 000nnnnn                      n + 1 literals follow
 * lllooooo [255]* b  oooooooo   a match: l + lengths - 1 + bias units, from o + 1 units back
 * lll11111 [255]* b  11111111 oooooooo oooooooo     the same, from o + 8192 units back
 * </pre>
 *
 * <p>Tokens are read into the slack behind the input before it is checked that they end inside it.
 */
final class LzTokens {
    static final int MAX_LITERALS = 32;
    /** The longest length that a token's first byte says. */
    static final int LONG_LENGTH = 6;

    static final int OFFSET_HIGH_MASK = 0x1f;
    /** Offsets from here on take two more bytes. */
    static final int FAR_OFFSET = 8191;

    /** Matches of one-byte units are that much longer than they say. */
    static final int BYTE_BIAS = 3;
    /** The same for 16-bit pixels. */
    static final int RGB16_BIAS = 2;
    /** The same for 24- and 32-bit pixels. */
    static final int RGB32_BIAS = 1;

    private static final int SHORT_COPY = 16;

    private LzTokens() {}

    /**
     * Decodes {@code count} pixels: 16-bit ones, or 0x00RRGGBB.
     *
     * @param end where the input ends; zero bytes follow there
     * @return where the stream ends
     */
    static int decodePixels(byte[] input, int start, int end, int[] output, int count, boolean rgb16)
            throws MalformedMessageException {
        int pixelBytes = rgb16 ? 2 : 3;
        int bias = rgb16 ? RGB16_BIAS : RGB32_BIAS;
        int at = start;
        int done = 0;
        while (done < count) {
            int control = input[at++] & 0xff;
            if (control < MAX_LITERALS) {
                int literals = control + 1;
                checkRoom(literals, count - done);
                checkEnd(at + pixelBytes * literals, end);
                if (rgb16) {
                    readRgb16(input, at, output, done, literals);
                } else {
                    readRgb24(input, at, output, done, literals);
                }
                at += pixelBytes * literals;
                done += literals;
                continue;
            }
            int length = (control >> 5) - 1;
            int offset = (control & OFFSET_HIGH_MASK) << 8;
            if (length == LONG_LENGTH) {
                int more;
                do {
                    more = input[at++] & 0xff;
                    length += more;
                } while (more == 0xff && length <= count);
            }
            int low = input[at++] & 0xff;
            offset += low;
            if (offset == FAR_OFFSET) {
                offset += (input[at] & 0xff) << 8 | (input[at + 1] & 0xff);
                at += 2;
            }
            length += bias;
            checkEnd(at, end);
            checkRoom(length, count - done);
            checkOffset(offset, done);
            copy(output, done - offset - 1, done, length);
            done += length;
        }
        return at;
    }

    /** As {@link #decodePixels}, for bytes: palette indexes and alpha. */
    static int decodeBytes(byte[] input, int start, int end, byte[] output, int count)
            throws MalformedMessageException {
        int at = start;
        int done = 0;
        while (done < count) {
            int control = input[at++] & 0xff;
            if (control < MAX_LITERALS) {
                int literals = control + 1;
                checkRoom(literals, count - done);
                checkEnd(at + literals, end);
                System.arraycopy(input, at, output, done, literals);
                at += literals;
                done += literals;
                continue;
            }
            int length = (control >> 5) - 1;
            int offset = (control & OFFSET_HIGH_MASK) << 8;
            if (length == LONG_LENGTH) {
                int more;
                do {
                    more = input[at++] & 0xff;
                    length += more;
                } while (more == 0xff && length <= count);
            }
            int low = input[at++] & 0xff;
            offset += low;
            if (offset == FAR_OFFSET) {
                offset += (input[at] & 0xff) << 8 | (input[at + 1] & 0xff);
                at += 2;
            }
            length += BYTE_BIAS;
            checkEnd(at, end);
            checkRoom(length, count - done);
            checkOffset(offset, done);
            copy(output, done - offset - 1, done, length);
            done += length;
        }
        return at;
    }

    /** Literals of bytes blue, green, red. */
    static void readRgb24(byte[] input, int at, int[] output, int index, int count) {
        for (int i = 0; i < count; i++) {
            output[index + i] = (int) CompressedBytes.INT.get(input, at + 3 * i) & 0xff_ffff;
        }
    }

    /** Literals of two bytes, the high one first. */
    static void readRgb16(byte[] input, int at, int[] output, int index, int count) {
        for (int i = 0; i < count; i++) {
            output[index + i] = (input[at + 2 * i] & 0xff) << 8 | (input[at + 2 * i + 1] & 0xff);
        }
    }

    /** Copies forward; what is copied may be what this call has written. */
    static void copy(int[] pixels, int from, int to, int length) {
        int distance = to - from;
        if (length < SHORT_COPY) {
            for (int i = 0; i < length; i++) {
                pixels[to + i] = pixels[from + i];
            }
        } else if (distance == 1) {
            Arrays.fill(pixels, to, to + length, pixels[from]);
        } else {
            int done = 0;
            while (done < length) {
                int part = Math.min(distance + done, length - done);
                System.arraycopy(pixels, from, pixels, to + done, part);
                done += part;
            }
        }
    }

    /** The same for bytes. */
    static void copy(byte[] bytes, int from, int to, int length) {
        int distance = to - from;
        if (length < SHORT_COPY) {
            for (int i = 0; i < length; i++) {
                bytes[to + i] = bytes[from + i];
            }
        } else if (distance == 1) {
            Arrays.fill(bytes, to, to + length, bytes[from]);
        } else {
            int done = 0;
            while (done < length) {
                int part = Math.min(distance + done, length - done);
                System.arraycopy(bytes, from, bytes, to + done, part);
                done += part;
            }
        }
    }

    private static void checkRoom(int length, int room) throws MalformedMessageException {
        if (!(length <= room)) {
            throw LzHeader.malformed("data", "got a token of " + length + " units, expected at most " + room);
        }
    }

    private static void checkEnd(int at, int end) throws MalformedMessageException {
        if (!(at <= end)) {
            throw LzHeader.malformed("data", "got the end of the data, expected more tokens");
        }
    }

    private static void checkOffset(int offset, int done) throws MalformedMessageException {
        if (!(offset < done)) {
            throw LzHeader.malformed("data", "got a match " + (offset + 1) + " units back, expected at most " + done);
        }
    }
}
