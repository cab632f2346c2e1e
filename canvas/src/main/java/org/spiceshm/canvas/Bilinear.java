package org.spiceshm.canvas;

/**
 * Blends four neighbours a pixel: seven bits of distance each way, and the sum of the four products is truncated
 * (pixman-inlines.h). Nothing is lost between the two steps, so that the sum is the same whichever way is taken first.
 *
 * <p>A blend across leaves 16 bits a channel, two channels an int: even channels, the blue and the red, in one row and
 * odd ones in another. Every loop looks at one index of all its rows, which C2 vectorises.
 */
final class Bilinear {
    private static final int EVEN = 0x00ff00ff;
    private static final int ODD = 0xff00ff00;
    private static final int LOW = 0xffff;
    private static final int ONE = 256;

    private Bilinear() {}

    /** The weight, 0 to 254 of 256, of the neighbour to the right of or below a 16.16 position. */
    static int weight(long position) {
        return ((int) (position >> 9) & 0x7f) << 1;
    }

    /** The even channels between {@code left} and {@code right}, 0 to 65280 each. */
    static void acrossEven(int[] left, int[] right, int[] weights, int count, int[] even) {
        for (int i = 0; i < count; i++) {
            int l = left[i] & EVEN;
            // The difference borrows between channels; the sum pays it back.
            even[i] = (l << 8) + ((right[i] & EVEN) - l) * weights[i];
        }
    }

    /** The odd channels between {@code left} and {@code right}, 0 to 65280 each. */
    static void acrossOdd(int[] left, int[] right, int[] weights, int count, int[] odd) {
        for (int i = 0; i < count; i++) {
            int l = left[i] >>> 8 & EVEN;
            odd[i] = (l << 8) + ((right[i] >>> 8 & EVEN) - l) * weights[i];
        }
    }

    /** Pixels of a row that lies on its upper neighbours. */
    static void pack(int[] even, int[] odd, int count, int[] out) {
        for (int i = 0; i < count; i++) {
            out[i] = (even[i] >>> 8 & EVEN) | (odd[i] & ODD);
        }
    }

    /** Pixels of a row whose pixels are all as far from their upper neighbours. */
    static void down(int[] topEven, int[] topOdd, int[] bottomEven, int[] bottomOdd, int weight, int count, int[] out) {
        for (int i = 0; i < count; i++) {
            out[i] = down(topEven[i], bottomEven[i], weight) | down(topOdd[i], bottomOdd[i], weight) << 8;
        }
    }

    /** Pixels of a row that each have a distance of their own. */
    static void down(
            int[] topEven, int[] topOdd, int[] bottomEven, int[] bottomOdd, int[] weights, int count, int[] out) {
        // In one loop it would be too long for C2, and ten times slower.
        for (int i = 0; i < count; i++) {
            out[i] = down(topEven[i], bottomEven[i], weights[i]);
        }
        for (int i = 0; i < count; i++) {
            out[i] |= down(topOdd[i], bottomOdd[i], weights[i]) << 8;
        }
    }

    /** Two channels, 8 bits each. */
    private static int down(int top, int bottom, int weight) {
        int low = (top & LOW) * (ONE - weight) + (bottom & LOW) * weight;
        int high = (top >>> 16) * (ONE - weight) + (bottom >>> 16) * weight;
        return low >>> 16 | (high & 0xff0000);
    }
}
