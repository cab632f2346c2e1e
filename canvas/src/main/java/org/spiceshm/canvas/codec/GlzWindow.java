package org.spiceshm.canvas.codec;

import java.util.Arrays;
import java.util.Objects;
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
 * <p>Memory: the pictures that are kept have at most {@code maxPixels} pixels and one picture more, which must be no
 * larger. Arrays of pictures that are not needed any more are used again, for pictures of at least half their length, and
 * up to {@code maxPixels} of them are kept for that: so no more than five times {@code maxPixels} ints in all. Owned by the
 * thread that decodes.
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
    private long sparePixels;

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
        if (spareCount < spares.length && sparePixels + image.pixels.length <= maxPixels) {
            spares[spareCount++] = image;
            sparePixels += image.pixels.length;
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

    /** The smallest array that will do. One more than twice as long would let tiny pictures hold on to much memory. */
    private GlzImage takeSpare(int count) {
        int best = -1;
        int bestLength = Integer.MAX_VALUE;
        for (int i = 0; i < spareCount; i++) {
            GlzImage spare = spares[i];
            int length = spare == null ? 0 : spare.pixels.length;
            if (count <= length && length <= 2L * count && length < bestLength) {
                best = i;
                bestLength = length;
            }
        }
        if (best == -1) {
            if (spareCount == spares.length || sparePixels > maxPixels / 2) {
                removeSpare(0); // none of them fits: makes room for one that will
            }
            return new GlzImage(count);
        }
        return removeSpare(best);
    }

    private GlzImage removeSpare(int index) {
        GlzImage image = Objects.requireNonNull(spares[index]);
        sparePixels -= image.pixels.length;
        spareCount--;
        spares[index] = spares[spareCount];
        spares[spareCount] = null;
        return image;
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
