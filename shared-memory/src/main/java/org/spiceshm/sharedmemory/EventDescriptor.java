package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An eventfd: how one thread or process wakes another that waits in a {@link Poller}. See eventfd(2).
 *
 * <p>Any thread may signal, also while the owner closes. Draining belongs to the thread that waits; it owns and closes
 * this.
 */
public final class EventDescriptor implements AutoCloseable {
    // Never written again, so all threads may send it.
    private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1);

    private final OwnedDescriptor descriptor;
    private final MemorySegment count = Arena.ofAuto().allocate(JAVA_LONG);

    private EventDescriptor(OwnedDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    public static EventDescriptor create() throws SharedMemoryException {
        return new EventDescriptor(new OwnedDescriptor(Libc.check("eventfd", Libc.eventDescriptor())));
    }

    /**
     * Takes over an eventfd that a peer sent and makes it nonblocking, so that a full counter does not stop
     * us. The flag is the open file's, which the peer shares: one that takes it away again and fills the counter stops who signals. Anything that is not an eventfd is closed and refused.
     */
    public static EventDescriptor adopt(OwnedDescriptor descriptor) throws SharedMemoryException {
        try {
            String kind = kind(descriptor);
            if (!kind.equals("anon_inode:[eventfd]")) {
                throw new SharedMemoryException(descriptor.toString(), "got " + kind + ", expected an eventfd");
            }
            Libc.check("O_NONBLOCK", Libc.setBlocking(descriptor.fd(), false));
            return new EventDescriptor(descriptor);
        } catch (SharedMemoryException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Wakes who waits. Does nothing after {@link #close()}: then nobody waits. */
    public void signal() {
        if (!descriptor.tryHold()) {
            return;
        }
        try {
            int result = Libc.write(descriptor.fdWhileHeld(), ONE);
            // EAGAIN: the counter is full, so whoever waits is awake already.
            if (result < 0 && result != -Libc.EAGAIN) {
                throw new IllegalStateException("eventfd write: got errno " + -result + ", expected success");
            }
        } finally {
            descriptor.release();
        }
    }

    /** How often it was signalled since it was last drained. */
    public long drain() {
        int fd = descriptor.hold();
        try {
            int result = Libc.read(fd, count);
            if (result == -Libc.EAGAIN) {
                return 0;
            }
            if (result < 0) {
                throw new IllegalStateException("eventfd read: got errno " + -result + ", expected success");
            }
            return count.get(JAVA_LONG, 0);
        } finally {
            descriptor.release();
            Reference.reachabilityFence(this);
        }
    }

    /** The number, for a {@link Poller} or to send; valid until {@link #close()}. */
    public int fd() {
        return descriptor.fd();
    }

    @Override
    public void close() {
        descriptor.close();
    }

    private static String kind(OwnedDescriptor descriptor) throws SharedMemoryException {
        String path = "/proc/self/fd/" + descriptor.fd();
        try {
            return Files.readSymbolicLink(Path.of(path)).toString();
        } catch (IOException e) {
            SharedMemoryException refusal =
                    new SharedMemoryException(path, "got " + e + ", expected to learn what it is");
            refusal.initCause(e);
            throw refusal;
        }
    }
}
