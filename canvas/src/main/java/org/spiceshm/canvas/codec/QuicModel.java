package org.spiceshm.canvas.codec;

import java.util.Arrays;

/**
 * What one channel has learned: which code suits a residual, by the residual to its left. spice-common,
 * quic_tmpl.c: update_model.
 *
 * <p>Owned by the codec's thread.
 */
final class QuicModel {
    private static final int CONTEXTS = 256;
    private static final int CODES = QuicCode.CODES;

    /** The code for each residual to the left. */
    final byte[] codes = new byte[CONTEXTS];
    /** Bits that each code would have taken: code plus eight times the bucket. */
    private final int[] counters = new int[CODES * CODES];

    private QuicCode code = QuicCode.BITS_8;

    void reset(QuicCode newCode) {
        code = newCode;
        Arrays.fill(counters, 0);
        Arrays.fill(codes, (byte) (code.depth - 1));
    }

    /** Learns that {@code value} came after {@code context}; halves what it knows beyond {@code trigger}. */
    void update(int context, int value, int trigger) {
        int bucket = code.bucket[context];
        int base = bucket * CODES;
        int row = value * CODES;
        byte[] length = code.length;
        int[] counters = this.counters;
        // The least sum and, of those that are equal, the highest code, without branches, which nobody could foretell.
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < CODES; i++) {
            int sum = counters[base + i] + length[row + i];
            counters[base + i] = sum;
            least = Math.min(least, sum * CODES + (CODES - 1 - i));
        }
        int best = CODES - 1 - least % CODES;
        if (least / CODES > trigger) {
            for (int i = 0; i < CODES; i++) {
                counters[base + i] >>= 1;
            }
        }
        if (codes[context] != best) {
            int first = (1 << bucket) - 1;
            int end = bucket == code.buckets - 1 ? CONTEXTS : 2 * first + 1;
            Arrays.fill(codes, first, end, (byte) best);
        }
    }
}
