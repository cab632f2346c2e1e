package org.spiceshm.canvas.codec;

import java.util.Arrays;

/**
 * Finds where the next pixels of a picture have been before: where a hash of three of them was last seen, or above them;
 * the longer of the two. A run of one colour is found by its hash too, one pixel late.
 *
 * <p>Reused; owned by the encoder's thread. Pixels are read up to two beyond the last place that is asked for.
 */
final class PixelMatcher {
    /** Pixels that must be there after a place. */
    static final int LOOK_AHEAD = 3;

    /** After two to the power of so many misses in a row, one place more is passed over each time: nothing matches here. */
    static final int PATIENCE = 6;

    private static final int HASH_BITS = 14;
    private static final long PRIME = 0x9e37_79b9_7f4a_7c15L;
    /** In a match, one place of so many is remembered: what comes later in the picture finds it within as many. */
    static final int SPARSE = 8;
    /** Such matches are few, and where they are there are whole areas alike. */
    private static final int LONG = 8;

    private final int[] table = new int[1 << HASH_BITS];
    private int[] pixels = new int[0];
    private int width;
    /** From here on something is above, and not too far. */
    private int firstBelow;

    private int count;
    private int maxDistance;
    private boolean thorough;

    /** What {@link #find} has found: pixels that are alike, and how far back they were. */
    int length;

    int distance;

    /**
     * Begins a picture; no match is further back than {@code newMaxDistance} pixels.
     *
     * @param newThorough whether to look above even if the hash has found a short match, as most are in text: streams are a
     *     tenth shorter and take a fifth more time
     */
    void begin(int[] newPixels, int newWidth, int newCount, int newMaxDistance, boolean newThorough) {
        pixels = newPixels;
        width = newWidth;
        firstBelow = newWidth <= newMaxDistance ? newWidth : newCount;
        count = newCount;
        maxDistance = newMaxDistance;
        thorough = newThorough;
        Arrays.fill(table, -1);
    }

    /** Looks for what starts at {@code at}; whether two pixels or more match. */
    boolean find(int at) {
        int[] pixels = this.pixels;
        int first = pixels[at];
        int second = pixels[at + 1];
        int slot = hash(first, second, pixels[at + 2], HASH_BITS);
        int candidate = table[slot];
        table[slot] = at;
        length = 0;
        if (candidate >= 0
                && pixels[candidate] == first
                && pixels[candidate + 1] == second
                && at - candidate <= maxDistance) {
            take(at, at - candidate);
        }
        if (at >= firstBelow && (thorough || length == 0 || length >= LONG)) {
            takeAboveIfLonger(at);
        }
        return length != 0;
    }

    /** Remembers places inside a match, for what comes after. */
    void skip(int from, int to) {
        for (int i = from + SPARSE; i < Math.min(to, count - LOOK_AHEAD); i += SPARSE) {
            table[hash(pixels[i], pixels[i + 1], pixels[i + 2], HASH_BITS)] = i;
        }
    }

    private void takeAboveIfLonger(int at) {
        // Most are shorter: a longer one, of two pixels at least, has this pixel too.
        int decisive = at + Math.max(length, 1);
        if (decisive < count && pixels[decisive - width] == pixels[decisive] && pixels[at - width] == pixels[at]) {
            take(at, width);
        }
    }

    private void take(int at, int newDistance) {
        int newLength = Matches.length(pixels, at - newDistance, pixels, at, count);
        if (newLength > length) {
            length = newLength;
            distance = newDistance;
        }
    }

    /** A number of {@code bits} bits for three pixels. */
    static int hash(int first, int second, int third, int bits) {
        return (int) ((((long) first << 32 ^ (long) second << 16 ^ third) * PRIME) >>> (Long.SIZE - bits));
    }
}
