package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * The pictures that a client has decoded and that later GLZ pictures may refer to: one for a session, whichever channel
 * they came by. Ids come from one counter.
 *
 * <pre>
 * id      head ........ newest
 *         | kept ......... | the next
 *         |&lt;-- distance ---&gt;| what the newest picture before which none is missing says that it needs
 * </pre>
 *
 * <p>Memory: at most {@code maxPixels} ints and a picture more, which must be no larger; arrays of pictures that are not
 * needed any more are used again. Owned by the thread that decodes.
 */
public final class GlzWindow {
    /** The largest window that a client may announce (DISPLAY_INIT), in pixels. */
    public static final int MAX_PIXELS = 1 << 25;

    private static final int INITIAL_SLOTS = 64;
    /** No id may be further from the head: 32 pixels a picture would fill the largest window. */
    private static final int MAX_SLOTS = 1 << 20;

    private static final String NAME = "GLZ";
    private static final int SPARE_ARRAYS = 8;

    private final int maxPixels;
    /** The image with id i, if it is kept, is at i modulo the length, a power of two. */
    private @Nullable GlzImage[] slots = new @Nullable GlzImage[INITIAL_SLOTS];

    private final @Nullable GlzImage[] spares = new @Nullable GlzImage[SPARE_ARRAYS];
    private int spareCount;

    /** Ids below are gone. */
    private long head;
    /** The first id from {@link #head} on that has not come. */
    private long gap;

    private boolean empty = true;
    private long keptPixels;

    /** A window for pictures of {@code maxPixels} together, as announced to the server. */
    public GlzWindow(int maxPixels) {
        if (!(0 < maxPixels && maxPixels <= MAX_PIXELS)) {
            throw new IllegalArgumentException("maxPixels: got " + maxPixels + ", expected 1.." + MAX_PIXELS);
        }
        this.maxPixels = maxPixels;
    }

    /** Forgets everything, as at the start of a session. */
    public void clear() {
        for (GlzImage image : slots) {
            if (image != null) {
                giveUp(image);
            }
        }
        Arrays.fill(slots, null);
        head = gap = keptPixels = 0;
        empty = true;
    }

    /** Whether the picture with that id has come and is still needed: what it may be referred by has come in order. */
    public boolean contains(long id) {
        return find(id) != null;
    }

    /** The pixels that are kept. */
    public long keptPixels() {
        return keptPixels;
    }

    /** A picture with room for {@code count} pixels; it joins the window by {@link #add}. */
    GlzImage allocate(long id, int count) throws MalformedMessageException {
        if (!(count <= maxPixels)) {
            throw malformed("size", "got " + count + " pixels, expected at most the window's " + maxPixels);
        }
        if (!(keptPixels <= maxPixels)) {
            throw malformed(
                    "win_head_dist", "got a window of " + keptPixels + " pixels, expected at most " + maxPixels);
        }
        if (!empty && (id - head < 0 || find(id) != null)) {
            throw malformed("id", "got " + Long.toUnsignedString(id) + ", expected one that has not been there");
        }
        if (!empty && !(id - head < MAX_SLOTS)) {
            throw malformed(
                    "id",
                    "got " + Long.toUnsignedString(id) + ", expected less than " + MAX_SLOTS + " after "
                            + Long.toUnsignedString(head));
        }
        GlzImage image = takeSpare(count);
        image.reset(id, count);
        return image;
    }

    /** The picture that {@code distance} ids before {@code id} was decoded. */
    GlzImage require(long id, long distance) throws MalformedMessageException {
        GlzImage image = find(id - distance);
        if (image == null) {
            throw malformed(
                    "image_dist",
                    "got " + distance + " before id " + Long.toUnsignedString(id)
                            + ", expected a picture of the window");
        }
        return image;
    }

    /** Keeps a decoded picture, and lets go what it says that nobody needs any more. */
    void add(GlzImage image, long headDistance) {
        if (empty) {
            head = gap = image.id;
            empty = false;
        }
        while (!(image.id - head < slots.length)) {
            grow();
        }
        slots[index(image.id)] = image;
        image.headDistance = headDistance;
        keptPixels += image.count;
        // The window moves with the newest picture that has come after all before it: a later one may be needed by one
        // that is still on its way by another channel.
        GlzImage newest = null;
        GlzImage next = find(gap);
        while (next != null) {
            newest = next;
            gap++;
            next = find(gap);
        }
        if (newest != null) {
            release(newest.id - newest.headDistance);
        }
    }

    /** Puts a picture back that was not decoded after all. */
    void giveUp(GlzImage image) {
        if (spareCount < spares.length) {
            spares[spareCount++] = image;
        }
    }

    private void release(long newHead) {
        while (head - newHead < 0 && head - gap < 0) {
            int index = index(head);
            GlzImage image = slots[index];
            if (image != null) {
                slots[index] = null;
                keptPixels -= image.count;
                giveUp(image);
            }
            head++;
        }
    }

    private GlzImage takeSpare(int count) {
        int best = -1;
        for (int i = 0; i < spareCount; i++) {
            GlzImage spare = spares[i];
            if (spare != null && count <= spare.pixels.length) {
                best = i;
            }
        }
        if (best == -1) {
            if (spareCount == spares.length) {
                spareCount--; // too small, like all others: makes room for one that is not
                spares[spareCount] = null;
            }
            return new GlzImage(count);
        }
        GlzImage image = spares[best];
        spareCount--;
        spares[best] = spares[spareCount];
        spares[spareCount] = null;
        return image == null ? new GlzImage(count) : image;
    }

    private @Nullable GlzImage find(long id) {
        GlzImage image = slots[index(id)];
        return image != null && image.id == id ? image : null;
    }

    private int index(long id) {
        return (int) id & (slots.length - 1);
    }

    private void grow() {
        @Nullable GlzImage[] old = slots;
        slots = new @Nullable GlzImage[old.length * 2];
        for (GlzImage image : old) {
            if (image != null) {
                slots[index(image.id)] = image;
            }
        }
    }

    static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException(NAME, field, detail);
    }
}
