package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Asks the JVM how many bytes the current thread allocates. */
final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP = 20_000;
    private static final int ROUNDS = 10_000;
    private static final int TRIES = 20;

    private Allocation() {}

    /** The least of some tries: a compiler that is still at work may allocate, a path that allocates does so each time. */
    static void assertNone(Descriptors.Action action) throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            action.run();
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && least != 0; i++) {
            least = Math.min(least, bytesAllocated(action));
        }
        assertEquals(0, least, "bytes allocated in " + ROUNDS + " rounds");
    }

    private static long bytesAllocated(Descriptors.Action action) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            action.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
