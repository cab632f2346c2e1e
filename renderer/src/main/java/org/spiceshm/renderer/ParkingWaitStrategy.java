package org.spiceshm.renderer;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Spins for a while, then parks. Neither side takes a lock or allocates: a waiter leaves its thread in a free place and
 * looks again before it parks; the producer looks at the places after it has published.
 *
 * <p>It also carries the word "there is something to do between two batches" to the render thread, by the timeout that
 * the Disruptor has for that.
 */
final class ParkingWaitStrategy implements WaitStrategy {
    /** Handlers that can wait at once. */
    private static final int PLACES = 8;
    /** Only in case a wake-up is lost; nothing depends on it. */
    private static final long PARK_NANOS = 100_000_000;

    private static final int SPINS_BEFORE_PARKING = 100;

    /** A stage behind another is given up by the scheduler for about so long. */
    private static final long SHORT_PARK_NANOS = 1_000;

    private final int spins;
    private final AtomicReferenceArray<Thread> waiters = new AtomicReferenceArray<>(PLACES);
    private volatile boolean interruption;

    ParkingWaitStrategy(int spins) {
        this.spins = spins;
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, TimeoutException {
        if (cursor.get() < sequence) {
            // Only the first stage waits for nothing but the cursor; it is the one to be interrupted.
            awaitCursor(sequence, cursor, barrier, dependent.equals(cursor));
        }
        long available = dependent.get();
        for (int i = 0; available < sequence; i++) {
            barrier.checkAlert();
            if (i < SPINS_BEFORE_PARKING) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(SHORT_PARK_NANOS);
            }
            available = dependent.get();
        }
        return available;
    }

    private void awaitCursor(long sequence, Sequence cursor, SequenceBarrier barrier, boolean first)
            throws AlertException, TimeoutException {
        for (int i = 0; i < spins && cursor.get() < sequence; i++) {
            barrier.checkAlert();
            checkInterruption(first);
            Thread.onSpinWait();
        }
        Thread self = Thread.currentThread();
        while (cursor.get() < sequence) {
            barrier.checkAlert();
            checkInterruption(first);
            int place = enter(self);
            // We show ourselves, then look; the producer publishes, then looks whether anybody shows.
            if (cursor.get() < sequence && !barrier.isAlerted() && !(first && interruption)) {
                LockSupport.parkNanos(this, PARK_NANOS);
            }
            waiters.set(place, null);
            // An interrupt means nothing here; left pending, it would turn parking into spinning.
            Thread.interrupted();
        }
    }

    private int enter(Thread self) {
        for (int place = 0; ; place = (place + 1) % PLACES) {
            if (waiters.compareAndSet(place, null, self)) {
                return place;
            }
        }
    }

    private void checkInterruption(boolean first) throws TimeoutException {
        if (first && interruption) {
            interruption = false;
            throw TimeoutException.INSTANCE;
        }
    }

    /** Makes the first stage hear a timeout, now or when it next waits. Any thread. */
    void interrupt() {
        interruption = true;
        signalAllWhenBlocking();
    }

    @Override
    public void signalAllWhenBlocking() {
        // store-load: the Disruptor publishes with release only, and a look at the places could overtake that; then
        // neither side would see the other. The waiter's half is its compare-and-set.
        VarHandle.fullFence();
        for (int place = 0; place < PLACES; place++) {
            Thread waiter = waiters.get(place);
            if (waiter != null) {
                LockSupport.unpark(waiter);
            }
        }
    }
}
