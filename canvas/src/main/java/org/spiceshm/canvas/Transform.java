package org.spiceshm.canvas;

/**
 * An affine map from drawn pixels to picture pixels, in 16.16 numbers: {@code x' = t00 * x + t01 * y + t02}, {@code y' =
 * t10 * x + t11 * y + t12}. All arithmetic is exact in a long as long as x and y have at most 26 bits.
 */
final class Transform {
    static final int ONE = 1 << 16;
    static final int HALF = 1 << 15;

    boolean isIdentity = true;
    int t00 = ONE;
    int t01;
    int t02;
    int t10;
    int t11 = ONE;
    int t12;

    void identity() {
        set(ONE, 0, 0, 0, ONE, 0);
    }

    void set(int new00, int new01, int new02, int new10, int new11, int new12) {
        t00 = new00;
        t01 = new01;
        t02 = new02;
        t10 = new10;
        t11 = new11;
        t12 = new12;
        isIdentity = t00 == ONE && t01 == 0 && t02 == 0 && t10 == 0 && t11 == ONE && t12 == 0;
    }

    /** The picture's x at the centre of pixel x, y, rounded as pixman_transform_point does. */
    long centreX(int x, int y) {
        return (long) t00 * x + (long) t01 * y + t02 + (((long) t00 * HALF + (long) t01 * HALF + HALF) >> 16);
    }

    /** The picture's y at the centre of pixel x, y. */
    long centreY(int x, int y) {
        return (long) t10 * x + (long) t11 * y + t12 + (((long) t10 * HALF + (long) t11 * HALF + HALF) >> 16);
    }
}
