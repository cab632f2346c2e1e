package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.spiceshm.sharedmemory.SocketPair.bytes;
import static org.spiceshm.sharedmemory.SocketPair.descriptor;
import static org.spiceshm.sharedmemory.SocketPair.readText;
import static org.spiceshm.sharedmemory.SocketPair.writeText;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class UnixSocketTest {
    private final Path directory;
    private final SocketPair pair;
    private final UnixSocket client;
    private final UnixSocket server;
    private final MemorySegment scratch = MemorySegment.ofArray(new byte[256]);

    UnixSocketTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        pair = SocketPair.connect(directory);
        client = pair.client();
        server = pair.server();
    }

    @AfterEach
    void close() {
        pair.close();
    }

    @Test
    void connectsWithoutWaitingForAServerThatDoesNotAccept() throws IOException {
        Path path = directory.resolve("full");
        try (UnixListener listener = UnixListener.bind(path, 0)) {
            UnixSocket first = UnixSocket.connectNonblocking(path);
            assertEquals(UnixSocket.WOULD_BLOCK, first.read(scratch, 0, 1));
            SharedMemoryException refusal =
                    assertThrows(SharedMemoryException.class, () -> UnixSocket.connectNonblocking(path));
            assertEquals(Libc.EAGAIN, refusal.errno());
            first.close();
            assertEquals(path, listener.path());
        }
    }

    @Test
    void carriesBytesBothWaysThroughAnyKindOfSegment() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment source = arena.allocateFrom("xxhelloxx");
            MemorySegment target = arena.allocate(9);
            assertEquals(5, client.write(source, 2, 5));
            assertEquals(5, server.read(target, 1, 8));
            assertEquals("\0hello", "\0" + target.getString(1));
        }
        writeText(server, "back");
        assertEquals("ba", readText(client, 2));
        assertEquals("ck", readText(client, 100));
    }

    @Test
    void wouldBlockWhenThereIsNothingToRead() throws IOException {
        assertEquals(UnixSocket.WOULD_BLOCK, server.read(scratch, 0, 10));
        client.setBlocking(false);
        assertEquals(UnixSocket.WOULD_BLOCK, client.read(scratch, 0, 10));
    }

    @Test
    void wouldBlockWhenThePeerDoesNotRead() throws IOException {
        MemorySegment much = MemorySegment.ofArray(new byte[1 << 20]);
        long written = 0;
        int count = server.write(much, 0, 1 << 20);
        assertEquals(UnixSocket.TRANSFER_LIMIT_BYTES, count);
        while (count != UnixSocket.WOULD_BLOCK) {
            written += count;
            count = server.write(much, 0, 1 << 20);
        }
        server.close();
        long read = 0;
        while ((count = client.read(much, 0, 1 << 20)) != UnixSocket.END) {
            read += count;
        }
        assertEquals(written, read);
    }

    @Test
    void waitsForBytesWhenBlocking() throws Exception {
        server.setBlocking(true);
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<String> text = other.submit(() -> readText(server, 10));
            writeText(client, "late");
            assertEquals("late", text.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void endsWhenThePeerCloses() throws IOException {
        writeText(client, "last");
        client.close();
        assertEquals("last", readText(server, 10));
        assertEquals(UnixSocket.END, server.read(scratch, 0, 10));
        assertEquals(UnixSocket.END, server.read(scratch, 0, 10));
    }

    @Test
    void endsWhenThePeerResets() throws IOException {
        writeText(server, "never read");
        client.close();
        assertEquals(UnixSocket.END, server.read(scratch, 0, 10));
    }

    @Test
    void failsToWriteWithoutAPeer() {
        client.close();
        assertEquals(
                "sendmsg: got errno 32 (Broken pipe), expected success",
                assertThrows(SharedMemoryException.class, () -> server.write(bytes("x"), 0, 1))
                        .getMessage());
    }

    @Test
    void wakesAThreadThatBlocksInARead() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<Integer> result = other.submit(() -> {
                writeText(client, "r");
                reading.countDown();
                return client.read(scratch, 0, 10);
            });
            assertTrue(reading.await(30, TimeUnit.SECONDS));
            client.shutdown();
            assertEquals(UnixSocket.END, result.get(30, TimeUnit.SECONDS));
        }
        assertEquals("r", readText(server, 10));
        assertEquals(UnixSocket.END, server.read(scratch, 0, 10));
    }

    @Test
    void mayBeClosedWhileAnotherThreadReads() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Descriptors.assertNoLeak(() -> {
                SocketPair closing = SocketPair.connect(directory);
                UnixSocket socket = closing.client();
                writeText(closing.server(), "go");
                CountDownLatch reading = new CountDownLatch(1);
                Future<Integer> result = other.submit(() -> {
                    assertEquals("go", readText(socket, 10));
                    reading.countDown();
                    try {
                        return socket.read(scratch, 0, 10);
                    } catch (IllegalStateException e) {
                        return UnixSocket.END; // it was closed before the read began
                    }
                });
                assertTrue(reading.await(30, TimeUnit.SECONDS));
                socket.close();
                assertEquals(UnixSocket.END, result.get(30, TimeUnit.SECONDS));
                closing.close();
            });
        }
    }

    @Test
    void refusesUseAfterClose() {
        client.close();
        client.close();
        client.shutdown();
        assertThrows(IllegalStateException.class, client::fd);
        assertThrows(IllegalStateException.class, () -> client.read(scratch, 0, 1));
        assertThrows(IllegalStateException.class, () -> client.write(scratch, 0, 1));
        assertThrows(IllegalStateException.class, () -> client.writeWithDescriptor(scratch, 0, 1, 0));
        assertThrows(IllegalStateException.class, client::peerCredentials);
        assertThrows(IllegalStateException.class, () -> client.setBlocking(true));
    }

    @Test
    void refusesRangesOutsideTheSegment() {
        assertThrows(IndexOutOfBoundsException.class, () -> server.read(scratch, 0, 257));
        assertThrows(IndexOutOfBoundsException.class, () -> server.read(scratch, -1, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> server.write(scratch, 256, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> server.write(scratch, Long.MAX_VALUE, 1));
        assertThrows(IllegalArgumentException.class, () -> server.read(scratch, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> server.write(scratch, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> server.read(scratch.asReadOnly(), 0, 1));
    }

    @Test
    void refusesASegmentWhoseArenaIsClosed() {
        MemorySegment gone;
        try (Arena arena = Arena.ofShared()) {
            gone = arena.allocate(8);
        }
        assertThrows(IllegalStateException.class, () -> client.write(gone, 0, 8));
    }

    @Test
    void knowsItsPeer() throws Exception {
        PeerCredentials credentials = server.peerCredentials();
        assertEquals(ProcessHandle.current().pid(), credentials.pid());
        assertEquals(ownId("unix:uid"), credentials.uid());
        assertEquals(ownId("unix:gid"), credentials.gid());
        assertEquals(credentials, client.peerCredentials());
    }

    @Test
    void passesASealedFileToAPeerThatMapsIt() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 4096);
                Arena arena = Arena.ofConfined()) {
            MemorySegment writer = file.map(Access.READ_WRITE, arena);
            try (MemoryFile readOnly = file.reopenReadOnly()) {
                file.addSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL);
                writeText(server, "@", readOnly.fd());
            }
            assertEquals("@", readText(client, 1));
            try (MemoryFile adopted = MemoryFile.adopt(descriptor(client))) {
                adopted.requireSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE);
                writer.set(JAVA_INT, 100, 77);
                assertEquals(77, adopted.map(Access.READ_ONLY, arena).get(JAVA_INT, 100));
                assertThrows(SharedMemoryException.class, () -> adopted.map(Access.READ_WRITE, arena));
            }
        }
    }

    @Test
    void endsAReadAtTheByteThatHasTheDescriptor() throws IOException {
        try (EventDescriptor event = EventDescriptor.create()) {
            writeText(client, "plain ");
            writeText(client, "bytes");
            writeText(client, "@", event.fd());
            writeText(client, "more");
            assertEquals("plain bytes@", readText(server, 100));
            assertEquals(1, server.descriptorCount());
            assertEquals("more", readText(server, 100));
            assertEquals(1, server.descriptorCount());
            descriptor(server).close();
            assertEquals(0, server.descriptorCount());
            assertNull(server.pollDescriptor());
        }
    }

    @Test
    void keepsTwoDescriptorsInOrder() throws IOException {
        try (EventDescriptor first = EventDescriptor.create();
                EventDescriptor second = EventDescriptor.create()) {
            first.signal();
            writeText(client, "1", first.fd());
            writeText(client, "2", second.fd());
            assertEquals("1", readText(server, 100));
            assertEquals("2", readText(server, 100));
            assertEquals(2, server.descriptorCount());
            try (EventDescriptor signalled = EventDescriptor.adopt(descriptor(server));
                    EventDescriptor quiet = EventDescriptor.adopt(descriptor(server))) {
                assertEquals(1, signalled.drain());
                assertEquals(0, quiet.drain());
            }
        }
    }

    @Test
    void takesAsManyDescriptorsInOneMessageAsTheLimitAllows() throws IOException {
        try (EventDescriptor event = EventDescriptor.create()) {
            sendMany(client, event.fd(), UnixSocket.DESCRIPTOR_LIMIT);
            assertEquals("@", readText(server, 100));
            assertEquals(UnixSocket.DESCRIPTOR_LIMIT, server.descriptorCount());
        }
    }

    @Test
    void refusesAndClosesMoreDescriptorsInOneMessage() throws Exception {
        try (EventDescriptor event = EventDescriptor.create()) {
            Descriptors.assertNoLeak(() -> {
                writeText(client, "1", event.fd());
                assertEquals("1", readText(server, 100));
                sendMany(client, event.fd(), UnixSocket.DESCRIPTOR_LIMIT + 1);
                assertEquals(
                        "recvmsg: got a message with its descriptors cut off, expected at most 4",
                        assertThrows(SharedMemoryException.class, () -> server.read(scratch, 0, 10))
                                .getMessage());
                assertEquals(0, server.descriptorCount());
            });
        }
    }

    @Test
    void refusesAndClosesMoreUnclaimedDescriptors() throws Exception {
        try (EventDescriptor event = EventDescriptor.create()) {
            Descriptors.assertNoLeak(() -> {
                for (int i = 0; i < UnixSocket.DESCRIPTOR_LIMIT; i++) {
                    writeText(client, "@", event.fd());
                    assertEquals("@", readText(server, 1));
                }
                writeText(client, "@", event.fd());
                assertEquals(
                        "recvmsg: got 5 unclaimed descriptors, expected at most 4",
                        assertThrows(SharedMemoryException.class, () -> server.read(scratch, 0, 10))
                                .getMessage());
                assertEquals(0, server.descriptorCount());
            });
        }
    }

    @Test
    void failsToSendADescriptorThatIsNotOpen() {
        assertEquals(
                Libc.EBADF,
                assertThrows(
                                SharedMemoryException.class,
                                () -> client.writeWithDescriptor(bytes("@"), 0, 1, Integer.MAX_VALUE))
                        .errno());
    }

    @Test
    void sendsADescriptorOnlyOnce() throws IOException {
        try (EventDescriptor event = EventDescriptor.create()) {
            writeText(client, "@", event.fd());
            writeText(client, "plain");
            assertEquals("@", readText(server, 100));
            descriptor(server).close();
            assertEquals("plain", readText(server, 100));
            assertEquals(0, server.descriptorCount());
        }
    }

    @Test
    void leaksNoDescriptorWhetherClaimedOrNot() throws Exception {
        Descriptors.assertNoLeak(() -> {
            try (SocketPair other = SocketPair.connect(directory);
                    EventDescriptor event = EventDescriptor.create()) {
                writeText(other.client(), "1", event.fd());
                writeText(other.client(), "2", event.fd());
                writeText(other.client(), "3", event.fd());
                assertEquals("1", readText(other.server(), 10));
                assertEquals("2", readText(other.server(), 10));
                descriptor(other.server()).close(); // one claimed, one queued, one not even read
            }
        });
    }

    @Test
    void allocatesNothingToReadAndWrite() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1024);
            Allocation.assertNone(() -> {
                client.write(buffer, 0, 64);
                server.read(buffer, 512, 512);
                server.read(buffer, 512, 512); // WOULD_BLOCK costs nothing either
            });
        }
    }

    private static void sendMany(UnixSocket socket, int fd, int count) throws IOException {
        int[] descriptors = new int[count];
        Arrays.fill(descriptors, fd);
        SocketMessage message = new SocketMessage(1, count);
        message.fill(bytes("@"), 0, 1);
        message.attach(descriptors);
        Libc.check("sendmsg", message.send(socket.fd(), 1));
    }

    private static int ownId(String attribute) throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), attribute);
    }
}
