package org.spiceshm.protocol.qxl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CommandSlotTest {
    private final CommandSlot slot = new CommandSlot();

    @Test
    void reservesOnMultiplesOfEight() {
        assertEquals(0, slot.reserve(3));
        assertEquals(8, slot.reserve(0));
        assertEquals(8, slot.reserve(9));
        assertEquals(17, slot.snapshotLength());
        assertEquals(24, slot.reserve(1));
    }

    @Test
    void keepsItsBytesWhenItGrows() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[] {1, 2, 3});
        assertEquals(0, slot.append(bytes, 0, 3));
        int large = slot.reserve(100_000);
        assertEquals(8, large);
        assertEquals(3, slot.snapshot().get(ValueLayout.JAVA_BYTE, 2));
        assertEquals(large + 100_000, slot.snapshotLength());
    }

    @Test
    void refusesToOutgrowItsLimit() {
        assertEquals(-1, slot.reserve(CommandSlot.MAX_SNAPSHOT_BYTES + 1L));
        assertEquals(-1, slot.reserve(-1));
        assertEquals(0, slot.reserve(CommandSlot.MAX_SNAPSHOT_BYTES - 8));
        assertEquals(-1, slot.reserve(9));
        assertEquals(-1, slot.reserve(Long.MAX_VALUE));
        assertEquals(-1, slot.append(MemorySegment.ofArray(new byte[16]), 0, 16));
        assertEquals(CommandSlot.MAX_SNAPSHOT_BYTES - 8, slot.reserve(8));
    }

    @Test
    void givesALargeSnapshotBackWhenCleared() {
        slot.reserve(CommandSlot.KEPT_SNAPSHOT_BYTES);
        MemorySegment kept = slot.snapshot();
        slot.clear();
        assertEquals(kept, slot.snapshot());
        slot.reserve(CommandSlot.KEPT_SNAPSHOT_BYTES + 1L);
        slot.clear();
        assertTrue(slot.snapshot().byteSize() < CommandSlot.KEPT_SNAPSHOT_BYTES);
    }

    @Test
    void refusesOnePieceTooMany() {
        MemorySegment memory = MemorySegment.ofArray(new byte[1]);
        for (int i = 0; i < CommandSlot.MAX_PIECES; i++) {
            assertTrue(slot.addPiece(memory, i, i + 1));
        }
        assertFalse(slot.addPiece(memory, 0, 1));
        assertEquals(CommandSlot.MAX_PIECES, slot.pieces());
        assertEquals(memory, slot.pieceMemory(77));
        assertEquals(77, slot.pieceOffset(77));
        assertEquals(78, slot.pieceLength(77));
        slot.clear();
        assertThrows(IllegalStateException.class, () -> slot.pieceMemory(0));
    }

    @Test
    void mergesDamagePastItsLimitIntoTheLastRectangle() {
        for (int i = 0; i < CommandSlot.MAX_DAMAGE_RECTS; i++) {
            slot.addDamage(i, i, i + 1, i + 1);
        }
        slot.addDamage(5, 200, 6, 300);
        assertEquals(CommandSlot.MAX_DAMAGE_RECTS, slot.damageCount);
        int last = 4 * (CommandSlot.MAX_DAMAGE_RECTS - 1);
        assertEquals(5, slot.damage[last]);
        assertEquals(63, slot.damage[last + 1]);
        assertEquals(64, slot.damage[last + 2]);
        assertEquals(300, slot.damage[last + 3]);
        assertEquals(62, slot.damage[last - 4]);
    }

    @Test
    void notesReadsOnlyWhenTraced() {
        slot.noteRead(0, 1, 2);
        assertEquals(0, slot.reads());
        slot.setTraced(true);
        slot.noteRead(1, 2, 0);
        for (int i = 0; i < 40; i++) {
            slot.noteRead(1, i, 3);
        }
        assertEquals(40, slot.reads());
        assertEquals(39, slot.readOffset(39));
        assertEquals(3, slot.readLength(39));
        assertEquals(1, slot.readBar(39));
    }
}
