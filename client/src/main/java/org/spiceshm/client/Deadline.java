package org.spiceshm.client;

import java.time.Duration;

/** A moment until which somebody waits. Immutable; one of them may bound several waits in a row. */
public final class Deadline {
    private static final long LONGEST_NANOS = Long.MAX_VALUE / 4;

    private final long atNanos;

    private Deadline(long atNanos) {
        this.atNanos = atNanos;
    }

    /** So long from now; waits of years are cut to some decades. */
    public static Deadline in(Duration duration) {
        long nanos;
        try {
            nanos = Math.min(duration.toNanos(), LONGEST_NANOS);
        } catch (ArithmeticException e) {
            nanos = LONGEST_NANOS;
        }
        return new Deadline(System.nanoTime() + nanos);
    }

    /** So long from now. */
    public static Deadline inMillis(long millis) {
        return in(Duration.ofMillis(millis));
    }

    /** What is left; not positive once it has passed. */
    public long remainingNanos() {
        return atNanos - System.nanoTime();
    }

    /** Whether it has passed. */
    public boolean hasPassed() {
        return remainingNanos() <= 0;
    }

    /** Waits on a monitor that the caller holds, at most so long and at most until the deadline, or for no reason. */
    @SuppressWarnings("WaitNotInLoop") // INVARIANT: every caller stands in a loop that looks at its condition again.
    void await(Object monitor, long mostNanos) throws InterruptedException {
        long nanos = Math.min(mostNanos, remainingNanos());
        if (nanos > 0) {
            // Rounded up, or the last fraction of a millisecond would be spun away.
            monitor.wait((nanos + 999_999) / 1_000_000);
        }
    }

    void await(Object monitor) throws InterruptedException {
        await(monitor, Long.MAX_VALUE);
    }
}
