package org.spiceshm.canvas.codec;

/**
 * The inverse cosine transform of an 8x8 block in integers: Loeffler, Ligtenberg and Moschytz's algorithm with 13 bits of
 * fraction, rounded where the Independent JPEG Group's accurate transform (jidctint.c) rounds, so that results are the same.
 */
final class JpegIdct {
    static final int SIDE = 8;
    static final int SIZE = SIDE * SIDE;

    static final int FRACTION_BITS = 13;
    /** Bits of fraction that the columns' pass leaves to the rows'. */
    private static final int BETWEEN_BITS = 2;

    private static final int ROW_SHIFT = FRACTION_BITS + BETWEEN_BITS + 3;

    static final int C_0_298631336 = 2446;
    static final int C_0_390180644 = 3196;
    static final int C_0_541196100 = 4433;
    static final int C_0_765366865 = 6270;
    static final int C_0_899976223 = 7373;
    static final int C_1_175875602 = 9633;
    static final int C_1_501321110 = 12299;
    static final int C_1_847759065 = 15137;
    static final int C_1_961570560 = 16069;
    static final int C_2_053119869 = 16819;
    static final int C_2_562915447 = 20995;
    static final int C_3_072711026 = 25172;

    private static final int CENTRE = 128;

    private final int[] work = new int[SIZE];

    /** Transforms dequantized coefficients to samples 0..255, rows of {@code stride} from {@code index} on. */
    void transform(int[] block, byte[] samples, int index, int stride) {
        for (int x = 0; x < SIDE; x++) {
            column(block, x);
        }
        for (int y = 0; y < SIDE; y++) {
            row(y * SIDE, samples, index + y * stride);
        }
    }

    /** The result for a block that has nothing but its first coefficient. */
    static byte flat(int first) {
        // The same roundings: columns give first << BETWEEN_BITS, rows shift by BETWEEN_BITS + 3.
        return clamp(((first << BETWEEN_BITS) + (1 << (BETWEEN_BITS + 2))) >> (BETWEEN_BITS + 3));
    }

    private void column(int[] block, int x) {
        int[] work = this.work;
        if ((block[x + 8]
                        | block[x + 16]
                        | block[x + 24]
                        | block[x + 32]
                        | block[x + 40]
                        | block[x + 48]
                        | block[x + 56])
                == 0) {
            int value = block[x] << BETWEEN_BITS;
            for (int y = 0; y < SIZE; y += SIDE) {
                work[x + y] = value;
            }
            return;
        }
        int z2 = block[x + 16];
        int z3 = block[x + 48];
        int z1 = (z2 + z3) * C_0_541196100;
        int even2 = z1 - z3 * C_1_847759065;
        int even3 = z1 + z2 * C_0_765366865;
        int sum = (block[x] + block[x + 32]) << FRACTION_BITS;
        int difference = (block[x] - block[x + 32]) << FRACTION_BITS;
        int e0 = sum + even3;
        int e3 = sum - even3;
        int e1 = difference + even2;
        int e2 = difference - even2;

        int t0 = block[x + 56];
        int t1 = block[x + 40];
        int t2 = block[x + 24];
        int t3 = block[x + 8];
        int z5 = (t0 + t2 + t1 + t3) * C_1_175875602;
        int y1 = -(t0 + t3) * C_0_899976223;
        int y2 = -(t1 + t2) * C_2_562915447;
        int y3 = -(t0 + t2) * C_1_961570560 + z5;
        int y4 = -(t1 + t3) * C_0_390180644 + z5;
        int o0 = t0 * C_0_298631336 + y1 + y3;
        int o1 = t1 * C_2_053119869 + y2 + y4;
        int o2 = t2 * C_3_072711026 + y2 + y3;
        int o3 = t3 * C_1_501321110 + y1 + y4;

        int shift = FRACTION_BITS - BETWEEN_BITS;
        int half = 1 << (shift - 1);
        work[x] = (e0 + o3 + half) >> shift;
        work[x + 56] = (e0 - o3 + half) >> shift;
        work[x + 8] = (e1 + o2 + half) >> shift;
        work[x + 48] = (e1 - o2 + half) >> shift;
        work[x + 16] = (e2 + o1 + half) >> shift;
        work[x + 40] = (e2 - o1 + half) >> shift;
        work[x + 24] = (e3 + o0 + half) >> shift;
        work[x + 32] = (e3 - o0 + half) >> shift;
    }

    private void row(int y, byte[] samples, int at) {
        int[] work = this.work;
        int z2 = work[y + 2];
        int z3 = work[y + 6];
        int z1 = (z2 + z3) * C_0_541196100;
        int even2 = z1 - z3 * C_1_847759065;
        int even3 = z1 + z2 * C_0_765366865;
        int sum = (work[y] + work[y + 4]) << FRACTION_BITS;
        int difference = (work[y] - work[y + 4]) << FRACTION_BITS;
        int half = 1 << (ROW_SHIFT - 1);
        int e0 = sum + even3 + half;
        int e3 = sum - even3 + half;
        int e1 = difference + even2 + half;
        int e2 = difference - even2 + half;

        int t0 = work[y + 7];
        int t1 = work[y + 5];
        int t2 = work[y + 3];
        int t3 = work[y + 1];
        int z5 = (t0 + t2 + t1 + t3) * C_1_175875602;
        int y1 = -(t0 + t3) * C_0_899976223;
        int y2 = -(t1 + t2) * C_2_562915447;
        int y3 = -(t0 + t2) * C_1_961570560 + z5;
        int y4 = -(t1 + t3) * C_0_390180644 + z5;
        int o0 = t0 * C_0_298631336 + y1 + y3;
        int o1 = t1 * C_2_053119869 + y2 + y4;
        int o2 = t2 * C_3_072711026 + y2 + y3;
        int o3 = t3 * C_1_501321110 + y1 + y4;

        samples[at] = clamp((e0 + o3) >> ROW_SHIFT);
        samples[at + 7] = clamp((e0 - o3) >> ROW_SHIFT);
        samples[at + 1] = clamp((e1 + o2) >> ROW_SHIFT);
        samples[at + 6] = clamp((e1 - o2) >> ROW_SHIFT);
        samples[at + 2] = clamp((e2 + o1) >> ROW_SHIFT);
        samples[at + 5] = clamp((e2 - o1) >> ROW_SHIFT);
        samples[at + 3] = clamp((e3 + o0) >> ROW_SHIFT);
        samples[at + 4] = clamp((e3 - o0) >> ROW_SHIFT);
    }

    private static byte clamp(int value) {
        return (byte) Math.max(0, Math.min(255, value + CENTRE));
    }
}
