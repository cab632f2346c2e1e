package org.spiceshm.canvas.codec;

import java.util.Arrays;

/** How far two places of arrays are alike. */
final class Matches {
    /** Beyond so many ints the JDK's vectorised search is used. */
    private static final int SHORT = 8;

    private Matches() {}

    /**
     * Ints that are the same from {@code first} and from {@code second} on; {@code second} stays before {@code end},
     * {@code first} as far from its own.
     */
    static int length(int[] firstInts, int first, int[] secondInts, int second, int end) {
        int at = second;
        if (second + SHORT <= end) {
            // All eight at once: most matches are short, and where one ends is what a branch could not foretell.
            int different = isDifferent(firstInts[first], secondInts[second])
                    | isDifferent(firstInts[first + 1], secondInts[second + 1]) << 1
                    | isDifferent(firstInts[first + 2], secondInts[second + 2]) << 2
                    | isDifferent(firstInts[first + 3], secondInts[second + 3]) << 3
                    | isDifferent(firstInts[first + 4], secondInts[second + 4]) << 4
                    | isDifferent(firstInts[first + 5], secondInts[second + 5]) << 5
                    | isDifferent(firstInts[first + 6], secondInts[second + 6]) << 6
                    | isDifferent(firstInts[first + 7], secondInts[second + 7]) << 7;
            if (different != 0) {
                return Integer.numberOfTrailingZeros(different);
            }
            at += SHORT;
        }
        int offset = first - second;
        int mismatch = Arrays.mismatch(firstInts, at + offset, end + offset, secondInts, at, end);
        return (mismatch < 0 ? end : at + mismatch) - second;
    }

    private static int isDifferent(int first, int second) {
        int difference = first ^ second;
        return (difference | -difference) >>> (Integer.SIZE - 1);
    }
}
