package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * The descriptors that an event loop waits for, by poll(2). Level-triggered.
 *
 * <pre>{@code
 * poller.poll(timeoutMillis);
 * for (int fd = poller.nextReady(); fd != Poller.NONE; fd = poller.nextReady()) {
 *     if (poller.readable(fd)) { … }   // may add, modify and remove any descriptor
 * }
 * }</pre>
 *
 * <p>One row of eight bytes per descriptor (struct pollfd); a removed row stays as a hole until the next poll, so that
 * removing does not disturb the loop above:
 *
 * <pre>
 *   0: int fd, or -1 in a hole   4: short events   6: short revents
 * </pre>
 *
 * <p>Owned by the event loop's thread, from creation to close. It does not own the descriptors: remove one before
 * closing it. Waiting and looping allocate nothing.
 */
public final class Poller implements AutoCloseable {
    /** Interest: there are bytes to read, a connection to accept, or the end. */
    public static final int READ = Libc.POLLIN;
    /** Interest: there is room to write. */
    public static final int WRITE = Libc.POLLOUT;
    /** What {@link #nextReady()} says when there is no more. */
    public static final int NONE = -1;

    private static final int ROW_BYTES = 8;
    private static final int FD = 0;
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;
    private static final int FIRST_CAPACITY = 16;
    private static final int ABSENT = -1;
    private static final int HOLE = -1;

    private MemorySegment rows = allocate(FIRST_CAPACITY);
    private int rowCount;
    private int holeCount;
    private int[] rowOfFd = new int[0];
    private int cursor;
    private int readyLeft;
    private boolean closed;

    public Poller() {}

    /** Waits for a descriptor that is not in the set yet. */
    public void add(int fd, int interest) {
        checkOpen();
        checkInterest(interest);
        if (!(0 <= fd) || contains(fd)) {
            throw new IllegalArgumentException("descriptor: got " + fd + ", expected one that is not in the set");
        }
        growRows();
        growIndex(fd);
        long row = offset(rowCount);
        rows.set(JAVA_INT, row + FD, fd);
        rows.set(JAVA_SHORT, row + EVENTS, (short) interest);
        rows.set(JAVA_SHORT, row + REVENTS, (short) 0);
        rowOfFd[fd] = rowCount++;
    }

    /** An interest of 0 still hears of {@link #hangup}. */
    public void modify(int fd, int interest) {
        checkInterest(interest);
        rows.set(JAVA_SHORT, rowOffset(fd) + EVENTS, (short) interest);
    }

    public void remove(int fd) {
        long row = rowOffset(fd);
        rows.set(JAVA_INT, row + FD, HOLE);
        rows.set(JAVA_SHORT, row + REVENTS, (short) 0);
        rowOfFd[fd] = ABSENT;
        holeCount++;
    }

    public boolean contains(int fd) {
        return 0 <= fd && fd < rowOfFd.length && rowOfFd[fd] != ABSENT;
    }

    public int size() {
        return rowCount - holeCount;
    }

    /** How many descriptors are ready; waits for one until the timeout, for ever if that is negative. */
    public int poll(int timeoutMillis) throws SharedMemoryException {
        checkOpen();
        closeHoles();
        try {
            int ready = Libc.check("poll", Libc.waitForEvents(rows.address(), rowCount, timeoutMillis));
            cursor = 0;
            readyLeft = ready;
            return ready;
        } finally {
            Reference.reachabilityFence(rows);
        }
    }

    /** The next descriptor that the last {@link #poll} found ready and that is still in the set, or {@link #NONE}. */
    public int nextReady() {
        checkOpen();
        while (readyLeft > 0 && cursor < rowCount) {
            long row = offset(cursor++);
            int events = rows.get(JAVA_SHORT, row + REVENTS);
            int fd = rows.get(JAVA_INT, row + FD);
            if (events != 0) {
                readyLeft--;
                checkValid(fd, events);
                return fd;
            }
        }
        return NONE;
    }

    public boolean readable(int fd) {
        return (events(fd) & Libc.POLLIN) != 0;
    }

    public boolean writable(int fd) {
        return (events(fd) & Libc.POLLOUT) != 0;
    }

    /** The peer is gone or the descriptor broken; there may still be bytes to read. */
    public boolean hangup(int fd) {
        return (events(fd) & (Libc.POLLHUP | Libc.POLLERR)) != 0;
    }

    /** Forgets all descriptors. */
    @Override
    public void close() {
        closed = true;
        rowCount = 0;
        holeCount = 0;
        rowOfFd = new int[0];
    }

    private int events(int fd) {
        return rows.get(JAVA_SHORT, rowOffset(fd) + REVENTS);
    }

    private long rowOffset(int fd) {
        checkOpen();
        if (!contains(fd)) {
            throw new IllegalArgumentException("descriptor: got " + fd + ", expected one in the set");
        }
        return offset(rowOfFd[fd]);
    }

    private void closeHoles() {
        if (holeCount == 0) {
            return;
        }
        int target = 0;
        for (int source = 0; source < rowCount; source++) {
            int fd = rows.get(JAVA_INT, offset(source) + FD);
            if (fd != HOLE) {
                MemorySegment.copy(rows, offset(source), rows, offset(target), ROW_BYTES);
                rowOfFd[fd] = target++;
            }
        }
        rowCount = target;
        holeCount = 0;
    }

    private void growRows() {
        if (offset(rowCount) == rows.byteSize()) {
            MemorySegment larger = allocate(2 * rowCount);
            MemorySegment.copy(rows, 0, larger, 0, rows.byteSize());
            rows = larger;
        }
    }

    private void growIndex(int fd) {
        if (!(fd < rowOfFd.length)) {
            int length = rowOfFd.length;
            rowOfFd = Arrays.copyOf(rowOfFd, Math.max(fd + 1, 2 * length));
            Arrays.fill(rowOfFd, length, rowOfFd.length, ABSENT);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("poller: got a use after close, expected none");
        }
    }

    private static void checkInterest(int interest) {
        if ((interest & ~(READ | WRITE)) != 0) {
            throw new IllegalArgumentException("interest: got " + interest + ", expected READ, WRITE, both or 0");
        }
    }

    private static void checkValid(int fd, int events) {
        if ((events & Libc.POLLNVAL) != 0) {
            throw new IllegalStateException(
                    "poller: got closed descriptor " + fd + ", expected it to be removed first");
        }
    }

    private static long offset(int row) {
        return (long) row * ROW_BYTES;
    }

    private static MemorySegment allocate(int rowCount) {
        return Arena.ofAuto().allocate(offset(rowCount), ROW_BYTES);
    }
}
