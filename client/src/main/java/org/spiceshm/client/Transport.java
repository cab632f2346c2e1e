package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.sharedmemory.OwnedDescriptor;

/** Bytes to and from a server. One thread receives, one at a time sends, any may shut down. */
interface Transport extends AutoCloseable {
    /** Most bytes of one receive. */
    int BUFFER_BYTES = 32 * 1024;

    /** Waits for bytes and sets {@code input} to them; they stay until the next receive. Minus 1 at the end, else how many. */
    int receive(InputCursor input) throws IOException;

    /** Sends all of it. */
    void send(MemorySegment bytes, long offset, long length) throws IOException;

    /** A descriptor that came with the last byte received, which is then the caller's to close, or null. */
    @Nullable
    OwnedDescriptor pollDescriptor();

    /** How many wait. */
    int descriptorCount();

    /** Ends both directions, and wakes the thread that receives. */
    void shutdown();

    @Override
    void close();
}
