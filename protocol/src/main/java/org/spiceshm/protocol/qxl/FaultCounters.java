package org.spiceshm.protocol.qxl;

import java.util.concurrent.atomic.AtomicLongArray;

/** How often each {@link GuestFault} has happened. Any thread; counting neither allocates nor locks. */
public final class FaultCounters {
    private static final GuestFault[] FAULTS = GuestFault.values();

    private final AtomicLongArray counts = new AtomicLongArray(FAULTS.length);

    /** Counts one; true if it is the first of its kind, so that the caller can say so once. */
    public boolean count(GuestFault fault) {
        return counts.getAndIncrement(fault.ordinal()) == 0;
    }

    /** How many of this kind. */
    public long of(GuestFault fault) {
        return counts.get(fault.ordinal());
    }

    /** How many in all. */
    public long total() {
        long total = 0;
        for (int i = 0; i < FAULTS.length; i++) {
            total += counts.get(i);
        }
        return total;
    }

    /** Those that have happened: {@code NAME=count}, separated by spaces; empty if none has. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (GuestFault fault : FAULTS) {
            long count = of(fault);
            if (count != 0) {
                text.append(text.isEmpty() ? "" : " ").append(fault).append('=').append(count);
            }
        }
        return text.toString();
    }
}
