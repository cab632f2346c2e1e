package org.spiceshm.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.sharedmemory.OwnedDescriptor;

/** A TCP connection; it carries no descriptors. */
final class TcpTransport implements Transport {
    private final SocketChannel channel;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, Long.BYTES);
    private final ByteBuffer view = buffer.asByteBuffer();

    TcpTransport(String host, int port, Deadline deadline) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException("no address for " + host);
        }
        channel = SocketChannel.open();
        try {
            long millis = Math.clamp(deadline.remainingNanos() / 1_000_000, 1, Integer.MAX_VALUE);
            channel.socket().connect(address, (int) millis);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int receive(InputCursor input) throws IOException {
        view.clear();
        int count;
        try {
            count = channel.read(view);
        } catch (SocketException e) {
            // A reset: the peer went away without having read all, which is an end as good as another.
            return -1;
        }
        if (count > 0) {
            input.set(buffer, 0, count);
        }
        return count;
    }

    @Override
    public void send(MemorySegment bytes, long offset, long length) throws IOException {
        ByteBuffer rest = bytes.asSlice(offset, length).asByteBuffer();
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }

    @Override
    public @Nullable OwnedDescriptor pollDescriptor() {
        return null;
    }

    @Override
    public int descriptorCount() {
        return 0;
    }

    @Override
    public void shutdown() {
        close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing a socket channel", e);
        }
    }
}
