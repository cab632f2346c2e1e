package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.sharedmemory.Futex;

/**
 * Takes damage from a segment's ring, on a thread of its own that spins or sleeps. Allocates nothing per damage. It
 * begins with its making and ends with {@link #stop}; it holds the segment in between.
 */
final class RingFollower {
    /** Who is told; on the follower's thread. */
    interface Listener {
        /**
         * Pixels have changed.
         *
         * @param sequence the newest batch in it
         * @param readNanos when the oldest command in it was read
         * @param rects as they stand in the ring, but neither empty nor negative; valid during the call
         * @param lost whether there was more than can be told: everything may have changed
         */
        void damage(long sequence, long readNanos, DamageRects rects, boolean lost);

        /** The thread ends for this. */
        void failed(Throwable cause);
    }

    private static final long STOP_PARK_NANOS = 10_000;

    private final MappedSegment segment;
    private final MemorySegment memory;
    private final DamageRing.Reader ring;
    private final DamageRects rects = new DamageRects();
    private final boolean spins;
    private final Listener listener;
    private volatile boolean stopped;
    private volatile boolean sleeping;

    private RingFollower(MappedSegment segment, boolean spins, Listener listener) {
        this.segment = segment;
        this.memory = segment.memory();
        this.ring = new DamageRing.Reader(memory);
        this.spins = spins;
        this.listener = listener;
    }

    /** Begins behind the newest record. The caller knows that the segment is mapped and has a ring. */
    static RingFollower start(MappedSegment segment, boolean spins, String threadName, Listener listener) {
        if (!segment.tryHold()) {
            throw new IllegalStateException("ring: got a segment that is not mapped any more");
        }
        RingFollower follower = new RingFollower(segment, spins, listener);
        Thread.ofPlatform().name(threadName).daemon().start(follower::run);
        return follower;
    }

    /** Nothing is told after the return but what is being told. Any thread. */
    void stop() {
        stopped = true;
        // Once: it could be about to sleep just now. Each wake-up is a look of other sleepers in vain.
        while (sleeping) {
            Futex.wakeAll(memory, DamageRing.WAKE_OFFSET);
            LockSupport.parkNanos(STOP_PARK_NANOS);
        }
    }

    boolean isStopped() {
        return stopped;
    }

    private void run() {
        try {
            while (!stopped) {
                int wake = ring.wake();
                if (ring.hasNext()) {
                    take();
                } else if (spins) {
                    Thread.onSpinWait();
                } else {
                    sleep(wake);
                }
            }
        } catch (RuntimeException | Error e) {
            listener.failed(e);
        } finally {
            segment.release();
        }
    }

    private void sleep(int wake) {
        sleeping = true;
        // First this, then a look; who stops does it the other way round.
        if (!stopped) {
            Futex.await(memory, DamageRing.WAKE_OFFSET, wake);
        }
        sleeping = false;
    }

    /** All that is there now is one damage. */
    private void take() {
        rects.clear();
        long sequence = 0;
        long readNanos = 0;
        boolean lost = false;
        for (int i = 0; i < DamageRing.RECORDS && !lost && ring.hasNext(); i++) {
            lost = !ring.take();
            if (!lost) {
                sequence = ring.batch();
                readNanos = i == 0 ? ring.readNanos() : readNanos;
                int top = Math.max(0, ring.top());
                int left = Math.max(0, ring.left());
                if (top < ring.bottom() && left < ring.right()) {
                    rects.add(top, left, ring.bottom(), ring.right());
                }
            }
        }
        if (lost) {
            // Whatever was overwritten belongs to a batch that has ended.
            sequence = segment.sequencePage().beginRead();
        }
        listener.damage(sequence, readNanos, rects, lost);
    }
}
