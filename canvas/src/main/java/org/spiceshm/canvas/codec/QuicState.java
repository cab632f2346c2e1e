package org.spiceshm.canvas.codec;

/**
 * How far the coder of one plane, or of the three colours together, has come: when its model learns next, and how long
 * it expects runs to be. spice-common, quic.c: CommonState.
 *
 * <p>Owned by the codec's thread.
 */
final class QuicState {
    /** Order of the run code in each of its 32 states: a one bit is a run of two to the power of it. */
    static final int[] RUN_ORDER = {
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    private static final int SLOWEST = 6;
    private static final int PIXELS_PER_SPEED = 2048;
    private static final int[] TRIGGER = {110, 550, 900, 800, 550, 400, 350};

    /** Pixels that the model does not learn from before it learns again. */
    int wait;
    /** State of the run code. */
    int run;

    private int random;
    private int slowness;
    private int pixelsLeft;

    void reset() {
        wait = 0;
        run = 0;
        random = QuicRandom.MASK;
        slowness = 0;
        pixelsLeft = PIXELS_PER_SPEED;
    }

    /** The next number of pixels to wait. */
    int nextWait() {
        random = (random + 1) & QuicRandom.MASK;
        return QuicRandom.number(random) & ((1 << slowness) - 1);
    }

    /** Beyond what the model halves. */
    int trigger() {
        return TRIGGER[slowness];
    }

    /** Where the segment that begins at {@code from} ends, of a row that ends at {@code width}: the speed is one there. */
    int segmentEnd(int from, int width) {
        return slowness < SLOWEST && pixelsLeft <= width - from ? from + pixelsLeft : width;
    }

    /** A segment of so many pixels is done. */
    void advance(int pixels) {
        if (slowness < SLOWEST) {
            pixelsLeft -= pixels;
            if (pixelsLeft == 0) {
                slowness++;
                pixelsLeft = PIXELS_PER_SPEED;
            }
        }
    }
}
