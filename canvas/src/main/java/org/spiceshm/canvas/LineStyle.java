package org.spiceshm.canvas;

/**
 * How a line is dashed. spice-protocol, enums.h: SpiceLineFlags. Owned by the render thread; reused for every command.
 */
public final class LineStyle {
    private static final int MAX_DASHES = 255;
    private static final int START_WITH_GAP = 4;
    private static final int STYLED = 8;
    private static final int FRACTION_BITS = 4;
    private static final int HALF = 8;
    private static final int FRACTION = 15;
    private static final int LENGTH_MASK = 0xff;

    private final int[] lengths = new int[MAX_DASHES];
    private int count;
    private boolean rotated;
    private boolean styled;

    /** Not dashed. */
    public void solid() {
        styled = false;
        count = 0;
    }

    /** Takes the line's flags; the lengths follow if it is styled. */
    public void reset(int flags) {
        styled = (flags & STYLED) != 0;
        rotated = (flags & START_WITH_GAP) != 0;
        count = 0;
    }

    /** The next dash's or gap's length, 28.4 fixed point; the first is a dash. More than 255 are ignored. */
    public void length(int fixed) {
        if (count < MAX_DASHES) {
            lengths[count] = ((fixed >> FRACTION_BITS) + ((fixed & FRACTION) > HALF ? 1 : 0)) & LENGTH_MASK;
            count++;
        }
    }

    boolean isDashed() {
        return styled;
    }

    /** Whether the lengths make a pattern: there are some, and one of them is not 0. */
    boolean isValid() {
        if (!styled) {
            return true;
        }
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += lengths[i];
        }
        return sum != 0;
    }

    int count() {
        return count;
    }

    /** Pixels of dash (even) or gap (odd) {@code index}; of a line that starts with a gap the list is rotated by one. */
    int lengthPixels(int index) {
        return lengths[rotated ? (index + 1) % count : index];
    }

    /** How far into the pattern a line starts. */
    int startPixels() {
        return rotated ? lengthPixels(0) : 0;
    }
}
