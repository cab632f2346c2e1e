package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.spiceshm.sharedmemory.MemoryFile;

/**
 * A segment that primaries lie in, behind a sequence page and a damage ring (or, if it is one client's own, without a ring), with the read-only descriptor that clients are given. The descriptor is closed when
 * the last who holds it lets go; the memory stays mapped as long as it is referred to. Any thread.
 */
public final class SharedSegment {
    private final MemoryFile readOnlyFile;
    private final MemorySegment memory;
    private final AtomicInteger holders = new AtomicInteger(1);

    /**
     * @param readOnlyFile opened read-only and sealed; the segment owns it from now on
     * @param memory all of it
     */
    public SharedSegment(MemoryFile readOnlyFile, MemorySegment memory) {
        this.readOnlyFile = readOnlyFile;
        this.memory = memory.asReadOnly();
    }

    MemoryFile readOnlyFile() {
        return readOnlyFile;
    }

    MemorySegment memory() {
        return memory;
    }

    long sizeBytes() {
        return memory.byteSize();
    }

    /** One more holder; false if the descriptor is closed already. */
    boolean hold() {
        for (int now = holders.get(); now > 0; now = holders.get()) {
            if (holders.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    void release() {
        if (holders.decrementAndGet() == 0) {
            readOnlyFile.close();
        }
    }
}
