package org.spiceshm.it;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Conditions of other processes, which nobody signals: looked at again and again, until a deadline. */
final class Await {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private Await() {}

    static void until(Duration limit, BooleanSupplier condition, Supplier<String> what) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + limit.toSeconds() + " s: " + what.get());
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
