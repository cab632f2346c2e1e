package org.spiceshm.guestdriver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestMemoryTest {
    private static final int START = 4096;
    private static final int END = 1 << 20;

    private static GuestMemory memory(Arena arena) {
        return new GuestMemory(arena.allocate(END + 8192), START, END, arena.allocate(1 << 18), 1, 56);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void blocksNeverOverlapAndMergeAgain(long seed) {
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory memory = memory(arena);
            Random random = new Random(seed);
            List<long[]> blocks = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                if (random.nextInt(5) < 3) {
                    long bytes = 1L + random.nextInt(1 << random.nextInt(16));
                    int bar = random.nextInt(4) == 0 ? GuestMemory.VRAM : GuestMemory.RAM;
                    long address = memory.tryAllocate(bar, bytes);
                    if (address != 0) {
                        check(memory, blocks, address, bytes, bar, seed);
                        blocks.add(new long[] {address, bytes});
                    }
                } else if (!blocks.isEmpty()) {
                    memory.free(blocks.remove(random.nextInt(blocks.size()))[0]);
                }
            }
            blocks.forEach(block -> memory.free(block[0]));
            assertEquals(0, memory.used(), "seed " + seed);
            assertNotEquals(0, memory.tryAllocate(GuestMemory.RAM, END - START), "seed " + seed);
            assertNotEquals(0, memory.tryAllocate(GuestMemory.VRAM, 1 << 18), "seed " + seed);
        }
    }

    private static void check(GuestMemory memory, List<long[]> blocks, long address, long bytes, int bar, long seed) {
        long offset = memory.offset(address);
        assertEquals(0, offset % GuestMemory.GRANULE);
        assertEquals(bar + 1, address >>> 56);
        if (bar == GuestMemory.RAM) {
            assertTrue(START <= offset && offset + bytes <= END, "seed " + seed);
        }
        for (long[] other : blocks) {
            assertTrue(address + bytes <= other[0] || other[0] + other[1] <= address, "seed " + seed);
        }
    }

    @Test
    void chainGoesBackAtOnceAcrossBars() {
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory memory = memory(arena);
            long chain = 0;
            for (int i = 0; i < 10; i++) {
                long address = memory.tryAllocate(i % 2, 1000);
                memory.link(address, chain);
                chain = address;
            }
            assertEquals(10 * 1024, memory.used());
            memory.freeChain(chain);
            assertEquals(0, memory.used());
        }
    }

    @Test
    void takesTheLastBytesThatFit() {
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory memory = memory(arena);
            assertNotEquals(0, memory.tryAllocate(GuestMemory.RAM, END - START));
            assertEquals(0, memory.tryAllocate(GuestMemory.RAM, 1));
        }
    }

    @Test
    void refusesToFreeTwice() {
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory memory = memory(arena);
            long address = memory.tryAllocate(GuestMemory.RAM, 10);
            memory.free(address);
            assertThrows(IllegalStateException.class, () -> memory.free(address));
        }
    }
}
