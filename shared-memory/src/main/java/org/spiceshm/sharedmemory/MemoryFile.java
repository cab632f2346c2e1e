package org.spiceshm.sharedmemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A memfd: anonymous memory with a descriptor that can be sealed, mapped, and sent through a {@link UnixSocket}.
 *
 * <p>The side that shares creates the file, maps it writable, calls {@link #reopenReadOnly()}, seals, and sends the
 * read-only descriptor. The side that receives adopts the descriptor, demands the seals and maps.
 *
 * <p>It has no state but its descriptor, so any thread may use it. Its owner closes it. A mapping outlives the file: it
 * ends with its arena. If a peer shortens a file that is not sealed against it, an access to the lost pages is an
 * {@link InternalError}: demand {@link Seal#SHRINK}.
 */
public final class MemoryFile implements AutoCloseable {
    private static final long PAGE_BYTES = Libc.pageSizeBytes();

    private final OwnedDescriptor descriptor;

    private MemoryFile(OwnedDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** A new file of zeros. The name is for people: it shows in /proc. */
    public static MemoryFile create(String name, long sizeBytes) throws SharedMemoryException {
        if (!(0 < sizeBytes)) {
            throw new SharedMemoryException("memory file " + name, "got size " + sizeBytes + ", expected at least 1");
        }
        int fd;
        try (Arena arena = Arena.ofConfined()) {
            fd = Libc.check(
                    "memfd_create " + name,
                    Libc.createMemoryFile(arena.allocateFrom(name), Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING));
        }
        OwnedDescriptor descriptor = new OwnedDescriptor(fd);
        int result = Libc.resize(fd, sizeBytes);
        if (result < 0) {
            descriptor.close();
            throw new SharedMemoryException("ftruncate " + name + " to " + sizeBytes + " bytes", -result);
        }
        return new MemoryFile(descriptor);
    }

    /** Takes over a descriptor that a peer sent, and closes it if it is not a memory file. */
    public static MemoryFile adopt(OwnedDescriptor descriptor) throws SharedMemoryException {
        MemoryFile file = new MemoryFile(descriptor);
        try {
            file.seals();
            return file;
        } catch (SharedMemoryException e) {
            descriptor.close();
            throw e.errno() == Libc.EINVAL || e.errno() == Libc.EBADF
                    ? new SharedMemoryException(
                            descriptor.toString(), "got a file that cannot be sealed, expected a memory file")
                    : e;
        }
    }

    /** What the kernel says now, not what anybody promised. */
    public long sizeBytes() throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            return Libc.check("lseek", Libc.seekEnd(fd));
        } finally {
            descriptor.release();
        }
    }

    public Set<Seal> seals() throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            return Seal.ofBits(Libc.check("F_GET_SEALS", Libc.control(fd, Libc.F_GET_SEALS, 0)));
        } finally {
            descriptor.release();
        }
    }

    /** Seals for ever. {@link Seal#WRITE} is refused while a writable mapping exists. */
    public void addSeals(Seal... seals) throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            int bits = Seal.bits(List.of(seals));
            Libc.check("F_ADD_SEALS " + Arrays.toString(seals), Libc.control(fd, Libc.F_ADD_SEALS, bits));
        } finally {
            descriptor.release();
        }
    }

    /** Throws unless the file has all of these seals; call it before believing {@link #sizeBytes()}. */
    public void requireSeals(Seal... expected) throws SharedMemoryException {
        Set<Seal> seals = seals();
        EnumSet<Seal> missing = EnumSet.noneOf(Seal.class);
        missing.addAll(List.of(expected));
        missing.removeAll(seals);
        if (!missing.isEmpty()) {
            throw new SharedMemoryException(
                    "seals", "got " + seals + ", expected " + Arrays.toString(expected) + ", missing " + missing);
        }
    }

    /**
     * The same memory through an open file of its own that cannot be written. The receiver could open it anew through
     * /proc and write, until {@link Seal#FUTURE_WRITE} is there; so seal before sending.
     */
    public MemoryFile reopenReadOnly() throws SharedMemoryException {
        int fd = descriptor.hold();
        try (Arena arena = Arena.ofConfined()) {
            String path = "/proc/self/fd/" + fd;
            int copy =
                    Libc.check("open " + path, Libc.openFile(arena.allocateFrom(path), Libc.O_RDONLY | Libc.O_CLOEXEC));
            return new MemoryFile(new OwnedDescriptor(copy));
        } finally {
            descriptor.release();
        }
    }

    /** Maps the whole file; the mapping ends when the arena closes. */
    public MemorySegment map(Access access, Arena arena) throws SharedMemoryException {
        return map(access, 0, sizeBytes(), arena);
    }

    /** Maps a part of the file; the offset is a multiple of the page size. The mapping ends when the arena closes. */
    public MemorySegment map(Access access, long offset, long length, Arena arena) throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            checkRange(offset, length);
            long address = Libc.check(
                    "mmap " + access + " of " + length + " bytes at " + offset,
                    Libc.map(fd, offset, length, access.protection()));
            return segment(address, length, access, arena);
        } finally {
            descriptor.release();
        }
    }

    /**
     * Makes every byte zero again, in every mapping, and gives the memory back until it is written. Refused once the file is
     * sealed against writing.
     */
    public void clear() throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            Libc.check("fallocate PUNCH_HOLE", Libc.punchHole(fd, 0, sizeBytes()));
        } finally {
            descriptor.release();
        }
    }

    /** The number, to send; valid until {@link #close()}. */
    public int fd() {
        return descriptor.fd();
    }

    @Override
    public void close() {
        descriptor.close();
    }

    private void checkRange(long offset, long length) throws SharedMemoryException {
        if (!(0 < length)) {
            throw new SharedMemoryException("mapping", "got length " + length + ", expected at least 1");
        }
        if (!(0 <= offset && offset % PAGE_BYTES == 0)) {
            throw new SharedMemoryException(
                    "mapping", "got offset " + offset + ", expected a multiple of " + PAGE_BYTES);
        }
        long sizeBytes = sizeBytes();
        // INVARIANT: offset >= 0 and sizeBytes >= 0, so the difference cannot overflow.
        if (!(length <= sizeBytes - offset)) {
            throw new SharedMemoryException(
                    "mapping",
                    "got " + length + " bytes at offset " + offset + ", expected them within the file's " + sizeBytes);
        }
    }

    private static MemorySegment segment(long address, long length, Access access, Arena arena) {
        MemorySegment segment;
        try {
            segment = MemorySegment.ofAddress(address).reinterpret(length, arena, gone -> Libc.unmap(address, length));
        } catch (RuntimeException e) {
            Libc.unmap(address, length);
            throw e;
        }
        return access == Access.READ_ONLY ? segment.asReadOnly() : segment;
    }
}
