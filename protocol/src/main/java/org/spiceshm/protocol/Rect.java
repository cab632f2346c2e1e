package org.spiceshm.protocol;

/**
 * A rectangle: left-top inclusive, right-bottom exclusive, in pixels. spice-protocol, qxl_dev.h: QXLRect; on the wire in
 * the same order, top first.
 */
public record Rect(int top, int left, int bottom, int right) {
    /** The rectangle at 0,0 of this size. */
    public static Rect ofSize(int widthPixels, int heightPixels) {
        return new Rect(0, 0, heightPixels, widthPixels);
    }

    /** Pixels across; not positive when empty. */
    public int width() {
        return right - left;
    }

    /** Pixels down; not positive when empty. */
    public int height() {
        return bottom - top;
    }

    /** Whether no pixel lies inside. */
    public boolean isEmpty() {
        return !(left < right && top < bottom);
    }

    /** The common part; possibly empty. */
    public Rect intersect(Rect other) {
        return new Rect(
                Math.max(top, other.top),
                Math.max(left, other.left),
                Math.min(bottom, other.bottom),
                Math.min(right, other.right));
    }
}
