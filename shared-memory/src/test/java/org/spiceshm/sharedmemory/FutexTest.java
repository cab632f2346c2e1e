package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FutexTest {
    private static final long WORD = 128;

    @Test
    void aSleeperOnAReadOnlyMappingIsWokenThroughAnotherMapping() throws Exception {
        try (MemoryFile file = MemoryFile.create("futex", 4096);
                MemoryFile readOnly = file.reopenReadOnly();
                Arena arena = Arena.ofShared()) {
            MemorySegment writable = file.map(Access.READ_WRITE, arena);
            MemorySegment readable = readOnly.map(Access.READ_ONLY, arena);
            Thread sleeper = Thread.ofPlatform().start(() -> {
                while (readable.get(ValueLayout.JAVA_INT, WORD) == 0) {
                    Futex.await(readable, WORD, 0);
                }
            });
            int woken = 0;
            while (woken == 0) {
                // Nobody is woken before the sleeper sleeps; the word has not changed, so it goes on sleeping.
                woken = Futex.wakeAll(readable, WORD);
            }
            assertTrue(sleeper.isAlive());
            writable.set(ValueLayout.JAVA_INT, WORD, 1);
            Futex.wakeAll(writable, WORD);
            sleeper.join();
        }
    }

    @Test
    void whoComesTooLateDoesNotSleep() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096, 4096);
            Futex.await(memory, WORD, 1);
            assertEquals(0, Futex.wakeAll(memory, WORD));
        }
    }

    @Test
    void refusesPlacesThatAreNoWord() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096, 4096);
            assertThrows(IllegalArgumentException.class, () -> Futex.await(memory, 2, 0));
            assertThrows(IllegalArgumentException.class, () -> Futex.await(memory, 4096, 0));
            assertThrows(IllegalArgumentException.class, () -> Futex.wakeAll(MemorySegment.ofArray(new int[8]), 0));
        }
    }

    @Test
    void allocatesNothing() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096, 4096);
            Allocation.assertNone(() -> {
                Futex.wakeAll(memory, WORD);
                Futex.await(memory, WORD, 1);
            });
        }
    }
}
