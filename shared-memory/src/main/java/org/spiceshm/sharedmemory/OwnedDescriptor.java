package org.spiceshm.sharedmemory;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The single owner of a file descriptor. Whoever has this object closes it, or hands the object on.
 *
 * <p>Any thread may use and close it. The kernel reuses a number as soon as it is closed, so a call that is under way in
 * another thread must not meet a stranger's file: {@link #close()} refuses new calls at once, and the number is given back
 * when the last call that is under way returns.
 */
public final class OwnedDescriptor implements AutoCloseable {
    private static final int CLOSED = Integer.MIN_VALUE;

    private final int fd;
    /** CLOSED, plus the number of calls that are under way. */
    private final AtomicInteger state = new AtomicInteger();

    /** Takes over a descriptor that nothing else will close. */
    public OwnedDescriptor(int fd) {
        if (!(0 <= fd)) {
            throw new IllegalArgumentException("descriptor: got " + fd + ", expected at least 0");
        }
        this.fd = fd;
    }

    /** The number, to register or to send; valid until {@link #close()}. */
    public int fd() {
        if (isClosed()) {
            throw closedException();
        }
        return fd;
    }

    public boolean isClosed() {
        return state.get() < 0;
    }

    @Override
    public void close() {
        int before = state.getAndUpdate(value -> value | CLOSED);
        if (before == 0) {
            Libc.closeDescriptor(fd);
        }
    }

    /** The number, for one call; {@link #release()} must follow. */
    int hold() {
        if (!tryHold()) {
            throw closedException();
        }
        return fd;
    }

    /** The number, between {@link #tryHold()} and {@link #release()}. */
    int fdWhileHeld() {
        return fd;
    }

    /** Whether the descriptor was still open; if so {@link #release()} must follow. */
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
        // INVARIANT: nobody holds after CLOSED, so exactly one release meets the bare CLOSED.
        if (state.decrementAndGet() == CLOSED) {
            Libc.closeDescriptor(fd);
        }
    }

    private IllegalStateException closedException() {
        return new IllegalStateException(this + ": got a use after close, expected none");
    }

    @Override
    public String toString() {
        return "descriptor " + fd;
    }
}
