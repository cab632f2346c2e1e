package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A connected Unix stream socket that carries bytes and descriptors. The bytes go to and from a session; the descriptors
 * become a {@link MemoryFile} or an {@link EventDescriptor}.
 *
 * <p>One thread reads and one thread writes, or one does both. Any thread may call {@link #shutdown()} and
 * {@link #close()}; a thread that blocks in a read is woken and sees {@link #END}.
 *
 * <p>Reading and writing allocate nothing, unless a descriptor arrives.
 */
public final class UnixSocket implements AutoCloseable {
    /** What a read says when the peer has gone, or has reset the connection. */
    public static final int END = -1;
    /** What a nonblocking read or write says when it would have to wait. */
    public static final int WOULD_BLOCK = -2;
    /** How many descriptors may come in one read, and how many may wait to be polled. */
    public static final int DESCRIPTOR_LIMIT = 4;
    /** At most so many bytes move in one read or write. */
    public static final int TRANSFER_LIMIT_BYTES = 32 * 1024;

    private static final int CREDENTIALS_BYTES = 12;
    private static final int CREDENTIALS_PID = 0;
    private static final int CREDENTIALS_UID = 4;
    private static final int CREDENTIALS_GID = 8;

    private final OwnedDescriptor descriptor;
    private final SocketMessage incoming = new SocketMessage(TRANSFER_LIMIT_BYTES, DESCRIPTOR_LIMIT);
    private final SocketMessage outgoing = new SocketMessage(TRANSFER_LIMIT_BYTES, 1);
    /** Guarded by itself, so that close may come from any thread. */
    private final Queue<OwnedDescriptor> received = new ArrayDeque<>(DESCRIPTOR_LIMIT);

    UnixSocket(OwnedDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** Connects; the socket blocks until told otherwise. */
    public static UnixSocket connect(Path path) throws SharedMemoryException {
        return connect(path, true);
    }

    /** Connects without waiting for a server whose backlog is full: that is a refusal as well. The socket never blocks. */
    public static UnixSocket connectNonblocking(Path path) throws SharedMemoryException {
        return connect(path, false);
    }

    private static UnixSocket connect(Path path, boolean blocking) throws SharedMemoryException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixAddress.of(path, arena);
            OwnedDescriptor descriptor = new OwnedDescriptor(Libc.check("socket", Libc.unixStreamSocket(blocking)));
            int result = Libc.connectSocket(descriptor.fd(), address);
            if (result < 0) {
                descriptor.close();
                throw new SharedMemoryException("connect to " + path, -result);
            }
            return new UnixSocket(descriptor);
        }
    }

    /**
     * Reads at least one byte, or says {@link #END} or {@link #WOULD_BLOCK}. A descriptor that came with the bytes waits in
     * {@link #pollDescriptor()}; it belongs to the last byte of its read, because the kernel ends a read there (unix(7)).
     */
    public int read(MemorySegment target, long offset, int length) throws SharedMemoryException {
        checkRange(target, offset, length);
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("target: got a read-only segment, expected a writable one");
        }
        int fd = descriptor.hold();
        try {
            int result = incoming.receive(fd, Math.min(length, TRANSFER_LIMIT_BYTES));
            if (result == -Libc.EAGAIN) {
                return WOULD_BLOCK;
            }
            if (result == 0 || result == -Libc.ECONNRESET) {
                return END;
            }
            Libc.check("recvmsg", result);
            takeDescriptors();
            incoming.drain(target, offset, result);
            return result;
        } finally {
            descriptor.release();
        }
    }

    /** The next descriptor received, which is then the caller's to close, or null. */
    public @Nullable OwnedDescriptor pollDescriptor() {
        synchronized (received) {
            return received.poll();
        }
    }

    /** How many descriptors wait in {@link #pollDescriptor()}. */
    public int descriptorCount() {
        synchronized (received) {
            return received.size();
        }
    }

    /** Writes at least one byte, or says {@link #WOULD_BLOCK}. */
    public int write(MemorySegment source, long offset, int length) throws SharedMemoryException {
        checkRange(source, offset, length);
        int fd = descriptor.hold();
        try {
            outgoing.attachNothing();
            return send(fd, source, offset, length);
        } finally {
            descriptor.release();
        }
    }

    /**
     * Writes at least one byte, and the descriptor with the first of them; with {@link #WOULD_BLOCK} it was not sent. To
     * say which byte the descriptor belongs to, write one byte.
     */
    public int writeWithDescriptor(MemorySegment source, long offset, int length, int attachedFd)
            throws SharedMemoryException {
        checkRange(source, offset, length);
        int fd = descriptor.hold();
        try {
            outgoing.attach(attachedFd);
            return send(fd, source, offset, length);
        } finally {
            descriptor.release();
        }
    }

    public void setBlocking(boolean blocking) throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            Libc.check("O_NONBLOCK", Libc.setBlocking(fd, blocking));
        } finally {
            descriptor.release();
        }
    }

    public PeerCredentials peerCredentials() throws SharedMemoryException {
        int fd = descriptor.hold();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(CREDENTIALS_BYTES, Integer.BYTES);
            MemorySegment length = arena.allocateFrom(JAVA_INT, CREDENTIALS_BYTES);
            Libc.check("SO_PEERCRED", Libc.socketOption(fd, Libc.SO_PEERCRED, credentials, length));
            return new PeerCredentials(
                    credentials.get(JAVA_INT, CREDENTIALS_PID),
                    credentials.get(JAVA_INT, CREDENTIALS_UID),
                    credentials.get(JAVA_INT, CREDENTIALS_GID));
        } finally {
            descriptor.release();
        }
    }

    /** The number, for a {@link Poller}; valid until {@link #close()}. */
    public int fd() {
        return descriptor.fd();
    }

    /** Ends the connection in both directions, and wakes whoever blocks in it. Does nothing after {@link #close()}. */
    public void shutdown() {
        if (!descriptor.tryHold()) {
            return;
        }
        try {
            // ENOTCONN: the peer was faster. There is no other way to fail.
            Libc.shutdownSocket(descriptor.fdWhileHeld());
        } finally {
            descriptor.release();
        }
    }

    /** Ends the connection, and closes the descriptors that nobody polled. */
    @Override
    public void close() {
        shutdown();
        descriptor.close();
        closeReceived();
    }

    private int send(int fd, MemorySegment source, long offset, int length) throws SharedMemoryException {
        int staged = Math.min(length, TRANSFER_LIMIT_BYTES);
        outgoing.fill(source, offset, staged);
        int result = outgoing.send(fd, staged);
        return result == -Libc.EAGAIN ? WOULD_BLOCK : Libc.check("sendmsg", result);
    }

    private void takeDescriptors() throws SharedMemoryException {
        int count = incoming.descriptorCount();
        if (count == 0 && !incoming.truncated()) {
            return;
        }
        synchronized (received) {
            for (int index = 0; index < count; index++) {
                received.add(new OwnedDescriptor(incoming.descriptor(index)));
            }
            if (incoming.truncated()) {
                closeReceived();
                throw new SharedMemoryException(
                        "recvmsg", "got a message with its descriptors cut off, expected at most " + DESCRIPTOR_LIMIT);
            }
            int waiting = received.size();
            if (!(waiting <= DESCRIPTOR_LIMIT)) {
                closeReceived();
                throw new SharedMemoryException(
                        "recvmsg", "got " + waiting + " unclaimed descriptors, expected at most " + DESCRIPTOR_LIMIT);
            }
            if (descriptor.isClosed()) {
                closeReceived();
            }
        }
    }

    private void closeReceived() {
        synchronized (received) {
            received.forEach(OwnedDescriptor::close);
            received.clear();
        }
    }

    private static void checkRange(MemorySegment segment, long offset, int length) {
        Objects.checkFromIndexSize(offset, length, segment.byteSize());
        if (!(0 < length)) {
            throw new IllegalArgumentException("length: got " + length + ", expected at least 1");
        }
    }
}
