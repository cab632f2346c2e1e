package org.spiceshm.protocol.shm;

/**
 * At most {@link #MAX_RECTS} rectangles that cover everything added: exactly, as long as they suffice; past that, each
 * new one is merged where the cover grows least. Allocates nothing after its making; owned by one thread.
 */
public final class DamageRects {
    /** As many as one SHM_DAMAGE carries. */
    public static final int MAX_RECTS = ShmDamageFlyweight.MAX_RECTS;

    private final int[] rects = new int[4 * MAX_RECTS];
    private int count;

    /** How many. */
    public int count() {
        return count;
    }

    /** Top row of rectangle {@code index}. */
    public int top(int index) {
        return rects[4 * index];
    }

    /** Its first column. */
    public int left(int index) {
        return rects[4 * index + 1];
    }

    /** One past its last row. */
    public int bottom(int index) {
        return rects[4 * index + 2];
    }

    /** One past its last column. */
    public int right(int index) {
        return rects[4 * index + 3];
    }

    /** Pixels in all rectangles; those in several count as often. */
    public long area() {
        long area = 0;
        for (int i = 0; i < count; i++) {
            area += (long) (bottom(i) - top(i)) * (right(i) - left(i));
        }
        return area;
    }

    /** Forgets all. */
    public void clear() {
        count = 0;
    }

    /** Adds a rectangle, which is not empty. */
    public void add(int top, int left, int bottom, int right) {
        for (int i = 0; i < count; i++) {
            if (top(i) <= top && left(i) <= left && bottom <= bottom(i) && right <= right(i)) {
                return;
            }
            if (top <= top(i) && left <= left(i) && bottom(i) <= bottom && right(i) <= right) {
                remove(i--);
            }
        }
        if (count < MAX_RECTS) {
            put(count++, top, left, bottom, right);
        } else {
            mergeWhereItGrowsLeast(top, left, bottom, right);
        }
    }

    private void mergeWhereItGrowsLeast(int top, int left, int bottom, int right) {
        int best = 0;
        long bestGrowth = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            long height = (long) Math.max(bottom(i), bottom) - Math.min(top(i), top);
            long width = (long) Math.max(right(i), right) - Math.min(left(i), left);
            long growth = height * width - (long) (bottom(i) - top(i)) * (right(i) - left(i));
            if (growth < bestGrowth) {
                bestGrowth = growth;
                best = i;
            }
        }
        put(
                best,
                Math.min(top(best), top),
                Math.min(left(best), left),
                Math.max(bottom(best), bottom),
                Math.max(right(best), right));
    }

    private void remove(int index) {
        count--;
        System.arraycopy(rects, 4 * count, rects, 4 * index, 4);
    }

    private void put(int index, int top, int left, int bottom, int right) {
        int at = 4 * index;
        rects[at] = top;
        rects[at + 1] = left;
        rects[at + 2] = bottom;
        rects[at + 3] = right;
    }
}
