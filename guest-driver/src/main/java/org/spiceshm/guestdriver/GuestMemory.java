package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The driver's heap in BAR 0 (behind the primary's area) and BAR 1.
 *
 * <pre>
 *  BAR 0 | primary's area | heap ............................. | RAM header |
 *  BAR 1 | heap .......................................................... |
 *  QXLPHYSICAL   63..56 slot | 55..48 generation | 47..0 offset from the BAR's start
 * </pre>
 *
 * <p>Two-level segregated fit over granules of {@value #GRANULE} bytes: each class of sizes has a list of free blocks,
 * neighbours are merged when freed, all in constant time and without allocating. The books are kept outside of the
 * guest's memory. Blocks can be linked into a chain, so that a command and all that it names go back at once. Owned by
 * the driver's thread.
 */
public final class GuestMemory {
    /** BAR 0, for commands and images. */
    public static final int RAM = 0;
    /** BAR 1, for surfaces. */
    public static final int VRAM = 1;

    /** Addresses of blocks are multiples of this. */
    public static final int GRANULE = 128;

    private static final int BARS = 2;
    private static final int CLASS_BITS = 3;
    private static final int CLASSES_PER_POWER = 1 << CLASS_BITS;
    private static final int CLASSES = (Integer.SIZE - CLASS_BITS + 1) * CLASSES_PER_POWER;
    private static final int EXACT_SEARCH_LIMIT = 16;
    private static final int NONE = -1;
    private static final long OFFSET_MASK = (1L << 48) - 1;

    private final MemorySegment[] bars;
    private final long[] slots;
    private final int slotShift;
    private final int firstSlot;
    private final long[] start;
    private final int[] first = new int[BARS];
    private final int[] limit = new int[BARS];

    /** Granules of the block that starts here; negative if it is free. */
    private final int[] size;
    /** On the last granule of a free block: its first, plus one. */
    private final int[] startOfFree;
    /** Of a free block: the next of its class. Of a used one: the next of its chain. */
    private final int[] next;

    private final int[] previous;
    private final int[][] heads = new int[BARS][CLASSES];
    private final long[][] occupied = new long[BARS][(CLASSES + Long.SIZE - 1) / Long.SIZE];
    private long usedGranules;

    GuestMemory(MemorySegment ram, long ramStart, long ramEnd, MemorySegment vram, int firstSlot, int slotShift) {
        this.bars = new MemorySegment[] {ram, vram};
        this.slots = new long[] {(long) firstSlot << slotShift, (long) (firstSlot + 1) << slotShift};
        this.slotShift = slotShift;
        this.firstSlot = firstSlot;
        long heapStart = (ramStart + GRANULE - 1) / GRANULE * GRANULE;
        this.start = new long[] {heapStart, 0};
        int ramGranules = Math.toIntExact(Math.max(0, ramEnd - heapStart) / GRANULE);
        int vramGranules = Math.toIntExact(vram.byteSize() / GRANULE);
        first[RAM] = 0;
        limit[RAM] = ramGranules;
        first[VRAM] = ramGranules;
        limit[VRAM] = ramGranules + vramGranules;
        int granules = limit[VRAM];
        size = new int[granules];
        startOfFree = new int[granules];
        next = new int[granules];
        previous = new int[granules];
        clear();
    }

    /** Forgets every block: the device has been reset. */
    void clear() {
        Arrays.fill(size, 0);
        Arrays.fill(startOfFree, 0);
        usedGranules = 0;
        for (int bar = 0; bar < BARS; bar++) {
            Arrays.fill(heads[bar], NONE);
            Arrays.fill(occupied[bar], 0);
            if (first[bar] < limit[bar]) {
                insert(bar, first[bar], limit[bar] - first[bar]);
            }
        }
    }

    /** Bytes that are in use. */
    public long used() {
        return usedGranules * GRANULE;
    }

    /** Bytes of the heap in {@code bar}. */
    public long capacity(int bar) {
        return (long) (limit[bar] - first[bar]) * GRANULE;
    }

    /** The memory that {@code address} lies in. */
    public MemorySegment segment(long address) {
        return bars[barOf(address)];
    }

    /** Where in {@link #segment} it lies. */
    public long offset(long address) {
        return address & OFFSET_MASK;
    }

    /** The QXLPHYSICAL of a place in a BAR. */
    public long address(int bar, long offset) {
        return slots[bar] | offset;
    }

    /** A block of {@code bytes} or more, not cleared; 0 if there is none. */
    public long tryAllocate(int bar, long bytes) {
        long wanted = Math.max(1, (bytes + GRANULE - 1) / GRANULE);
        if (wanted > limit[bar] - first[bar]) {
            return 0;
        }
        int granules = (int) wanted;
        int block = find(bar, granules);
        if (block == NONE) {
            return 0;
        }
        int found = -size[block];
        remove(bar, block);
        if (found > granules) {
            insert(bar, block + granules, found - granules);
        }
        size[block] = granules;
        next[block] = NONE;
        usedGranules += granules;
        return slots[bar] | start[bar] + (long) (block - first[bar]) * GRANULE;
    }

    /** Gives one block back; its chain is not looked at. */
    public void free(long address) {
        free(barOf(address), indexOf(address));
    }

    /** Gives a block and all that are chained to it back. */
    public void freeChain(long address) {
        int block = indexOf(address);
        while (block != NONE) {
            int following = next[block];
            free(block < limit[RAM] ? RAM : VRAM, block);
            block = following;
        }
    }

    /** Puts {@code address} before the chain that {@code chain} begins; 0 is the empty chain. */
    public void link(long address, long chain) {
        next[indexOf(address)] = chain == 0 ? NONE : indexOf(chain);
    }

    private void free(int bar, int freed) {
        int block = freed;
        int granules = size[block];
        if (!(granules > 0)) {
            throw new IllegalStateException(
                    "guest memory: got a release of a block that is not in use, expected one that is");
        }
        usedGranules -= granules;
        size[block] = 0;
        int after = block + granules;
        if (after < limit[bar] && size[after] < 0) {
            granules -= size[after];
            remove(bar, after);
        }
        if (first[bar] < block && startOfFree[block - 1] != 0) {
            int before = startOfFree[block - 1] - 1;
            granules -= size[before];
            remove(bar, before);
            block = before;
        }
        insert(bar, block, granules);
    }

    private int find(int bar, int granules) {
        int exact = classOf(granules);
        int sure = granules == smallestOf(exact) ? exact : exact + 1;
        int found = firstOccupied(bar, sure);
        if (found != NONE) {
            return heads[bar][found];
        }
        int block = heads[bar][exact];
        for (int left = EXACT_SEARCH_LIMIT; left > 0 && block != NONE; left--) {
            if (-size[block] >= granules) {
                return block;
            }
            block = next[block];
        }
        return NONE;
    }

    private int firstOccupied(int bar, int from) {
        long[] words = occupied[bar];
        int word = from / Long.SIZE;
        long bits = word < words.length ? words[word] & -1L << from : 0;
        while (bits == 0) {
            word++;
            if (word >= words.length) {
                return NONE;
            }
            bits = words[word];
        }
        return word * Long.SIZE + Long.numberOfTrailingZeros(bits);
    }

    private static int classOf(int granules) {
        if (granules < CLASSES_PER_POWER) {
            return granules;
        }
        int power = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(granules);
        int fraction = (granules >>> (power - CLASS_BITS)) & (CLASSES_PER_POWER - 1);
        return (power - CLASS_BITS + 1) * CLASSES_PER_POWER + fraction;
    }

    private static int smallestOf(int sizeClass) {
        if (sizeClass < CLASSES_PER_POWER) {
            return sizeClass;
        }
        int power = sizeClass / CLASSES_PER_POWER + CLASS_BITS - 1;
        return (1 << power) | (sizeClass % CLASSES_PER_POWER << (power - CLASS_BITS));
    }

    private void insert(int bar, int block, int granules) {
        int sizeClass = classOf(granules);
        int head = heads[bar][sizeClass];
        size[block] = -granules;
        startOfFree[block + granules - 1] = block + 1;
        next[block] = head;
        previous[block] = NONE;
        if (head != NONE) {
            previous[head] = block;
        }
        heads[bar][sizeClass] = block;
        occupied[bar][sizeClass / Long.SIZE] |= 1L << sizeClass;
    }

    private void remove(int bar, int block) {
        int granules = -size[block];
        int sizeClass = classOf(granules);
        int before = previous[block];
        int after = next[block];
        if (before != NONE) {
            next[before] = after;
        } else {
            heads[bar][sizeClass] = after;
            if (after == NONE) {
                occupied[bar][sizeClass / Long.SIZE] &= ~(1L << sizeClass);
            }
        }
        if (after != NONE) {
            previous[after] = before;
        }
        startOfFree[block + granules - 1] = 0;
        size[block] = 0;
    }

    private int barOf(long address) {
        int bar = (int) (address >>> slotShift) - firstSlot;
        if (!(0 <= bar && bar < BARS)) {
            throw new IllegalStateException("guest address: got 0x" + Long.toHexString(address)
                    + ", expected one of slot " + firstSlot + " or " + (firstSlot + 1));
        }
        return bar;
    }

    private int indexOf(long address) {
        int bar = barOf(address);
        long granule = ((address & OFFSET_MASK) - start[bar]) / GRANULE + first[bar];
        if (!(first[bar] <= granule && granule < limit[bar])) {
            throw new IllegalStateException(
                    "guest address: got 0x" + Long.toHexString(address) + ", expected one inside the heap");
        }
        return (int) granule;
    }
}
