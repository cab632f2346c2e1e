package org.spiceshm.canvas;

/**
 * The operators of the X Render extension on rows of premultiplied ARGB, rounded as pixman-combine32.c does: every
 * product of two channels to the nearest of 255ths, sums saturated. SATURATE needs a division, which pixman does in
 * single precision (pixman-combine-float.c).
 */
final class Compositor {
    static final int DST = 2;
    static final int OVER = 3;
    static final int OVER_REVERSE = 4;
    static final int SATURATE = 13;

    private static final int SRC = 1;

    // Each operator is source * Fa + destination * Fb. A factor is (alpha & AND) ^ XOR: 0, 1, alpha or 1 - alpha; Fa
    // looks at the destination's alpha, Fb at the source's. Order: CLEAR, SRC, DST, OVER, OVER_REVERSE, IN, IN_REVERSE,
    // OUT, OUT_REVERSE, ATOP, ATOP_REVERSE, XOR, ADD.
    private static final int[] FA_AND = {0, 0, 0, 0, 255, 255, 0, 255, 0, 255, 255, 255, 0};
    private static final int[] FA_XOR = {0, 255, 0, 255, 255, 0, 0, 255, 0, 0, 255, 255, 255};
    private static final int[] FB_AND = {0, 0, 0, 255, 0, 0, 255, 0, 255, 255, 255, 255, 0};
    private static final int[] FB_XOR = {0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 0, 255, 255};

    private static final float ONE_255TH = 1.0f / 255;
    /** pixman-private.h: FLOAT_IS_ZERO. */
    private static final float SMALLEST = Float.MIN_NORMAL;

    private Compositor() {}

    static boolean supports(int operator) {
        return operator <= SATURATE;
    }

    /** Multiplies every channel of the source by the mask's alpha. */
    static void applyMask(int[] source, int[] mask, int width) {
        for (int i = 0; i < width; i++) {
            source[i] = multiply(source[i], mask[i] >>> 24);
        }
    }

    /** Makes a mask that has one value for all channels of one that has a value for each. */
    static void spreadAlpha(int[] mask, int width) {
        for (int i = 0; i < width; i++) {
            mask[i] = (mask[i] >>> 24) * 0x01010101;
        }
    }

    /** {@code destination = source OP destination}; the source has its mask applied. */
    static void combine(int operator, int[] destination, int[] source, int width) {
        switch (operator) {
            case SRC -> System.arraycopy(source, 0, destination, 0, width);
            case OVER -> over(destination, source, width);
            case SATURATE -> saturate(destination, source, width);
            default ->
                combine(
                        destination,
                        source,
                        width,
                        FA_AND[operator],
                        FA_XOR[operator],
                        FB_AND[operator],
                        FB_XOR[operator]);
        }
    }

    /** As above, with a mask that has a value for every channel. */
    static void combine(int operator, int[] destination, int[] source, int[] mask, int width) {
        if (operator == SATURATE) {
            saturate(destination, source, mask, width);
        } else {
            combine(
                    destination,
                    source,
                    mask,
                    width,
                    FA_AND[operator],
                    FA_XOR[operator],
                    FB_AND[operator] * 0x01010101,
                    FB_XOR[operator] * 0x01010101);
        }
    }

    private static void over(int[] destination, int[] source, int width) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            destination[i] = add(s, multiply(destination[i], ~s >>> 24));
        }
    }

    private static void combine(
            int[] destination, int[] source, int width, int faAnd, int faXor, int fbAnd, int fbXor) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int fa = (d >>> 24 & faAnd) ^ faXor;
            int fb = (s >>> 24 & fbAnd) ^ fbXor;
            destination[i] = add(multiply(s, fa), multiply(d, fb));
        }
    }

    private static void combine(
            int[] destination, int[] source, int[] mask, int width, int faAnd, int faXor, int fbAnd, int fbXor) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int m = mask[i];
            int fa = (d >>> 24 & faAnd) ^ faXor;
            int fb = (multiply(m, s >>> 24) & fbAnd) ^ fbXor;
            destination[i] = add(multiply(multiplyChannels(s, m), fa), multiplyChannels(d, fb));
        }
    }

    private static void saturate(int[] destination, int[] source, int width) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            float sourceAlpha = channel(s, 24);
            destination[i] = saturate(s, d, 24, sourceAlpha, 1f)
                    | saturate(s, d, 16, sourceAlpha, 1f)
                    | saturate(s, d, 8, sourceAlpha, 1f)
                    | saturate(s, d, 0, sourceAlpha, 1f);
        }
    }

    private static void saturate(int[] destination, int[] source, int[] mask, int width) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int m = mask[i];
            float sourceAlpha = channel(s, 24);
            destination[i] = saturate(s, d, 24, channel(m, 24) * sourceAlpha, channel(m, 24))
                    | saturate(s, d, 16, channel(m, 16) * sourceAlpha, channel(m, 16))
                    | saturate(s, d, 8, channel(m, 8) * sourceAlpha, channel(m, 8))
                    | saturate(s, d, 0, channel(m, 0) * sourceAlpha, channel(m, 0));
        }
    }

    /** As much of the source as the destination's coverage leaves room for; one channel, in its place. */
    private static int saturate(int source, int destination, int shift, float alpha, float mask) {
        float room = 1 - channel(destination, 24);
        float factor = alpha < SMALLEST ? 1 : Math.clamp(room / alpha, 0f, 1f);
        float sum = Math.min(1f, channel(source, shift) * mask * factor + channel(destination, shift));
        int value = (int) (sum * 256);
        return (value - (value >> 8)) << shift;
    }

    private static float channel(int pixel, int shift) {
        return (pixel >>> shift & 0xff) * ONE_255TH;
    }

    /** Every channel of x times a 255ths, to the nearest: {@code t = c * a + 128; (t + (t >> 8)) >> 8}. */
    static int multiply(int x, int a) {
        int even = (x & 0xff00ff) * a + 0x800080;
        int odd = (x >>> 8 & 0xff00ff) * a + 0x800080;
        even += even >>> 8 & 0xff00ff;
        odd += odd >>> 8 & 0xff00ff;
        return odd ^ ((odd ^ even >>> 8) & 0xff00ff); // the even channels of one and the odd ones of the other
    }

    /** Channel by channel. */
    static int multiplyChannels(int x, int y) {
        return product(x, y, 24) << 24 | product(x, y, 16) << 16 | product(x, y, 8) << 8 | product(x, y, 0);
    }

    private static int product(int x, int y, int shift) {
        int t = (x >>> shift & 0xff) * (y >>> shift & 0xff) + 0x80;
        return (t + (t >> 8)) >> 8;
    }

    /** Channel by channel; what exceeds 255 is 255: seven bits are added, and the eighth by hand, which tells of a carry. */
    static int add(int x, int y) {
        int low = (x & 0x7f7f7f7f) + (y & 0x7f7f7f7f);
        int carry = ((x & y) | ((x | y) & low)) & 0x80808080;
        return (low ^ ((x ^ y) & 0x80808080)) | carry | (carry - (carry >>> 7));
    }
}
