package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.client.ChannelStatistics;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.sharedmemory.OwnedDescriptor;

/** Shared memory is really used, and only as it may be. */
@Timeout(120)
final class SharedMemoryTest {
    private static final long HANDSHAKE_BYTES = 1024;
    private static final long BYTES_PER_FRAME = 200;
    private static final int FRAMES = 100;

    @TempDir
    private Path directory;

    private Program serve(String scene, String size) throws IOException {
        return Program.spiceshm("serve", "--scene", scene, "--size", size, "--fps", "50", "--listen", uri());
    }

    private Path path() {
        return directory.resolve("s");
    }

    private String uri() {
        return "spice+unix://" + path();
    }

    @Test
    void theClientProcessMapsTheSegmentAndMayOnlyReadIt() throws IOException {
        try (Program server = serve("solid", "320x240")) {
            server.awaitListening(1);
            try (Program client = Program.spiceshm("watch", uri(), "--seconds", "60")) {
                assertTrue(client.awaitError("mode: ").startsWith("mode: shared memory"));
                Await.until(
                        Duration.ofSeconds(10),
                        () -> !Proc.segments(client.pid()).isEmpty(),
                        () -> "segment in the memory map of " + client);
                List<String> segments = Proc.segments(client.pid());
                assertTrue(segments.stream().allMatch(line -> line.contains(" r--s ")), segments::toString);
                assertTrue(
                        Proc.segments(server.pid()).stream().anyMatch(line -> line.contains(" rw-s ")),
                        "the server's own mapping, under the same name");
            }
        }
    }

    @Test
    void aClientInNormalModeMapsNothing() throws IOException {
        try (Program server = Program.spiceshm(
                "serve", "--scene", "solid", "--fps", "5", "--size", "64x64", "--shm", "off", "--listen", uri())) {
            server.awaitListening(1);
            try (Program client = Program.spiceshm("watch", uri(), "--seconds", "60")) {
                assertTrue(client.awaitError("mode: ").startsWith("mode: normal"));
                client.awaitOutput(" ");
                assertEquals(List.of(), Proc.segments(client.pid()));
            }
        }
    }

    @Test
    void theDescriptorCannotBeMadeWritable() throws IOException, MalformedMessageException {
        try (Program server = serve("solid", "320x240")) {
            server.awaitOutput("ready");
            try (RawChannel main = RawChannel.main(path());
                    RawChannel display = RawChannel.display(
                            path(), main.sessionId(), Capabilities.of(Numbering.CURRENT.capabilityBit()))) {
                display.readUntil(Numbering.CURRENT.offer());
                try (OwnedDescriptor descriptor = display.readDescriptor()) {
                    String file = "/proc/self/fd/" + descriptor.fd();
                    try (RandomAccessFile readable = new RandomAccessFile(file, "r")) {
                        assertTrue(readable.length() > 0);
                    }
                    assertThrows(IOException.class, () -> writeTo(file));
                    assertThrows(IOException.class, () -> mapWritable(file));
                }
            }
        }
    }

    private static void writeTo(String file) throws IOException {
        try (RandomAccessFile writable = new RandomAccessFile(file, "rw")) {
            writable.write(1);
        }
    }

    private static void mapWritable(String file) throws IOException {
        try (RandomAccessFile writable = new RandomAccessFile(file, "rw")) {
            writable.getChannel().map(MapMode.READ_WRITE, 0, 4096).put(0, (byte) 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"640x480", "1920x1080"})
    void aFullFrameCostsTheSocketNextToNothingWhateverItsSize(String size) throws IOException {
        try (Program server = serve("full", size)) {
            server.awaitOutput("ready");
            try (SpiceClient client = SpiceClient.connect(
                    ConnectOptions.to(new SpiceUri.Unix(path())).withMode(Mode.SHM))) {
                Deadline deadline = Deadline.inMillis(30_000);
                client.display().capture(deadline);
                long damages = client.display().statistics().damages();
                long bytes = displayBytes(client);
                assertTrue(
                        bytes < HANDSHAKE_BYTES + damages * BYTES_PER_FRAME,
                        () -> "got " + bytes + " bytes up to the first picture, with " + damages + " damages");
                Await.until(
                        Duration.ofSeconds(30),
                        () -> client.display().statistics().damages() >= damages + FRAMES,
                        () -> FRAMES + " frames");
                long frames = client.display().statistics().damages() - damages;
                long perFrame = (displayBytes(client) - bytes) / frames;
                assertTrue(perFrame < BYTES_PER_FRAME, () -> "got " + perFrame + " bytes a frame");
            }
        }
    }

    private static long displayBytes(SpiceClient client) {
        return client.statistics().stream()
                .filter(each -> each.type() == ChannelType.DISPLAY)
                .mapToLong(ChannelStatistics::bytesRead)
                .sum();
    }
}
