package org.spiceshm.server;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.Seal;

/**
 * A segment of one client's own, with DAMAGE_HANDLED: it changes only when the client has said that it may, and then from
 * one whole picture to the next.
 *
 * <pre>
 *            request, handled            render thread, between two batches
 *   IDLE  ----------------------> WANTED ----------------> COPYING --------> READY
 *  (the client looks at it)         ^ nothing to copy yet    |                 | told to the client
 *    ^                              +------------------------+                 |
 *    +-------------------------------------------------------------------------+
 *
 *  0     sequence page
 *  4096  the picture, with the stride of the primary that it is a copy of
 * </pre>
 *
 * <p>In IDLE and READY it is the connection's thread's, in COPYING the render thread's; WANTED is an invitation to the
 * render thread. The render thread allocates nothing and waits for nobody. Whoever meets the end of the client last,
 * unmaps the segment.
 */
final class LockStepFeed {
    /** Where the picture begins. */
    static final int PICTURE_OFFSET = 4096;

    private static final int IDLE = 0;
    private static final int WANTED = 1;
    private static final int COPYING = 2;
    private static final int READY = 3;
    private static final int CLOSED = 4;

    private final Arena arena;
    private final MemorySegment memory;
    private final SequencePage.Writer page;
    private final SharedSegment shared;
    private final AtomicInteger state = new AtomicInteger(IDLE);
    /** What a whole copy is wanted of; null for what has changed since the last copy. */
    private volatile @Nullable Request wanted;

    private volatile boolean changed;

    // Handed over with READY.
    private final DamageRects copiedRects = new DamageRects();
    private @Nullable Request copied;
    private long copiedSequence;
    private long copiedNanos;

    // The render thread's.
    private final DamageRects gathered = new DamageRects();
    private long gatheredNanos;
    private long sourceSerial;

    /** A primary by its epoch: an equal one may have been there before, with other pixels. */
    private record Request(Primary primary, long epoch) {}

    /**
     * With room for {@code bytes} of a picture.
     *
     * @param lastSequence what the client was told last, of a segment before this one
     */
    LockStepFeed(long bytes, long lastSequence) throws IOException {
        copiedSequence = lastSequence;
        arena = Arena.ofShared();
        MemoryFile readOnly = null;
        boolean done = false;
        try (MemoryFile file = MemoryFile.create("spiceshm-lock-step", PICTURE_OFFSET + bytes)) {
            memory = file.map(Access.READ_WRITE, arena);
            SequencePage.initialize(memory);
            page = new SequencePage.Writer(memory);
            readOnly = file.reopenReadOnly();
            // Sealed last: after FUTURE_WRITE the kernel refuses every new writable mapping, ours too.
            file.addSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL);
            shared = new SharedSegment(readOnly, memory);
            done = true;
        } finally {
            if (!done) {
                if (readOnly != null) {
                    readOnly.close();
                }
                arena.close();
            }
        }
    }

    // ---- the connection's side

    /** What the client is given. */
    SharedSegment shared() {
        return shared;
    }

    /** Whether a picture like {@code primary} has room. */
    boolean fits(Primary primary) {
        return (long) primary.strideBytes() * primary.heightPixels() <= memory.byteSize() - PICTURE_OFFSET;
    }

    /** Wants a whole copy of {@code primary}; nothing of the client's is in the segment, or it has done with it. */
    void request(Primary primary, long epoch) {
        wanted = new Request(primary, epoch);
        want();
    }

    /** The client has done with the picture: it may be brought up to date. Whether there is something to bring it up with. */
    boolean handled() {
        wanted = null;
        want();
        // First WANTED, then this; the render thread does it the other way round.
        return changed;
    }

    private void want() {
        if (!state.compareAndSet(IDLE, WANTED)) {
            // WANTED or COPYING: the render thread sees, or has seen, what is wanted. READY: that copy is given up.
            state.compareAndSet(READY, WANTED);
        }
    }

    /** Whether there is a copy to be told. */
    boolean isReady() {
        return state.get() == READY;
    }

    /** Whether the copy is a whole one of the primary of this epoch. */
    boolean isWholeOf(long epoch) {
        return copied != null && copied.epoch() == epoch;
    }

    /** What was copied. */
    DamageRects rects() {
        return copiedRects;
    }

    /** The newest batch in the copy. */
    long sequence() {
        return copiedSequence;
    }

    /** When the oldest command of what was copied was read. */
    long readNanos() {
        return copiedNanos;
    }

    /** The copy is told: until {@link #handled} or {@link #request} the segment stays as it is. */
    void told() {
        state.set(IDLE);
    }

    /** The client is gone, or has another segment. */
    void close() {
        if (state.getAndSet(CLOSED) != COPYING) {
            arena.close();
        }
        shared.release();
    }

    // ---- the render thread's side

    /** A batch has changed parts of the primary that is number {@code serial}. */
    void gather(long serial, long readNanos, DamageRects rects) {
        if (sourceSerial != serial) {
            return;
        }
        if (gathered.count() == 0) {
            gatheredNanos = readNanos;
        }
        for (int i = 0; i < rects.count(); i++) {
            gathered.add(rects.top(i), rects.left(i), rects.bottom(i), rects.right(i));
        }
        changed = true;
    }

    /**
     * Copies, if that is wanted. The framebuffer is whole.
     *
     * @param serial the number of {@code source} among all primaries
     * @return whether there is now a copy to be told
     */
    boolean copy(PixelSource source, long serial, long batch) {
        if (!state.compareAndSet(WANTED, COPYING)) {
            return false;
        }
        Request whole = wanted;
        boolean done = false;
        if (whole == null ? sourceSerial == serial && gathered.count() != 0 : source.isOf(whole.primary())) {
            if (whole != null) {
                sourceSerial = serial;
                gathered.clear();
                gathered.add(0, 0, source.heightPixels(), source.widthPixels());
                gatheredNanos = System.nanoTime();
            }
            if (gathered.area() > (long) source.widthPixels() * source.heightPixels()) {
                gathered.clear();
                gathered.add(0, 0, source.heightPixels(), source.widthPixels());
            }
            copyGathered(source, batch);
            copied = whole;
            done = true;
        }
        if (!state.compareAndSet(COPYING, done ? READY : WANTED)) {
            arena.close();
            return false;
        }
        return done;
    }

    private void copyGathered(PixelSource source, long batch) {
        // Never the same twice, even if a picture is copied anew without a batch in between.
        long sequence = Math.max(batch, copiedSequence + 1);
        page.begin(sequence);
        copiedRects.clear();
        for (int i = 0; i < gathered.count(); i++) {
            int top = gathered.top(i);
            int left = gathered.left(i);
            int bottom = gathered.bottom(i);
            int right = gathered.right(i);
            source.copyTo(memory, PICTURE_OFFSET, top, left, bottom, right);
            copiedRects.add(top, left, bottom, right);
        }
        page.end(sequence);
        copiedSequence = sequence;
        copiedNanos = gatheredNanos;
        gathered.clear();
        changed = false;
    }
}
