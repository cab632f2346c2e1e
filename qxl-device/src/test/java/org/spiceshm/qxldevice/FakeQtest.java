package org.spiceshm.qxldevice;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** QEMU's qtest server: answers reads of memory from a table, and counts the edges of the IOAPIC's inputs. */
final class FakeQtest implements AutoCloseable {
    final Map<Long, Long> memory = new ConcurrentHashMap<>();
    final AtomicInteger rises = new AtomicInteger();
    final AtomicInteger falls = new AtomicInteger();
    final AtomicInteger connections = new AtomicInteger();
    volatile String input = "";
    volatile @Nullable String surprise;
    private final ServerSocketChannel server;
    private final Thread thread;
    private volatile @Nullable SocketChannel current;

    FakeQtest(Path path) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        thread = Thread.ofPlatform().name("fake-qtest").daemon().start(this::run);
    }

    /** A q35 with a device in that slot. */
    void machine(long window, int slot, long bar0) {
        memory.put(window, 0x29c0_8086L);
        memory.put(window + ((long) slot << 15) + 0x10, bar0);
    }

    private void run() {
        while (server.isOpen()) {
            try (SocketChannel channel = server.accept()) {
                current = channel;
                connections.incrementAndGet();
                serve(channel);
            } catch (IOException e) {
                // The next one, or the end.
            }
        }
    }

    private void serve(SocketChannel channel) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.US_ASCII));
        Writer out = Channels.newWriter(channel, StandardCharsets.US_ASCII);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.write(answer(line) + "\n");
            out.flush();
        }
    }

    private String answer(String line) {
        if (line.startsWith("readl 0x")) {
            long value = memory.getOrDefault(Long.parseLong(line.substring(8), 16), 0xffff_ffffL);
            return String.format("OK 0x%016x", value);
        }
        if (line.startsWith("set_irq_in ") && line.endsWith(" 1")) {
            input = line.substring(0, line.length() - 2);
            rises.incrementAndGet();
        } else if (line.startsWith("set_irq_in ") && line.endsWith(" 0")) {
            falls.incrementAndGet();
        } else {
            surprise = line;
            return "FAIL";
        }
        return "OK";
    }

    void dropConnection() throws IOException {
        SocketChannel channel = current;
        if (channel != null) {
            channel.close();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        dropConnection();
        boolean joined = false;
        while (!joined) {
            try {
                thread.join();
                joined = true;
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }
}
