package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixListenerTest {
    private final Path path;

    UnixListenerTest(@TempDir Path directory) {
        path = directory.resolve("s");
    }

    @Test
    void acceptsWhoConnectsAndNobodyElse() throws IOException {
        try (UnixListener listener = UnixListener.bind(path, 4)) {
            assertNull(listener.accept());
            try (UnixSocket client = UnixSocket.connect(path);
                    UnixSocket server = Objects.requireNonNull(listener.accept())) {
                SocketPair.writeText(client, "hello");
                assertEquals("hello", SocketPair.readText(server, 100));
            }
            assertNull(listener.accept());
        }
    }

    @Test
    void makesAFileForItsUserOnlyAndRemovesIt() throws IOException {
        try (UnixListener listener = UnixListener.bind(path, 4)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            assertEquals(path, listener.path());
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void replacesTheSocketOfADeadServer() throws IOException {
        leaveStaleSocket();
        try (UnixListener listener = UnixListener.bind(path, 4);
                UnixSocket client = UnixSocket.connect(path);
                UnixSocket server = Objects.requireNonNull(listener.accept())) {
            assertTrue(client.fd() != server.fd());
        }
    }

    @Test
    void refusesThePathOfALiveServerAndLeavesItAlone() throws IOException {
        try (UnixListener live = UnixListener.bind(path, 4)) {
            assertEquals(
                    "bind " + path + ": got address in use, expected no server there",
                    assertThrows(SharedMemoryException.class, () -> UnixListener.bind(path, 4))
                            .getMessage());
            Objects.requireNonNull(live.accept()).close(); // the probe
            try (UnixSocket client = UnixSocket.connect(path);
                    UnixSocket server = Objects.requireNonNull(live.accept())) {
                assertTrue(client.fd() != server.fd());
            }
        }
    }

    @Test
    void refusesThePathOfALiveServerWhoseBacklogIsFull() throws IOException {
        try (UnixListener live = UnixListener.bind(path, 0);
                UnixSocket waiting = UnixSocket.connect(path)) {
            assertEquals(
                    "bind " + path + ": got address in use, expected no server there",
                    assertThrows(SharedMemoryException.class, () -> UnixListener.bind(path, 4))
                            .getMessage());
            assertTrue(live.fd() != waiting.fd());
        }
    }

    @Test
    void neverDeletesWhatIsNoSocket() throws IOException {
        byte[] content = {1, 2, 3};
        Files.write(path, content);
        assertEquals(
                "bind " + path + ": got a file that is no socket, expected no file",
                assertThrows(SharedMemoryException.class, () -> UnixListener.bind(path, 4))
                        .getMessage());
        assertArrayEquals(content, Files.readAllBytes(path));
    }

    @Test
    void neverFollowsASymbolicLink() throws IOException {
        Path target = path.resolveSibling("target");
        Files.createSymbolicLink(path, target);
        assertThrows(SharedMemoryException.class, () -> UnixListener.bind(path, 4));
        assertTrue(Files.isSymbolicLink(path));
        assertFalse(Files.exists(target, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void leavesAFileThatTookItsPlaceWhenItCloses() throws IOException {
        UnixListener first = UnixListener.bind(path, 4);
        Files.delete(path);
        try (UnixListener second = UnixListener.bind(path, 4)) {
            first.close();
            assertTrue(Files.exists(path));
            first.close();
            assertEquals(path, second.path());
            UnixSocket.connect(path).close();
        }
    }

    @Test
    void closesThoughItsFileIsGone() throws IOException {
        UnixListener listener = UnixListener.bind(path, 4);
        Files.delete(path);
        listener.close();
        assertThrows(IllegalStateException.class, listener::accept);
        assertThrows(IllegalStateException.class, listener::fd);
    }

    @Test
    void refusesAPathThatIsTooLong() {
        Path tooLong = Path.of("/" + "p".repeat(107));
        assertEquals(
                "socket path " + tooLong + ": got 108 bytes, expected at least 1 and at most 107",
                assertThrows(SharedMemoryException.class, () -> UnixListener.bind(tooLong, 4))
                        .getMessage());
        assertThrows(SharedMemoryException.class, () -> UnixSocket.connect(tooLong));
        assertThrows(SharedMemoryException.class, () -> UnixSocket.connect(Path.of("")));
    }

    @Test
    void takesTheLongestPathThereIs() throws IOException {
        int room = 107 - path.toString().length();
        Path longest = path.resolveSibling("s" + "p".repeat(room));
        assertEquals(107, longest.toString().length());
        try (UnixListener listener = UnixListener.bind(longest, 4)) {
            UnixSocket.connect(longest).close();
            Objects.requireNonNull(listener.accept()).close();
        }
        assertFalse(Files.exists(longest));
    }

    @Test
    void saysWhyItCannotConnect() throws IOException {
        assertEquals(
                "connect to " + path + ": got errno 2 (No such file or directory), expected success",
                assertThrows(SharedMemoryException.class, () -> UnixSocket.connect(path))
                        .getMessage());
        leaveStaleSocket();
        assertEquals(
                Libc.ECONNREFUSED,
                assertThrows(SharedMemoryException.class, () -> UnixSocket.connect(path))
                        .errno());
    }

    @Test
    void leaksNoDescriptorWhateverFails() throws Exception {
        Descriptors.assertNoLeak(() -> {
            assertThrows(SharedMemoryException.class, () -> UnixSocket.connect(path));
            Path nowhere = path.resolve("nowhere");
            assertThrows(IOException.class, () -> UnixListener.bind(nowhere, 4));
            try (UnixListener listener = UnixListener.bind(path, 4)) {
                assertThrows(IOException.class, () -> UnixListener.bind(listener.path(), 4));
            }
            leaveStaleSocket();
            UnixListener.bind(path, 4).close();
        });
    }

    private void leaveStaleSocket() throws IOException {
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        assertTrue(Files.exists(path));
    }
}
