package org.spiceshm.app;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The other side of a Unix socket, by hand. Reads block; the test's time limit ends them. */
final class ScriptedPeer implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel listener;
    private SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);

    ScriptedPeer(Path path) throws IOException {
        this.path = path;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
    }

    /** Waits for the next connection; the one before is closed. */
    ScriptedPeer accept() throws IOException {
        SocketChannel next = listener.accept();
        channel.close();
        channel = next;
        return this;
    }

    void hangUp() throws IOException {
        channel.close();
    }

    void send(byte[] bytes) throws IOException {
        for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
            channel.write(rest);
        }
    }

    void say(String line) throws IOException {
        send((line + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    byte[] read(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new IOException("the end after " + bytes.position() + " of " + length + " bytes");
            }
        }
        return bytes.array();
    }

    /** Waits until the other side has closed; what it sent before is thrown away. */
    void awaitEnd() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
        while (channel.read(bytes) >= 0) {
            bytes.clear();
        }
    }

    String line() throws IOException {
        StringBuilder text = new StringBuilder();
        for (byte[] one = read(1); one[0] != '\n'; one = read(1)) {
            text.append((char) one[0]);
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        listener.close();
        Files.deleteIfExists(path);
    }
}
