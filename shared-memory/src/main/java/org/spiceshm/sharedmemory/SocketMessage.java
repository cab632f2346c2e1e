package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * What sendmsg and recvmsg are given, preallocated for one direction of one socket:
 *
 * <pre>
 *   struct msghdr            struct iovec      struct cmsghdr            the bytes
 *    0 name, 8 name length    0 base ───────┐   0 length                  0 …
 *   16 iov ──────────────►    8 length      │   8 level, 12 type
 *   24 iov count                            │  16 int descriptor[]
 *   32 control ───────────────────────────────►
 *   40 control length, 48 flags             └───────────────────────────►
 * </pre>
 *
 * <p>The bytes are staged here rather than sent from the caller's segment: the caller's arena might be closed by another
 * thread while the kernel works, and the kernel would write into memory that is somebody else's by then. The staging area
 * lives until this object and its calls are gone. One thread at a time.
 */
final class SocketMessage {
    private static final int MSG_NAME = 0;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOV_COUNT = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROL_LENGTH = 40;
    private static final int MSG_FLAGS = 48;
    private static final int MSG_BYTES = 56;

    private static final int IOV_BASE = 0;
    private static final int IOV_LENGTH = 8;
    private static final int IOV_BYTES = 16;

    private static final int CMSG_LENGTH = 0;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;

    private final MemorySegment header;
    private final MemorySegment vector;
    private final MemorySegment control;
    private final MemorySegment bytes;

    SocketMessage(int capacityBytes, int descriptorLimit) {
        Arena arena = Arena.ofAuto();
        header = arena.allocate(MSG_BYTES, Long.BYTES);
        vector = arena.allocate(IOV_BYTES, Long.BYTES);
        control = arena.allocate(controlBytes(descriptorLimit), Long.BYTES);
        bytes = arena.allocate(capacityBytes, Long.BYTES);
        header.set(JAVA_LONG, MSG_NAME, 0);
        header.set(JAVA_LONG, MSG_IOV, vector.address());
        header.set(JAVA_LONG, MSG_IOV_COUNT, 1);
        header.set(JAVA_LONG, MSG_CONTROL, control.address());
        vector.set(JAVA_LONG, IOV_BASE, bytes.address());
    }

    int capacityBytes() {
        return (int) bytes.byteSize();
    }

    /** Receives at most so many bytes, and as many descriptors as there is room for. */
    int receive(int fd, int length) {
        vector.set(JAVA_LONG, IOV_LENGTH, length);
        header.set(JAVA_LONG, MSG_CONTROL_LENGTH, control.byteSize());
        header.set(JAVA_INT, MSG_FLAGS, 0);
        try {
            return Libc.receive(fd, header.address(), Libc.MSG_CMSG_CLOEXEC);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Sends the first bytes, and the descriptors attached since the last message. */
    int send(int fd, int length) {
        vector.set(JAVA_LONG, IOV_LENGTH, length);
        try {
            return Libc.send(fd, header.address(), Libc.MSG_NOSIGNAL);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    void attach(int... descriptors) {
        control.set(JAVA_LONG, CMSG_LENGTH, CMSG_DATA + (long) Integer.BYTES * descriptors.length);
        control.set(JAVA_INT, CMSG_LEVEL, Libc.SOL_SOCKET);
        control.set(JAVA_INT, CMSG_TYPE, Libc.SCM_RIGHTS);
        MemorySegment.copy(descriptors, 0, control, JAVA_INT, CMSG_DATA, descriptors.length);
        header.set(JAVA_LONG, MSG_CONTROL_LENGTH, controlBytes(descriptors.length));
    }

    void attachNothing() {
        header.set(JAVA_LONG, MSG_CONTROL_LENGTH, 0);
    }

    void fill(MemorySegment source, long offset, int length) {
        MemorySegment.copy(source, offset, bytes, 0, length);
    }

    void drain(MemorySegment target, long offset, int length) {
        MemorySegment.copy(bytes, 0, target, offset, length);
    }

    /** Whether the last message received had more descriptors than there was room for. */
    boolean truncated() {
        return (header.get(JAVA_INT, MSG_FLAGS) & Libc.MSG_CTRUNC) != 0;
    }

    /**
     * The descriptors of the last message received; each is ours to close. The kernel puts all of them into one cmsghdr,
     * and no other kind of control message was asked for (unix(7)).
     */
    int descriptorCount() {
        if (!(CMSG_DATA <= header.get(JAVA_LONG, MSG_CONTROL_LENGTH))
                || control.get(JAVA_INT, CMSG_LEVEL) != Libc.SOL_SOCKET
                || control.get(JAVA_INT, CMSG_TYPE) != Libc.SCM_RIGHTS) {
            return 0;
        }
        return (int) (control.get(JAVA_LONG, CMSG_LENGTH) - CMSG_DATA) / Integer.BYTES;
    }

    int descriptor(int index) {
        return control.get(JAVA_INT, CMSG_DATA + (long) index * Integer.BYTES);
    }

    private static long controlBytes(int descriptorCount) {
        long alignment = Long.BYTES;
        long bytes = CMSG_DATA + (long) Integer.BYTES * descriptorCount;
        return (bytes + alignment - 1) / alignment * alignment;
    }
}
