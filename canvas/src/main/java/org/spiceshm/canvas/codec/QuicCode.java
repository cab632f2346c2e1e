package org.spiceshm.canvas.codec;

import java.util.Arrays;

/**
 * QUIC's Golomb-Rice codes with codewords of at most 26 bits, for residuals of 5 or 8 bits. Code {@code l} writes a value
 * as {@code value >> l} zeros, a one, and {@code l} low bits, unless these are more zeros than {@link #prefix} allows:
 * then as that many zeros and the rest in a fixed number of bits. spice-common, quic_family_tmpl.c.
 */
final class QuicCode {
    static final int MAX_BITS = 26;
    /** Codes of 8-bit residuals; those of 5 bits have fewer. */
    static final int CODES = 8;

    static final QuicCode BITS_5 = new QuicCode(5);
    static final QuicCode BITS_8 = new QuicCode(8);

    /** Where the length of an entry of {@link #words} begins; below it is the codeword, whose zeros in front do not count. */
    static final int WORD_BITS = 8;

    static final int WORD_MASK = (1 << WORD_BITS) - 1;

    private static final int VALUES = 256;

    /** Bits of a residual; there are as many codes. */
    final int depth;
    /** 2^depth - 1. */
    final int mask;
    /** The lowest bit of each of the three components of a pixel, and the highest. */
    final int lowBits;

    final int highBits;
    /** Zeros from which on a codeword is the long one, of each code. */
    final int[] prefix;
    /** The first value with the long codeword. */
    final int[] longStart;
    /** Bits of the long codeword. */
    final int[] longBits;
    /** What is below the zeros of the long codeword. */
    final int[] longMask;
    /** Bits of a value's codeword: code plus eight times the value; many for the codes that there are not. */
    final byte[] length = new byte[VALUES * CODES];
    /** Length and bits of a value's codeword: value plus 256 times the code. */
    final int[] words;
    /** Which bucket of the model a residual selects. */
    final byte[] bucket = new byte[VALUES];
    /** How many buckets there are. */
    final int buckets;

    private QuicCode(int depth) {
        this.depth = depth;
        mask = (1 << depth) - 1;
        lowBits = 1 | 1 << depth | 1 << (2 * depth);
        highBits = lowBits << (depth - 1);
        prefix = new int[depth];
        longStart = new int[depth];
        longBits = new int[depth];
        longMask = new int[depth];
        Arrays.fill(length, Byte.MAX_VALUE);
        words = new int[depth * VALUES];
        for (int code = 0; code < depth; code++) {
            prefix[code] = Math.min(MAX_BITS - depth, (1 << (depth - code)) - 1);
            longStart[code] = prefix[code] << code;
            int rest = (1 << depth) - longStart[code];
            int restBits = Integer.SIZE - Integer.numberOfLeadingZeros(rest - 1);
            longBits[code] = prefix[code] + restBits;
            longMask[code] = (1 << restBits) - 1;
            for (int value = 0; value <= mask; value++) {
                boolean isLong = value >= longStart[code];
                int codeBits = isLong ? longBits[code] : (value >> code) + 1 + code;
                int word = isLong ? value - longStart[code] : 1 << code | (value & ((1 << code) - 1));
                length[value * CODES + code] = (byte) codeBits;
                words[code * VALUES + value] = codeBits << WORD_BITS | word;
            }
        }
        // Buckets of 1, 2, 4, 8, ... residuals, the last one up to the largest.
        buckets = depth;
        for (int value = 0; value < VALUES; value++) {
            int logarithm = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(value + 1);
            bucket[value] = (byte) Math.min(logarithm, buckets - 1);
        }
    }
}
