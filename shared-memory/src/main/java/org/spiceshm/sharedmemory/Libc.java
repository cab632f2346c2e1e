package org.spiceshm.sharedmemory;

import com.sun.jna.Native;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The system calls, by JNA direct mapping. Every pointer is the address of a native {@link MemorySegment} that the caller
 * keeps alive until the call returns. Nothing throws, so that a socket with nothing to say costs no exception: a method
 * returns the kernel's result, or the negated error number, and has already repeated what a signal interrupted.
 */
final class Libc {
    static final int EINTR = 4;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int EINVAL = 22;
    static final int ENOENT = 2;
    static final int EADDRINUSE = 98;
    static final int ECONNABORTED = 103;
    static final int ECONNRESET = 104;
    static final int ECONNREFUSED = 111;

    static final int O_RDONLY = 0;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int SEEK_END = 2;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final int MFD_CLOEXEC = 0x1;
    static final int MFD_ALLOW_SEALING = 0x2;
    static final int FALLOC_FL_KEEP_SIZE = 0x1;
    static final int FALLOC_FL_PUNCH_HOLE = 0x2;
    static final int PROT_READ = 0x1;
    static final int PROT_WRITE = 0x2;
    static final int MAP_SHARED = 0x1;
    static final int SC_PAGESIZE = 30;

    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOL_SOCKET = 1;
    static final int SO_PEERCRED = 17;
    static final int SCM_RIGHTS = 1;
    static final int MSG_CTRUNC = 0x8;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x40000000;
    static final int SHUT_RDWR = 2;
    static final int POLLIN = 0x1;
    static final int POLLOUT = 0x4;
    static final int POLLERR = 0x8;
    static final int POLLHUP = 0x10;
    static final int POLLNVAL = 0x20;
    /** Without FUTEX_PRIVATE_FLAG: the word is shared between processes. */
    static final int FUTEX_WAIT = 0;

    static final int FUTEX_WAKE = 1;
    private static final long SYS_FUTEX = System.getProperty("os.arch", "?").equals("amd64") ? 202 : 98;

    private static final int LONGEST_ERROR_TEXT = 256;
    private static final long NANOS_PER_MILLI = 1_000_000;

    static {
        String reason = unsupported(
                System.getProperty("os.name", "?"), System.getProperty("os.arch", "?"), ByteOrder.nativeOrder());
        if (reason != null) {
            throw new UnsatisfiedLinkError(reason);
        }
        Native.register(Libc.class, "c");
    }

    private Libc() {}

    /** Why this machine will not do, or null. The numbers and layouts here hold for exactly these machines. */
    static @Nullable String unsupported(String system, String architecture, ByteOrder order) {
        boolean known =
                architecture.equals("amd64") || architecture.equals("aarch64") || architecture.equals("riscv64");
        if (system.equals("Linux") && known && order == ByteOrder.LITTLE_ENDIAN) {
            return null;
        }
        return "shared memory: got " + system + " on " + architecture + ", expected Linux on amd64, aarch64 or riscv64";
    }

    static String describe(int errno) {
        // strerror's text lives as long as the process, or until this thread asks for an unknown number.
        return MemorySegment.ofAddress(strerror(errno))
                .reinterpret(LONGEST_ERROR_TEXT)
                .getString(0);
    }

    static int check(String what, int result) throws SharedMemoryException {
        if (result < 0) {
            throw new SharedMemoryException(what, -result);
        }
        return result;
    }

    static long check(String what, long result) throws SharedMemoryException {
        if (result < 0) {
            throw new SharedMemoryException(what, (int) -result);
        }
        return result;
    }

    static int createMemoryFile(MemorySegment name, int flags) {
        return result(memfd_create(name.address(), flags));
    }

    static int resize(int fd, long sizeBytes) {
        int result;
        do {
            result = result(ftruncate(fd, sizeBytes));
        } while (result == -EINTR);
        return result;
    }

    /** Gives the pages back; they read as zeros, in every mapping. */
    static int punchHole(int fd, long offset, long length) {
        int result;
        do {
            result = result(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length));
        } while (result == -EINTR);
        return result;
    }

    static long seekEnd(int fd) {
        return result(lseek(fd, 0, SEEK_END));
    }

    static int control(int fd, int command, int argument) {
        return result(fcntl(fd, command, argument));
    }

    static int setBlocking(int fd, boolean blocking) {
        int flags = control(fd, F_GETFL, 0);
        if (flags < 0) {
            return flags;
        }
        return control(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    }

    static int openFile(MemorySegment path, int flags) {
        int result;
        do {
            result = result(open(path.address(), flags));
        } while (result == -EINTR);
        return result;
    }

    static int setMode(int fd, int mode) {
        return result(fchmod(fd, mode));
    }

    static long map(int fd, long offset, long length, int protection) {
        return result(mmap(0, length, protection, MAP_SHARED, fd, offset));
    }

    static int unmap(long address, long length) {
        return result(munmap(address, length));
    }

    static long pageSizeBytes() {
        return sysconf(SC_PAGESIZE);
    }

    /** Never repeated: Linux has given the number back even when it reports EINTR (close(2)). */
    static int closeDescriptor(int fd) {
        return result(close(fd));
    }

    static int unixStreamSocket(boolean blocking) {
        return result(socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC | (blocking ? 0 : O_NONBLOCK), 0));
    }

    static int bindSocket(int fd, MemorySegment address) {
        return result(bind(fd, address.address(), (int) address.byteSize()));
    }

    static int listenSocket(int fd, int backlog) {
        return result(listen(fd, backlog));
    }

    static int acceptNonblocking(int fd) {
        int result;
        do {
            result = result(accept4(fd, 0, 0, O_CLOEXEC | O_NONBLOCK));
        } while (result == -EINTR);
        return result;
    }

    static int connectSocket(int fd, MemorySegment address) {
        int result;
        do {
            result = result(connect(fd, address.address(), (int) address.byteSize()));
        } while (result == -EINTR);
        return result;
    }

    static int shutdownSocket(int fd) {
        return result(shutdown(fd, SHUT_RDWR));
    }

    static int socketOption(int fd, int option, MemorySegment value, MemorySegment length) {
        return result(getsockopt(fd, SOL_SOCKET, option, value.address(), length.address()));
    }

    static int send(int fd, long messageAddress, int flags) {
        int result;
        do {
            result = result((int) sendmsg(fd, messageAddress, flags));
        } while (result == -EINTR);
        return result;
    }

    static int receive(int fd, long messageAddress, int flags) {
        int result;
        do {
            result = result((int) recvmsg(fd, messageAddress, flags));
        } while (result == -EINTR);
        return result;
    }

    static int eventDescriptor() {
        return result(eventfd(0, O_CLOEXEC | O_NONBLOCK));
    }

    static int read(int fd, MemorySegment target) {
        int result;
        do {
            result = result((int) read(fd, target.address(), target.byteSize()));
        } while (result == -EINTR);
        return result;
    }

    static int write(int fd, MemorySegment source) {
        int result;
        do {
            result = result((int) write(fd, source.address(), source.byteSize()));
        } while (result == -EINTR);
        return result;
    }

    /** Waits for ever when the timeout is negative; an interruption does not lengthen the wait. */
    static int waitForEvents(long pollfdsAddress, long count, int timeoutMillis) {
        int result = result(poll(pollfdsAddress, count, timeoutMillis));
        if (result != -EINTR) {
            return result;
        }
        long deadlineNanos = System.nanoTime() + timeoutMillis * NANOS_PER_MILLI;
        do {
            long leftMillis = Math.max(0, (deadlineNanos - System.nanoTime()) / NANOS_PER_MILLI);
            result = result(poll(pollfdsAddress, count, timeoutMillis < 0 ? -1 : (int) leftMillis));
        } while (result == -EINTR);
        return result;
    }

    /** Without a timeout. */
    static int futex(long address, int operation, int value) {
        return (int) result(syscall(SYS_FUTEX, address, operation, value, 0, 0, 0));
    }

    /** JNA keeps errno per thread, as it was when the call returned; another native call would replace it. */
    private static int result(int result) {
        return result == -1 ? -Native.getLastError() : result;
    }

    private static long result(long result) {
        return result == -1 ? -Native.getLastError() : result;
    }

    private static native int memfd_create(long name, int flags);

    private static native int ftruncate(int fd, long length);

    private static native int fallocate(int fd, int mode, long offset, long length);

    private static native long lseek(int fd, long offset, int whence);

    // Variadic in C; on these machines an int is passed the same way all the same.
    private static native int fcntl(int fd, int command, int argument);

    private static native int open(long path, int flags);

    private static native int fchmod(int fd, int mode);

    private static native long mmap(long address, long length, int protection, int flags, int fd, long offset);

    private static native int munmap(long address, long length);

    private static native long sysconf(int name);

    private static native int close(int fd);

    private static native int socket(int domain, int type, int protocol);

    private static native int bind(int fd, long address, int addressLength);

    private static native int listen(int fd, int backlog);

    private static native int accept4(int fd, long address, long addressLength, int flags);

    private static native int connect(int fd, long address, int addressLength);

    private static native int shutdown(int fd, int how);

    private static native int getsockopt(int fd, int level, int option, long value, long length);

    private static native long sendmsg(int fd, long message, int flags);

    private static native long recvmsg(int fd, long message, int flags);

    private static native int eventfd(int initial, int flags);

    private static native long read(int fd, long target, long length);

    private static native long write(int fd, long source, long length);

    private static native int poll(long pollfds, long count, int timeoutMillis);

    // Variadic in C; on these machines integers are passed the same way all the same.
    private static native long syscall(
            long number, long address, long operation, long value, long timeout, long address2, long value3);

    private static native long strerror(int errno);
}
