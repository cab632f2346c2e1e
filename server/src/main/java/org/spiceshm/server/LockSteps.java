package org.spiceshm.server;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.DamageRects;

/**
 * The clients of one screen that have a segment of their own: how many there may be, and how they are fed.
 *
 * <p>The render thread tells of primaries and batches, and copies; it waits for nobody and allocates nothing. Places are
 * taken and given back by connections' threads.
 */
public final class LockSteps {
    private final BatchGate gate;
    private final Runnable wake;
    private final Runnable look = this::feed;
    private volatile LockStepFeed[] feeds = {};
    private int places;

    // The render thread's.
    private @Nullable PixelSource source;
    private long serial;
    private long batch;

    LockSteps(BatchGate gate, Runnable wake) {
        this.gate = gate;
        this.wake = wake;
    }

    // ---- told by the render thread

    /** What is drawn on from now on, or null; its pixels are not whole before the end of the batch. */
    public void primary(@Nullable PixelSource newest) {
        source = newest;
        serial++;
    }

    /** Whether anybody wants to know what a batch changes. Asked before its first command. */
    public boolean areThere() {
        return feeds.length != 0;
    }

    /**
     * A batch has ended, and the framebuffer is whole.
     *
     * @param rects what it has changed on the primary, if {@link #areThere} was true
     */
    public void batchEnded(long sequence, long readNanos, DamageRects rects) {
        batch = sequence;
        LockStepFeed[] now = feeds;
        if (now.length == 0) {
            return;
        }
        if (rects.count() != 0) {
            for (LockStepFeed each : now) {
                each.gather(serial, readNanos, rects);
            }
        }
        feed();
    }

    private void feed() {
        PixelSource from = source;
        if (from == null) {
            return;
        }
        boolean copied = false;
        for (LockStepFeed each : feeds) {
            copied |= each.copy(from, serial, batch);
        }
        if (copied) {
            wake.run();
        }
    }

    // ---- asked by connections

    /** Makes the render thread look at what is wanted, soon, also when nothing is drawn. */
    void look() {
        gate.betweenBatches(look);
    }

    /** Whether another client would have a place. */
    synchronized boolean hasPlace(int most) {
        return places < most;
    }

    /** Takes a place, if there is one. */
    synchronized boolean takePlace(int most) {
        if (places >= most) {
            return false;
        }
        places++;
        return true;
    }

    synchronized void givePlaceBack() {
        places--;
    }

    synchronized void add(LockStepFeed feed) {
        LockStepFeed[] more = Arrays.copyOf(feeds, feeds.length + 1);
        more[feeds.length] = feed;
        feeds = more;
    }

    synchronized void remove(LockStepFeed feed) {
        feeds = Arrays.stream(feeds).filter(each -> each != feed).toArray(LockStepFeed[]::new);
    }
}
