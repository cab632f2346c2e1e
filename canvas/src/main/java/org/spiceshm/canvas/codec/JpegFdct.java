package org.spiceshm.canvas.codec;

import static org.spiceshm.canvas.codec.JpegIdct.C_0_298631336;
import static org.spiceshm.canvas.codec.JpegIdct.C_0_390180644;
import static org.spiceshm.canvas.codec.JpegIdct.C_0_541196100;
import static org.spiceshm.canvas.codec.JpegIdct.C_0_765366865;
import static org.spiceshm.canvas.codec.JpegIdct.C_0_899976223;
import static org.spiceshm.canvas.codec.JpegIdct.C_1_175875602;
import static org.spiceshm.canvas.codec.JpegIdct.C_1_501321110;
import static org.spiceshm.canvas.codec.JpegIdct.C_1_847759065;
import static org.spiceshm.canvas.codec.JpegIdct.C_1_961570560;
import static org.spiceshm.canvas.codec.JpegIdct.C_2_053119869;
import static org.spiceshm.canvas.codec.JpegIdct.C_2_562915447;
import static org.spiceshm.canvas.codec.JpegIdct.C_3_072711026;

/**
 * The cosine transform of an 8x8 block in integers, by Loeffler, Ligtenberg and Moschytz's algorithm with 13 bits of
 * fraction. Results are eight times the coefficients.
 */
final class JpegFdct {
    private static final int FRACTION_BITS = JpegIdct.FRACTION_BITS;
    /** Bits of fraction that the rows' pass leaves to the columns'. */
    private static final int BETWEEN_BITS = 2;

    private final int[] work = new int[JpegIdct.SIZE];

    /** Transforms samples, -128 to 127, of rows of {@code stride} from {@code index} on. */
    void transform(int[] samples, int index, int stride, int[] block) {
        for (int y = 0; y < JpegIdct.SIDE; y++) {
            int from = index + y * stride;
            pass(
                    samples[from],
                    samples[from + 1],
                    samples[from + 2],
                    samples[from + 3],
                    samples[from + 4],
                    samples[from + 5],
                    samples[from + 6],
                    samples[from + 7],
                    work,
                    y * JpegIdct.SIDE,
                    1,
                    FRACTION_BITS - BETWEEN_BITS,
                    BETWEEN_BITS,
                    0);
        }
        int[] work = this.work;
        for (int x = 0; x < JpegIdct.SIDE; x++) {
            pass(
                    work[x],
                    work[x + 8],
                    work[x + 16],
                    work[x + 24],
                    work[x + 32],
                    work[x + 40],
                    work[x + 48],
                    work[x + 56],
                    block,
                    x,
                    JpegIdct.SIDE,
                    FRACTION_BITS + BETWEEN_BITS,
                    0,
                    BETWEEN_BITS);
        }
    }

    private static void pass(
            int s0,
            int s1,
            int s2,
            int s3,
            int s4,
            int s5,
            int s6,
            int s7,
            int[] out,
            int at,
            int step,
            int shift,
            int up,
            int down) {
        int t0 = s0 + s7;
        int t7 = s0 - s7;
        int t1 = s1 + s6;
        int t6 = s1 - s6;
        int t2 = s2 + s5;
        int t5 = s2 - s5;
        int t3 = s3 + s4;
        int t4 = s3 - s4;
        int even0 = t0 + t3;
        int even3 = t0 - t3;
        int even1 = t1 + t2;
        int even2 = t1 - t2;
        int downHalf = (1 << down) >> 1;
        int half = 1 << (shift - 1);
        out[at] = (((even0 + even1) << up) + downHalf) >> down;
        out[at + 4 * step] = (((even0 - even1) << up) + downHalf) >> down;
        int z1 = (even2 + even3) * C_0_541196100 + half;
        out[at + 2 * step] = (z1 + even3 * C_0_765366865) >> shift;
        out[at + 6 * step] = (z1 - even2 * C_1_847759065) >> shift;

        int z5 = (t4 + t6 + t5 + t7) * C_1_175875602;
        int y1 = -(t4 + t7) * C_0_899976223 + half;
        int y2 = -(t5 + t6) * C_2_562915447 + half;
        int y3 = -(t4 + t6) * C_1_961570560 + z5;
        int y4 = -(t5 + t7) * C_0_390180644 + z5;
        out[at + 7 * step] = (t4 * C_0_298631336 + y1 + y3) >> shift;
        out[at + 5 * step] = (t5 * C_2_053119869 + y2 + y4) >> shift;
        out[at + 3 * step] = (t6 * C_3_072711026 + y2 + y3) >> shift;
        out[at + step] = (t7 * C_1_501321110 + y1 + y4) >> shift;
    }
}
