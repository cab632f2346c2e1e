package org.spiceshm.renderer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.Seal;

/**
 * A memory file that holds primaries and nothing else, and that nobody else can ever write.
 *
 * <pre>
 *  0       sequence page
 *  4096    damage ring
 *  270336  room A for a primary | room B for the next one
 * </pre>
 *
 * <p>Two rooms, so that a picture whose end has not been told yet stays whole while the next primary is drawn. The
 * mapping lives as long as anything uses it; {@link #close} ends the descriptors. The render thread writes it; anybody
 * reads it by the sequence page's rules. The thread that tells damage writes the ring.
 */
public final class FramebufferSegment implements AutoCloseable {
    private static final long PAGE_BYTES = 4096;

    private final MemoryFile readOnly;
    private final MemorySegment memory;
    private final long roomBytes;

    FramebufferSegment(long roomBytes) throws IOException {
        this.roomBytes = (roomBytes + PAGE_BYTES - 1) & -PAGE_BYTES;
        long size = DamageRing.FIRST_SURFACE_OFFSET + 2 * this.roomBytes;
        try (MemoryFile file = MemoryFile.create("spiceshm-framebuffer", size)) {
            memory = file.map(Access.READ_WRITE, Arena.ofAuto());
            SequencePage.initialize(memory);
            readOnly = file.reopenReadOnly();
            // Sealed last: after FUTURE_WRITE the kernel refuses every new writable mapping, ours too.
            file.addSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL);
        }
    }

    /** The read-only descriptor that clients get. */
    public MemoryFile readOnlyFile() {
        return readOnly;
    }

    /** All of it, for reading. */
    public MemorySegment memory() {
        return memory.asReadOnly();
    }

    /** Bytes in all. */
    public long sizeBytes() {
        return memory.byteSize();
    }

    MemorySegment writable() {
        return memory;
    }

    boolean fits(long bytes) {
        return bytes <= roomBytes;
    }

    long roomOffset(int room) {
        return DamageRing.FIRST_SURFACE_OFFSET + room * roomBytes;
    }

    /** Closes the descriptor; mappings stay. */
    @Override
    public void close() {
        readOnly.close();
    }
}
