package org.spiceshm.sharedmemory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A listening Unix stream socket with a file of mode 0600, so that only its user can connect. Gives
 * {@link UnixSocket}s to the event loop whose {@link Poller} watches {@link #fd()}.
 *
 * <p>Owned by the event loop's thread. Lives until {@link #close()}, which removes the file. It takes the place of a file
 * that a dead server left, and of nothing else; two servers that start on one path in the same instant are not told apart
 * from a dead one, so do not start two.
 */
public final class UnixListener implements AutoCloseable {
    private static final int OWNER_ONLY = 0600;
    private static final int GROUP_AND_OTHERS = 0077;
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET_TYPE = 0140000;

    private final OwnedDescriptor descriptor;
    private final Path path;
    private final FileIdentity identity;

    private UnixListener(OwnedDescriptor descriptor, Path path, FileIdentity identity) {
        this.descriptor = descriptor;
        this.path = path;
        this.identity = identity;
    }

    /** The backlog is how many connections the kernel keeps for {@link #accept()}. */
    public static UnixListener bind(Path path, int backlog) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixAddress.of(path, arena);
            removeStale(path, address);
            OwnedDescriptor descriptor = new OwnedDescriptor(Libc.check("socket", Libc.unixStreamSocket(false)));
            try {
                return listen(descriptor, path, address, backlog);
            } catch (IOException e) {
                descriptor.close();
                throw e;
            }
        }
    }

    /** The next connection, nonblocking, or null when none waits. */
    public @Nullable UnixSocket accept() throws SharedMemoryException {
        int fd = descriptor.hold();
        try {
            int result = Libc.acceptNonblocking(fd);
            if (result == -Libc.EAGAIN || result == -Libc.ECONNABORTED) {
                return null;
            }
            return new UnixSocket(new OwnedDescriptor(Libc.check("accept on " + path, result)));
        } finally {
            descriptor.release();
        }
    }

    public Path path() {
        return path;
    }

    /** The number, for a {@link Poller}; valid until {@link #close()}. */
    public int fd() {
        return descriptor.fd();
    }

    /** Removes the file, unless it is another one by now. */
    @Override
    public void close() {
        if (descriptor.isClosed()) {
            return;
        }
        // The open socket keeps its inode: until it is closed, no other file has the same number.
        try {
            FileIdentity found = FileIdentity.of(path);
            if (identity.equals(found)) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // Nobody can connect any more, and the next server replaces the file: there is nothing to do or to tell.
        } finally {
            descriptor.close();
        }
    }

    private static UnixListener listen(OwnedDescriptor descriptor, Path path, MemorySegment address, int backlog)
            throws IOException {
        int fd = descriptor.fd();
        // The file inherits the mode of the socket (unix_bind_bsd), so there is no moment with another one, and no
        // umask
        // to change under the feet of other threads.
        Libc.check("fchmod", Libc.setMode(fd, OWNER_ONLY));
        int result = Libc.bindSocket(fd, address);
        if (result == -Libc.EADDRINUSE) {
            throw inUse(path);
        }
        Libc.check("bind " + path, result);
        FileIdentity identity = FileIdentity.of(path);
        if (identity == null) {
            throw new SharedMemoryException("bind " + path, "got no file, expected the socket that was just bound");
        }
        UnixListener listener = new UnixListener(descriptor, path, identity);
        try {
            // Nobody can connect before listen.
            checkMode(path, identity.mode());
            Libc.check("listen on " + path, Libc.listenSocket(fd, backlog));
            return listener;
        } catch (IOException e) {
            listener.close();
            throw e;
        }
    }

    private static void removeStale(Path path, MemorySegment address) throws IOException {
        FileIdentity before = FileIdentity.of(path);
        if (before == null) {
            return;
        }
        if ((before.mode() & FILE_TYPE) != SOCKET_TYPE) {
            throw new SharedMemoryException("bind " + path, "got a file that is no socket, expected no file");
        }
        int result = probe(address);
        switch (result) {
            case 0, -Libc.EAGAIN -> throw inUse(path);
            case -Libc.ECONNREFUSED -> {
                if (before.equals(FileIdentity.of(path))) {
                    Files.deleteIfExists(path);
                }
            }
            case -Libc.ENOENT -> {}
            default -> Libc.check("connect to the socket that is at " + path, result);
        }
    }

    /** What connecting to the address gives; EAGAIN is a live server whose backlog is full. */
    private static int probe(MemorySegment address) throws SharedMemoryException {
        try (OwnedDescriptor probe = new OwnedDescriptor(Libc.check("socket", Libc.unixStreamSocket(false)))) {
            return Libc.connectSocket(probe.fd(), address);
        }
    }

    private static SharedMemoryException inUse(Path path) {
        return new SharedMemoryException("bind " + path, "got address in use, expected no server there");
    }

    private static void checkMode(Path path, int mode) throws SharedMemoryException {
        if ((mode & GROUP_AND_OTHERS) != 0) {
            throw new SharedMemoryException(
                    "bind " + path,
                    "got mode " + Integer.toOctalString(mode) + ", expected " + Integer.toOctalString(OWNER_ONLY));
        }
    }

    /** What stays the same as long as it is the same file, links not followed. */
    private record FileIdentity(long device, long inode, int mode) {
        static @Nullable FileIdentity of(Path path) throws IOException {
            try {
                Map<String, Object> attributes =
                        Files.readAttributes(path, "unix:dev,ino,mode", LinkOption.NOFOLLOW_LINKS);
                return new FileIdentity(
                        number(attributes, "dev").longValue(),
                        number(attributes, "ino").longValue(),
                        number(attributes, "mode").intValue());
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        private static Number number(Map<String, Object> attributes, String name) throws SharedMemoryException {
            if (attributes.get(name) instanceof Number number) {
                return number;
            }
            throw new SharedMemoryException("file attribute " + name, "got none, expected a number");
        }
    }
}
