package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * What a client has in its {@link GlzWindow}, as the server knows it: the pixels of the last pictures, and where in them
 * something was last seen. Shared by the {@link GlzEncoder}s of a client's display channels. Pictures must be sent in the
 * order in which they are encoded.
 *
 * <p>Memory: {@code windowPixels} ints, some spare pictures, and a table of 2 MiB; owned by one thread.
 */
public final class GlzDictionary {
    private static final int TABLE_BITS = 18;
    private static final int SLOTS = 1 << 12;
    private static final int SPARES = 8;
    /** A place is id times 2^25 and pixel, plus one. */
    private static final int PIXEL_BITS = 25;

    private final int windowPixels;
    private final long[] places = new long[1 << TABLE_BITS];
    private final @Nullable Entry[] entries = new @Nullable Entry[SLOTS];
    private long head;
    private long next;
    private int usedPixels;
    private final @Nullable Entry[] spares = new @Nullable Entry[SPARES];
    private int spareCount;

    /** A picture that may be referred to: its pixels as the client keeps them. */
    static final class Entry {
        int[] pixels = new int[0];
        int count;
        SurfaceFormat format = SurfaceFormat.XRGB_32;
    }

    /** A dictionary of {@code windowPixels}: what the client announced, at most {@link GlzWindow#MAX_PIXELS}. */
    public GlzDictionary(int windowPixels) {
        if (!(0 < windowPixels && windowPixels <= GlzWindow.MAX_PIXELS)) {
            throw new IllegalArgumentException(
                    "windowPixels: got " + windowPixels + ", expected 1.." + GlzWindow.MAX_PIXELS);
        }
        this.windowPixels = windowPixels;
    }

    /** Forgets everything but the next id, as after the client has forgotten its window. */
    public void clear() {
        while (head < next) {
            dropOldest();
        }
        Arrays.fill(places, 0);
    }

    /** Whether a picture of that many pixels can be encoded at all. */
    public boolean fits(int pixels) {
        return pixels <= windowPixels;
    }

    /** The id of the picture that was added last. */
    long newestId() {
        return next - 1;
    }

    /** The oldest id that may be referred to. */
    long head() {
        return head;
    }

    /** Makes a place for a picture's pixels, which the caller fills in; older ones go. */
    Entry add(SurfaceFormat format, int count) {
        while (usedPixels + count > windowPixels || next - head >= SLOTS) {
            dropOldest();
        }
        Entry entry = takeSpare(count);
        entry.format = format;
        entry.count = count;
        entries[(int) next & (SLOTS - 1)] = entry;
        usedPixels += count;
        next++;
        return entry;
    }

    private void dropOldest() {
        int slot = (int) head & (SLOTS - 1);
        Entry old = entries[slot];
        if (old != null) {
            usedPixels -= old.count;
            entries[slot] = null;
            if (spareCount < SPARES) {
                spares[spareCount++] = old;
            }
        }
        head++;
    }

    private Entry takeSpare(int count) {
        for (int i = 0; i < spareCount; i++) {
            Entry spare = spares[i];
            if (spare != null && spare.pixels.length >= count) {
                spareCount--;
                spares[i] = spares[spareCount];
                spares[spareCount] = null;
                return spare;
            }
        }
        if (spareCount == SPARES) {
            spareCount--; // too small, like all others: makes room for one that is not
            spares[spareCount] = null;
        }
        Entry entry = new Entry();
        entry.pixels = new int[count];
        return entry;
    }

    /** The picture with that id, if it may be referred to. */
    @Nullable
    Entry find(long id) {
        return head <= id && id < next ? entries[(int) id & (SLOTS - 1)] : null;
    }

    /** Where the pixels of a slot were last seen, plus one; or zero. */
    long seen(int slot) {
        return places[slot];
    }

    void see(int slot, long id, int pixel) {
        places[slot] = (id << PIXEL_BITS | pixel) + 1;
    }

    static long id(long place) {
        return (place - 1) >> PIXEL_BITS;
    }

    static int pixel(long place) {
        return (int) (place - 1) & ((1 << PIXEL_BITS) - 1);
    }

    /** Where three pixels are remembered. */
    static int slot(int first, int second, int third) {
        return PixelMatcher.hash(first, second, third, TABLE_BITS);
    }
}
