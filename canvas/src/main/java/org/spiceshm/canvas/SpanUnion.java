package org.spiceshm.canvas;

import java.util.Arrays;

/**
 * Collects spans inside a region's extents and passes their union on, each pixel once: for raster operations that are
 * not the same when done twice. Owned by the render thread; its list grows to the longest, at most {@link #MAX_SPANS},
 * and stays. One more span passes on what there is: pixels drawn before and after that may then be drawn twice.
 */
final class SpanUnion implements SpanSink {
    private static final int MAX_SPANS = 1 << 20;
    private static final int ROW_SHIFT = 32;
    private static final int LEFT_SHIFT = 16;
    private static final int COLUMN_MASK = 0xffff;

    private long[] spans = new long[64];
    private int count;
    private final SpanSink next;
    private int top;
    private int left;
    private int bottom;
    private int right;

    SpanUnion(SpanSink next) {
        this.next = next;
    }

    /** Takes the region outside of whose extents spans do not matter. */
    void begin(Region region) {
        top = region.extentTop();
        left = region.extentLeft();
        bottom = region.extentBottom();
        right = region.extentRight();
        count = 0;
    }

    @Override
    public void span(int y, int spanLeft, int spanRight) {
        int from = Math.max(spanLeft, left);
        int to = Math.min(spanRight, right);
        if (!(from < to && top <= y && y < bottom)) {
            return;
        }
        if (count == spans.length) {
            if (count == MAX_SPANS) {
                flush();
            } else {
                spans = Arrays.copyOf(spans, 2 * count);
            }
        }
        // INVARIANT: extents lie within a surface, so all three numbers have 15 bits.
        spans[count++] = (long) y << ROW_SHIFT | (long) from << LEFT_SHIFT | to;
    }

    /** Passes the union on and forgets it. */
    void flush() {
        Arrays.sort(spans, 0, count);
        int i = 0;
        while (i < count) {
            int row = (int) (spans[i] >> ROW_SHIFT);
            int from = left(i);
            int to = right(i);
            i++;
            while (i < count && (int) (spans[i] >> ROW_SHIFT) == row && left(i) <= to) {
                to = Math.max(to, right(i));
                i++;
            }
            next.span(row, from, to);
        }
        count = 0;
    }

    private int left(int span) {
        return (int) (spans[span] >> LEFT_SHIFT) & COLUMN_MASK;
    }

    private int right(int span) {
        return (int) spans[span] & COLUMN_MASK;
    }
}
