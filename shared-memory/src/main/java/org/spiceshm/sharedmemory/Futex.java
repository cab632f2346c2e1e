package org.spiceshm.sharedmemory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Sleeping on a word of mapped memory, across processes: futex(2), never the private kind. Both calls work on a read-only
 * mapping. Any thread; nothing is allocated.
 */
public final class Futex {
    private Futex() {}

    /**
     * Sleeps while the word is {@code expected}, until somebody wakes; may return early. The segment stays mapped until it
     * returns.
     *
     * @param offset where the word lies, a multiple of 4
     */
    public static void await(MemorySegment segment, long offset, int expected) {
        int result = call(segment, offset, Libc.FUTEX_WAIT, expected);
        // EAGAIN: the word had changed already. EINTR: a signal, and the caller looks again as after a wake-up.
        if (result < 0 && result != -Libc.EAGAIN && result != -Libc.EINTR) {
            throw new IllegalStateException("futex wait: got errno " + -result + ", expected success");
        }
    }

    /** Wakes all who sleep on the word, in every process; returns how many. */
    public static int wakeAll(MemorySegment segment, long offset) {
        int result = call(segment, offset, Libc.FUTEX_WAKE, Integer.MAX_VALUE);
        if (result < 0) {
            throw new IllegalStateException("futex wake: got errno " + -result + ", expected success");
        }
        return result;
    }

    private static int call(MemorySegment segment, long offset, int operation, int value) {
        try {
            return Libc.futex(address(segment, offset), operation, value);
        } finally {
            Reference.reachabilityFence(segment);
        }
    }

    private static long address(MemorySegment segment, long offset) {
        if (!segment.isNative()
                || !(0 <= offset && offset <= segment.byteSize() - Integer.BYTES && offset % Integer.BYTES == 0)) {
            throw new IllegalArgumentException("futex: got offset " + offset + " of " + segment
                    + ", expected a multiple of " + Integer.BYTES + " in native memory");
        }
        return segment.address() + offset;
    }
}
