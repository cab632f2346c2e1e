package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.UnixSocket;

/** A Unix socket, whose bytes may carry descriptors. Allocates nothing after its making. */
final class UnixTransport implements Transport {
    private final UnixSocket socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, Long.BYTES);

    UnixTransport(Path path) throws IOException {
        socket = UnixSocket.connect(path);
    }

    @Override
    public int receive(InputCursor input) throws IOException {
        int count = socket.read(buffer, 0, BUFFER_BYTES);
        if (count > 0) {
            input.set(buffer, 0, count);
        }
        return count;
    }

    @Override
    public void send(MemorySegment bytes, long offset, long length) throws IOException {
        long done = 0;
        while (done < length) {
            done += socket.write(bytes, offset + done, (int) Math.min(length - done, BUFFER_BYTES));
        }
    }

    @Override
    public @Nullable OwnedDescriptor pollDescriptor() {
        return socket.pollDescriptor();
    }

    @Override
    public int descriptorCount() {
        return socket.descriptorCount();
    }

    @Override
    public void shutdown() {
        socket.shutdown();
    }

    @Override
    public void close() {
        socket.close();
    }
}
