package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.GuestFault;

class MemorySlotsTest {
    private static final long OFFSET_MASK = (1L << 48) - 1;

    private final MemorySlots slots = new MemorySlots();

    MemorySlotsTest() {
        slots.add(3, 1, 0x1000, 0x100);
    }

    @Test
    void findsRangeInsideItsSlot() {
        long found = slots.resolve(3L << 56 | 0x40, 0xc0);
        assertFalse(MemorySlots.isFault(found));
        assertEquals(1, MemorySlots.barOf(found));
        assertEquals(0x1040, MemorySlots.offsetOf(found));
        assertFalse(MemorySlots.isFault(slots.resolve(3L << 56 | 0x100, 0)));
    }

    @Test
    void refusesRangeThatLeavesItsSlot() {
        assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, 3L << 56 | 0x41, 0xc0);
        assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, 3L << 56 | 0x101, 0);
        assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, 3L << 56 | OFFSET_MASK, 1);
        assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, 3L << 56 | OFFSET_MASK, 1L << 47);
    }

    @Test
    void refusesOtherSlotsAndGenerations() {
        assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, 0, 1);
        assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, 8L << 56, 1);
        assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, -1, 1);
        assertFault(GuestFault.SLOT_INACTIVE, 4L << 56, 1);
        for (long generation = 1; generation < 256; generation++) {
            assertFault(GuestFault.SLOT_GENERATION_MISMATCH, 3L << 56 | generation << 48, 1);
        }
        slots.remove(3);
        assertFault(GuestFault.SLOT_INACTIVE, 3L << 56, 1);
    }

    private void assertFault(GuestFault fault, long physical, long size) {
        long found = slots.resolve(physical, size);
        assertTrue(MemorySlots.isFault(found));
        assertEquals(fault, MemorySlots.faultOf(found));
    }
}
