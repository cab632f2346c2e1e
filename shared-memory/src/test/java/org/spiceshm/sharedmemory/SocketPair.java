package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** Two connected sockets: a client that blocks, and a server's that does not. */
record SocketPair(UnixSocket client, UnixSocket server) implements AutoCloseable {
    static SocketPair connect(Path directory) throws IOException {
        Path path = directory.resolve("s");
        try (UnixListener listener = UnixListener.bind(path, 4)) {
            UnixSocket client = UnixSocket.connect(path);
            return new SocketPair(client, Objects.requireNonNull(listener.accept()));
        }
    }

    static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String readText(UnixSocket socket, int length) throws IOException {
        MemorySegment target = MemorySegment.ofArray(new byte[length]);
        int count = socket.read(target, 0, length);
        return new String(target.asSlice(0, count).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    static void writeText(UnixSocket socket, String text) throws IOException {
        assertEquals(text.length(), socket.write(bytes(text), 0, text.length()));
    }

    static void writeText(UnixSocket socket, String text, int fd) throws IOException {
        assertEquals(text.length(), socket.writeWithDescriptor(bytes(text), 0, text.length(), fd));
    }

    static OwnedDescriptor descriptor(UnixSocket socket) {
        return Objects.requireNonNull(socket.pollDescriptor());
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
