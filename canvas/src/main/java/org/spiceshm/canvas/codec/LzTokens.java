package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * The tokens of LZ: literals and matches, for units of one byte, two bytes and three bytes; a unit is an int of the picture.
 * FastLZ level 2 with other lengths.
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

    /** Palette indexes and alpha. */
    static final int BYTE = 1;
    /** Pixels of 16 bits. */
    static final int RGB16 = 2;
    /** Pixels of 24 and 32 bits. */
    static final int RGB24 = 3;

    /** Ints that are copied at once; the last ones are beyond what was asked for. */
    private static final int GROUP = 8;

    private LzTokens() {}

    /** By how much matches are longer than they say: the shortest that is worth a token. */
    static int bias(int unitBytes) {
        return 4 - unitBytes;
    }

    /**
     * Decodes {@code count} units.
     *
     * @param end where the input ends; zero bytes follow there
     * @param output from its start; what is behind {@code count} is undefined then
     * @return where the stream ends
     */
    static int decode(byte[] input, int start, int end, int[] output, int count, int unitBytes)
            throws MalformedMessageException {
        int bias = bias(unitBytes);
        int at = start;
        int done = 0;
        while (done < count) {
            int control = input[at++] & 0xff;
            if (control < MAX_LITERALS) {
                int literals = control + 1;
                checkRoom(literals, count - done);
                checkEnd(at + unitBytes * literals, end);
                readLiterals(input, at, output, done, literals, unitBytes);
                at += unitBytes * literals;
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

    /** Literals of one byte; two bytes, the high one first; or blue, green and red. */
    private static void readLiterals(byte[] input, int at, int[] output, int index, int count, int unitBytes) {
        if (unitBytes == RGB24) {
            readRgb24(input, at, output, index, count);
        } else if (unitBytes == RGB16) {
            for (int i = 0; i < count; i++) {
                output[index + i] = (input[at + 2 * i] & 0xff) << 8 | (input[at + 2 * i + 1] & 0xff);
            }
        } else {
            for (int i = 0; i < count; i++) {
                output[index + i] = input[at + i] & 0xff;
            }
        }
    }

    /** Literals of bytes blue, green, red; {@code count} is at most {@link #MAX_LITERALS}. */
    static void readRgb24(byte[] input, int at, int[] output, int index, int count) {
        if (index + count + 3 <= output.length) {
            // INVARIANT: the input's slack is longer than three pixels more.
            for (int i = index, from = at; i < index + count; i += 4, from += 12) {
                output[i] = (int) CompressedBytes.INT.get(input, from) & 0xff_ffff;
                output[i + 1] = (int) CompressedBytes.INT.get(input, from + 3) & 0xff_ffff;
                output[i + 2] = (int) CompressedBytes.INT.get(input, from + 6) & 0xff_ffff;
                output[i + 3] = (int) CompressedBytes.INT.get(input, from + 9) & 0xff_ffff;
            }
        } else {
            for (int i = 0; i < count; i++) {
                output[index + i] = (int) CompressedBytes.INT.get(input, at + 3 * i) & 0xff_ffff;
            }
        }
    }

    /** Copies forward; what is copied may be what this call has written. What is behind it in the array is undefined then. */
    static void copy(int[] units, int from, int to, int length) {
        int distance = to - from;
        if (length <= 2 * GROUP && to + 2 * GROUP <= units.length) {
            copyGroup(units, from, to);
            if (length > GROUP) {
                copyGroup(units, from + GROUP, to + GROUP);
            }
        } else if (distance == 1) {
            Arrays.fill(units, to, to + length, units[from]);
        } else {
            int done = 0;
            while (done < length) {
                int part = Math.min(distance + done, length - done);
                System.arraycopy(units, from, units, to + done, part);
                done += part;
            }
        }
    }

    /** One after another, as the places may overlap. */
    private static void copyGroup(int[] units, int from, int to) {
        units[to] = units[from];
        units[to + 1] = units[from + 1];
        units[to + 2] = units[from + 2];
        units[to + 3] = units[from + 3];
        units[to + 4] = units[from + 4];
        units[to + 5] = units[from + 5];
        units[to + 6] = units[from + 6];
        units[to + 7] = units[from + 7];
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
