package org.spiceshm.qxldevice;

import java.util.Arrays;
import org.spiceshm.protocol.qxl.GuestFault;

/**
 * The guest's memory slots, and the one way from a QXLPHYSICAL to memory.
 *
 * <pre>
 *  QXLPHYSICAL   63..56 slot | 55..48 generation | 47..0 offset from the slot's start; in slot 0, a bus address
 * </pre>
 *
 * <p>A result is packed into a long so that nothing is allocated: a fault is negative, else {@code bar << 56 | offset}.
 * Owned by the device thread.
 */
final class MemorySlots {
    static final int COUNT = 8;
    /** Compat mode's. */
    static final int COMPAT = 0;
    /** The first that guests may add. */
    static final int FIRST = 1;

    static final int ID_BITS = 8;
    static final int GENERATION_BITS = 8;
    static final int GENERATION = 0;

    private static final int ID_SHIFT = 56;
    private static final int GENERATION_SHIFT = 48;
    private static final long OFFSET_MASK = (1L << GENERATION_SHIFT) - 1;
    private static final int NO_BAR = -1;

    private static final GuestFault[] FAULTS = GuestFault.values();

    private final int[] bar = new int[COUNT];
    private final long[] start = new long[COUNT];
    private final long[] length = new long[COUNT];
    /** What stands in the address of the slot's first byte: 0, but for compat mode's slot. */
    private final long[] base = new long[COUNT];

    MemorySlots() {
        clear();
    }

    void clear() {
        Arrays.fill(bar, NO_BAR);
    }

    boolean isActive(int slot) {
        return bar[slot] != NO_BAR;
    }

    /** The caller has checked that the slot is free and the range lies in the BAR. */
    void add(int slot, int inBar, long startOffset, long lengthBytes) {
        bar[slot] = inBar;
        start[slot] = startOffset;
        length[slot] = lengthBytes;
        base[slot] = 0;
    }

    /** Makes slot 0 all of a BAR that lies at {@code busAddress}, named by bus addresses. */
    void addCompat(int inBar, long busAddress, long lengthBytes) {
        add(COMPAT, inBar, 0, lengthBytes);
        base[COMPAT] = busAddress;
    }

    void remove(int slot) {
        bar[slot] = NO_BAR;
    }

    /** Finds {@code size} bytes, {@code 0 <= size <= 2^47}; all must lie inside the slot. */
    long resolve(long physical, long size) {
        int slot = (int) (physical >>> ID_SHIFT);
        if (!((FIRST <= slot && slot < COUNT) || (slot == COMPAT && isActive(COMPAT)))) {
            return fault(GuestFault.SLOT_ID_OUT_OF_RANGE);
        }
        if (bar[slot] == NO_BAR) {
            return fault(GuestFault.SLOT_INACTIVE);
        }
        if (((int) (physical >>> GENERATION_SHIFT) & 0xff) != GENERATION) {
            return fault(GuestFault.SLOT_GENERATION_MISMATCH);
        }
        // INVARIANT: all three are below 2^48, so neither the difference nor the sum wraps.
        long offset = (physical & OFFSET_MASK) - base[slot];
        if (!(0 <= offset && offset + size <= length[slot])) {
            return fault(GuestFault.ADDRESS_OUTSIDE_SLOT);
        }
        return (long) bar[slot] << ID_SHIFT | start[slot] + offset;
    }

    private static long fault(GuestFault fault) {
        return -1L - fault.ordinal();
    }

    static boolean isFault(long resolved) {
        return resolved < 0;
    }

    static GuestFault faultOf(long resolved) {
        return FAULTS[(int) (-1 - resolved)];
    }

    static int barOf(long resolved) {
        return (int) (resolved >>> ID_SHIFT);
    }

    static long offsetOf(long resolved) {
        return resolved & (1L << ID_SHIFT) - 1;
    }
}
