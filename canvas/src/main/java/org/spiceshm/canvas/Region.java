package org.spiceshm.canvas;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.spiceshm.protocol.qxl.QxlRect;

/**
 * The pixels that a command may touch: its box, cut to the surface and to the union of the clip rectangles, as disjoint
 * rectangles. It also keeps the box itself, which the positions of sources and masks count from.
 *
 * <p>The rectangles are always banded, as X regions are: ordered by rows, rectangles that share rows share all of them
 * and stand in order from left to right. Moves within a surface rely on it.
 *
 * <pre>
 * +---+ +-----+
 * | 0 | |  1  |   same top, same bottom
 * +---+ +-----+
 *    +---+
 *    | 2 |        starts where the band above ends, or below
 *    +---+
 * </pre>
 *
 * <p>Owned by the render thread; reused for every command. Its arrays grow to what the worst command needs, and stay.
 */
public final class Region {
    /** More clip rectangles make the command invalid. */
    public static final int MAX_CLIP_RECTS = 65536;

    /** As above, for lists that are not banded: their union may have {@code n * n} rectangles. */
    public static final int MAX_OVERLAPPING_RECTS = 1024;

    /** Coordinates stay within plus and minus this, so that sums of a few of them fit an int. */
    static final int MAX_COORDINATE = 1 << 24;

    private static final int TOP = 0;
    private static final int LEFT = 1;
    private static final int BOTTOM = 2;
    private static final int RIGHT = 3;
    private static final int RECT = 4;

    private int[] rects = new int[16 * RECT];
    private int count;
    private boolean valid;
    private int boxTop;
    private int boxLeft;
    private int boxBottom;
    private int boxRight;
    private int extentTop;
    private int extentLeft;
    private int extentBottom;
    private int extentRight;

    private int[] clips = new int[16 * RECT];
    private int clipCount;
    private long[] byLeft = new long[16];
    private int[] edges = new int[32];

    /** Empty, and without a box. */
    public void reset() {
        valid = false;
        count = 0;
        boxTop = boxLeft = boxBottom = boxRight = 0;
        extentTop = extentLeft = extentBottom = extentRight = 0;
    }

    /** The box of a command on {@code surface}, not clipped otherwise. */
    public void setBox(Surface surface, int top, int left, int bottom, int right) {
        reset();
        valid = inRange(top) && inRange(left) && inRange(bottom) && inRange(right);
        if (!valid) {
            return;
        }
        boxTop = top;
        boxLeft = left;
        boxBottom = bottom;
        boxRight = right;
        extentTop = Math.max(top, 0);
        extentLeft = Math.max(left, 0);
        extentBottom = Math.min(bottom, surface.heightPixels);
        extentRight = Math.min(right, surface.widthPixels);
        if (extentTop < extentBottom && extentLeft < extentRight) {
            add(extentTop, extentLeft, extentBottom, extentRight);
        } else {
            extentTop = extentLeft = extentBottom = extentRight = 0;
        }
    }

    /**
     * Keeps what lies in at least one of {@code clipRects} rectangles, four numbers each: top, left, bottom, right. They
     * may overlap; empty ones count for nothing; no rectangle leaves no pixel.
     */
    public void clipTo(int[] clip, int clipRects) {
        if (begin(clipRects)) {
            for (int i = 0; i < clipRects * RECT; i += RECT) {
                addClip(clip[i + TOP], clip[i + LEFT], clip[i + BOTTOM], clip[i + RIGHT]);
            }
            intersectClips();
        }
    }

    /** As above, from packed QXLRects. The caller has checked that they lie in the segment. */
    public void clipTo(MemorySegment clip, long offset, int clipRects) {
        if (begin(clipRects)) {
            long base = offset;
            for (int i = 0; i < clipRects; i++) {
                addClip(
                        QxlRect.TOP.get(clip, base),
                        QxlRect.LEFT.get(clip, base),
                        QxlRect.BOTTOM.get(clip, base),
                        QxlRect.RIGHT.get(clip, base));
                base += QxlRect.STRUCT.size();
            }
            intersectClips();
        }
    }

    /** What {@code other} and a rectangle have in common, in a box of that rectangle; empty if it has no area. */
    public void cut(Region other, int top, int left, int bottom, int right) {
        reset();
        if (!other.valid || !inRange(top) || !inRange(left) || !inRange(bottom) || !inRange(right)) {
            return;
        }
        valid = true;
        boxTop = top;
        boxLeft = left;
        boxBottom = bottom;
        boxRight = right;
        for (int i = 0; i < other.count; i++) {
            int t = Math.max(top, other.top(i));
            int l = Math.max(left, other.left(i));
            int b = Math.min(bottom, other.bottom(i));
            int r = Math.min(right, other.right(i));
            if (t < b && l < r) {
                add(t, l, b, r);
            }
        }
        updateExtents();
    }

    /** Rectangles in the region. */
    public int count() {
        return count;
    }

    /** Whether no pixel is left. */
    public boolean isEmpty() {
        return count == 0;
    }

    /** False when the box or the clip list passed the limits; nothing will be drawn. */
    public boolean isValid() {
        return valid;
    }

    /** First row of rectangle {@code index}. */
    public int top(int index) {
        return rects[index * RECT + TOP];
    }

    /** First column of rectangle {@code index}. */
    public int left(int index) {
        return rects[index * RECT + LEFT];
    }

    /** Row after the last of rectangle {@code index}. */
    public int bottom(int index) {
        return rects[index * RECT + BOTTOM];
    }

    /** Column after the last of rectangle {@code index}. */
    public int right(int index) {
        return rects[index * RECT + RIGHT];
    }

    /** First row of any rectangle; all four extents are 0 when the region is empty. */
    public int extentTop() {
        return extentTop;
    }

    /** First column of any rectangle. */
    public int extentLeft() {
        return extentLeft;
    }

    /** Row after the last of any rectangle. */
    public int extentBottom() {
        return extentBottom;
    }

    /** Column after the last of any rectangle. */
    public int extentRight() {
        return extentRight;
    }

    /** The command's box as it was given, before clipping. */
    public int boxTop() {
        return boxTop;
    }

    /** The command's box as it was given, before clipping. */
    public int boxLeft() {
        return boxLeft;
    }

    /** The command's box as it was given, before clipping. */
    public int boxBottom() {
        return boxBottom;
    }

    /** The command's box as it was given, before clipping. */
    public int boxRight() {
        return boxRight;
    }

    /** The first rectangle that does not end at or above row {@code y}, or {@link #count}. */
    int firstEndingAfter(int y) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (bottom(middle) <= y) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    static boolean inRange(int coordinate) {
        return -MAX_COORDINATE <= coordinate && coordinate <= MAX_COORDINATE;
    }

    private boolean begin(int clipRects) {
        clipCount = 0;
        if (!(0 <= clipRects && clipRects <= MAX_CLIP_RECTS)) {
            invalidate();
            return false;
        }
        return count != 0;
    }

    private void invalidate() {
        reset();
    }

    private void addClip(int top, int left, int bottom, int right) {
        int t = Math.max(top, extentTop);
        int l = Math.max(left, extentLeft);
        int b = Math.min(bottom, extentBottom);
        int r = Math.min(right, extentRight);
        if (!(t < b && l < r)) {
            return;
        }
        int at = clipCount * RECT;
        if (at == clips.length) {
            clips = Arrays.copyOf(clips, clips.length * 2);
        }
        clips[at + TOP] = t;
        clips[at + LEFT] = l;
        clips[at + BOTTOM] = b;
        clips[at + RIGHT] = r;
        clipCount++;
    }

    private void intersectClips() {
        count = 0;
        if (isBanded()) {
            for (int at = 0; at < clipCount * RECT; at += RECT) {
                add(clips[at + TOP], clips[at + LEFT], clips[at + BOTTOM], clips[at + RIGHT]);
            }
        } else if (clipCount <= MAX_OVERLAPPING_RECTS) {
            uniteClips();
        } else {
            invalidate();
            return;
        }
        updateExtents();
    }

    private boolean isBanded() {
        for (int at = RECT; at < clipCount * RECT; at += RECT) {
            int before = at - RECT;
            boolean nextBand = clips[before + BOTTOM] <= clips[at + TOP];
            boolean sameBand = clips[before + TOP] == clips[at + TOP]
                    && clips[before + BOTTOM] == clips[at + BOTTOM]
                    && clips[before + RIGHT] <= clips[at + LEFT];
            if (!nextBand && !sameBand) {
                return false;
            }
        }
        return true;
    }

    /** Cuts the plane into bands between neighbouring horizontal edges; in each, unites the spans from left to right. */
    private void uniteClips() {
        if (byLeft.length < clipCount) {
            byLeft = new long[clips.length / RECT];
            edges = new int[clips.length / RECT * 2];
        }
        for (int i = 0; i < clipCount; i++) {
            byLeft[i] = (long) clips[i * RECT + LEFT] << 32 | i;
            edges[2 * i] = clips[i * RECT + TOP];
            edges[2 * i + 1] = clips[i * RECT + BOTTOM];
        }
        Arrays.sort(byLeft, 0, clipCount);
        Arrays.sort(edges, 0, 2 * clipCount);
        int bandBefore = 0;
        for (int i = 1; i < 2 * clipCount; i++) {
            if (edges[i - 1] < edges[i]) {
                int band = count;
                addBand(edges[i - 1], edges[i]);
                bandBefore = joinBands(bandBefore, band);
            }
        }
    }

    private void addBand(int top, int bottom) {
        int left = 0;
        int right = -1;
        for (int i = 0; i < clipCount; i++) {
            int at = (int) byLeft[i] * RECT;
            if (clips[at + TOP] <= top && bottom <= clips[at + BOTTOM]) {
                if (right < clips[at + LEFT]) {
                    if (left < right) {
                        add(top, left, bottom, right);
                    }
                    left = clips[at + LEFT];
                    right = clips[at + RIGHT];
                } else {
                    right = Math.max(right, clips[at + RIGHT]);
                }
            }
        }
        if (left < right) {
            add(top, left, bottom, right);
        }
    }

    /** Makes the bands that start at rectangles {@code upper} and {@code lower} one if they touch and look alike. */
    private int joinBands(int upper, int lower) {
        int width = count - lower;
        if (width == 0 || lower - upper != width || bottom(upper) != top(lower)) {
            return lower;
        }
        for (int i = 0; i < width; i++) {
            if (left(upper + i) != left(lower + i) || right(upper + i) != right(lower + i)) {
                return lower;
            }
        }
        int newBottom = bottom(lower);
        for (int i = 0; i < width; i++) {
            rects[(upper + i) * RECT + BOTTOM] = newBottom;
        }
        count = lower;
        return upper;
    }

    private void add(int top, int left, int bottom, int right) {
        int at = count * RECT;
        if (at == rects.length) {
            rects = Arrays.copyOf(rects, rects.length * 2);
        }
        rects[at + TOP] = top;
        rects[at + LEFT] = left;
        rects[at + BOTTOM] = bottom;
        rects[at + RIGHT] = right;
        count++;
    }

    private void updateExtents() {
        if (count == 0) {
            extentTop = extentLeft = extentBottom = extentRight = 0;
            return;
        }
        extentTop = top(0);
        extentBottom = bottom(count - 1);
        extentLeft = left(0);
        extentRight = right(0);
        for (int i = 1; i < count; i++) {
            extentLeft = Math.min(extentLeft, left(i));
            extentRight = Math.max(extentRight, right(i));
        }
    }
}
