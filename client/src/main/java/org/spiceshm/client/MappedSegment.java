package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.Seal;

/**
 * The server's segment, mapped read-only. Any thread may hold it while it copies; the display thread retires it when
 * another takes its place, and it is unmapped when nobody holds it any more.
 */
final class MappedSegment {
    /** More cannot be meant: 64 GiB. */
    static final long MAX_BYTES = 1L << 36;

    private static final int RETIRED = Integer.MIN_VALUE;

    private final Arena arena;
    private final MemorySegment memory;
    private final SequencePage.Reader sequencePage;
    /** RETIRED, plus how many hold it. */
    private final AtomicInteger state = new AtomicInteger();

    private MappedSegment(Arena arena, MemorySegment memory) {
        this.arena = arena;
        this.memory = memory;
        this.sequencePage = new SequencePage.Reader(memory);
    }

    /** Checks what the server sent, closes the descriptor in any case, and maps. */
    static MappedSegment map(OwnedDescriptor descriptor, long expectedBytes)
            throws IOException, MalformedMessageException {
        try (MemoryFile file = MemoryFile.adopt(descriptor)) {
            file.requireSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE);
            long realBytes = file.sizeBytes();
            if (!(realBytes == expectedBytes)) {
                throw new MalformedMessageException(
                        "SHM_OFFER", "segment_size", "got " + expectedBytes + ", expected the file's " + realBytes);
            }
            return map(file);
        }
    }

    /** Maps a file that has been checked. */
    static MappedSegment map(MemoryFile file) throws IOException, MalformedMessageException {
        Arena arena = Arena.ofShared();
        boolean done = false;
        try {
            MemorySegment memory = file.map(Access.READ_ONLY, arena);
            SequencePage.check(memory);
            done = true;
            return new MappedSegment(arena, memory);
        } finally {
            if (!done) {
                arena.close();
            }
        }
    }

    MemorySegment memory() {
        return memory;
    }

    SequencePage.Reader sequencePage() {
        return sequencePage;
    }

    /** Whether it is still mapped; if so it stays until {@link #release}. */
    boolean tryHold() {
        int value;
        do {
            value = state.get();
            if (value < 0) {
                return false;
            }
        } while (!state.compareAndSet(value, value + 1));
        return true;
    }

    void release() {
        // INVARIANT: nobody holds after RETIRED, so exactly one release meets the bare RETIRED.
        if (state.decrementAndGet() == RETIRED) {
            arena.close();
        }
    }

    /** Unmaps it, now or when the last holder releases. */
    void retire() {
        if (state.getAndUpdate(value -> value | RETIRED) == 0) {
            arena.close();
        }
    }
}
