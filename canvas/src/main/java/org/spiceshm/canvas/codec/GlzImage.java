package org.spiceshm.canvas.codec;

/** A picture of a {@link GlzWindow}: its pixels as 0xAARRGGBB in the order of the stream. Owned as the window is. */
final class GlzImage {
    final int[] pixels;
    long id;
    /** Pixels that it has; the array may be longer. */
    int count;
    /** Whether the top bytes are not all zero. */
    boolean hasAlpha;
    /** How many ids before this one are still needed. */
    long headDistance;

    GlzImage(int length) {
        pixels = new int[length];
    }

    void reset(long newId, int newCount) {
        id = newId;
        count = newCount;
        hasAlpha = false;
        headDistance = 0;
    }
}
