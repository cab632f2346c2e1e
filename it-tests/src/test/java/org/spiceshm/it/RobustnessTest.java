package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.DisplayClientMessage;

/** Clients that die, that crowd, that never read: the server goes on, the guest is not delayed, nothing is left behind. */
@Timeout(120)
final class RobustnessTest {
    private static final int FRAMES_PER_SECOND = 50;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int FD_FOLLOWS = 1;

    @TempDir
    private Path directory;

    private Program server;
    private long descriptors;
    private int segments;

    private Path path() {
        return directory.resolve("s");
    }

    /** One client of each mode comes and goes before the count: what is made once and kept is no leak. */
    @BeforeEach
    void startAndCount() throws IOException {
        server = Program.spiceshm(
                "serve",
                "--scene",
                "solid",
                "--size",
                "640x480",
                "--fps",
                Integer.toString(FRAMES_PER_SECOND),
                "--listen",
                "spice+unix://" + path());
        server.awaitOutput("ready");
        for (Mode mode : List.of(Mode.SHM, Mode.NORMAL)) {
            try (SpiceClient client = connect(mode)) {
                client.display().capture(Deadline.inMillis(10_000));
            }
        }
        long[] newest = {-1, 0};
        // Stable when it has not changed for 40 looks in a row.
        Await.until(
                LIMIT,
                () -> {
                    long now = Proc.descriptors(server.pid());
                    newest[1] = now == newest[0] ? newest[1] + 1 : 0;
                    newest[0] = now;
                    return newest[1] >= 40;
                },
                () -> "a stable count of descriptors");
        descriptors = newest[0];
        segments = Proc.segments(server.pid()).size();
        assertTrue(segments > 0, "the server maps the framebuffer");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private SpiceClient connect(Mode mode) throws IOException {
        return SpiceClient.connect(ConnectOptions.to(new SpiceUri.Unix(path())).withMode(mode));
    }

    private void assertNothingLeft() {
        Await.until(
                LIMIT,
                () -> Proc.descriptors(server.pid()) <= descriptors
                        && Proc.segments(server.pid()).size() <= segments,
                () -> "got " + Proc.descriptors(server.pid()) + " descriptors and "
                        + Proc.segments(server.pid()).size() + " mappings of the server, expected " + descriptors
                        + " and " + segments);
    }

    /** The guest's frames come to a healthy client at their pace, and its picture is of one frame. */
    private void assertFramesKeepTheirPace() throws IOException {
        try (SpiceClient client = connect(Mode.SHM)) {
            long first = client.display().capture(Deadline.inMillis(10_000)).sequence();
            long begin = System.nanoTime();
            int frames = 2 * FRAMES_PER_SECOND;
            Await.until(
                    LIMIT,
                    () -> client.display().sequence() >= first + frames,
                    () -> "got " + (client.display().sequence() - first) + " frames, expected " + frames);
            double seconds = (System.nanoTime() - begin) / 1e9;
            assertTrue(
                    seconds < 2 * frames / (double) FRAMES_PER_SECOND,
                    () -> "got " + frames + " frames in " + seconds + " s, expected " + FRAMES_PER_SECOND
                            + " a second");
            assertOneColour(client.display().capture(Deadline.inMillis(10_000)));
        }
    }

    private static void assertOneColour(Frame frame) {
        int[] pixels = frame.pixels();
        for (int pixel : pixels) {
            assertEquals(pixels[0], pixel, "a picture of one frame has one colour");
        }
    }

    @Test
    void aKilledClientLeavesNothingBehind() throws IOException {
        try (Program client = Program.spiceshm("watch", "spice+unix://" + path())) {
            assertTrue(client.awaitError("mode: ").startsWith("mode: shared memory"));
            client.awaitOutput(" ");
            assertTrue(Proc.descriptors(server.pid()) > descriptors, "a client costs descriptors");
            client.kill();
            client.exit(LIMIT);
            assertFramesKeepTheirPace();
            assertNothingLeft();
        }
    }

    @Test
    void tenClientsAtOnceAreServedAndLeaveNothingBehind() throws IOException, InterruptedException {
        List<Future<Frame>> frames = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(10)) {
            for (int i = 0; i < 10; i++) {
                Mode mode = i % 2 == 0 ? Mode.SHM : Mode.NORMAL;
                frames.add(clients.submit(() -> {
                    try (SpiceClient client = connect(mode)) {
                        Deadline deadline = Deadline.inMillis(20_000);
                        long sequence = client.display().sequence();
                        client.display().awaitDamage(sequence, deadline);
                        return client.display().capture(deadline);
                    }
                }));
            }
            for (Future<Frame> frame : frames) {
                assertEquals(640, frame.get().width());
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
        assertFramesKeepTheirPace();
        assertNothingLeft();
        assertTrue(server.isAlive());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clientsThatNeverReadDelayNobodyAndLeaveNothingBehind(boolean sharedMemory)
            throws IOException, MalformedMessageException {
        List<RawChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                RawChannel main = RawChannel.main(path());
                channels.add(main);
                Capabilities asked =
                        sharedMemory ? Capabilities.of(Numbering.CURRENT.capabilityBit()) : Capabilities.NONE;
                RawChannel display = RawChannel.display(path(), main.sessionId(), asked);
                channels.add(display);
                if (sharedMemory) {
                    display.send(new ShmReply(true, FD_FOLLOWS));
                }
                display.send(new DisplayClientMessage.Init(1, 1 << 20, 1, 1 << 20));
            }
            assertFramesKeepTheirPace();
            assertFramesKeepTheirPace();
        } finally {
            channels.forEach(RawChannel::close);
        }
        assertNothingLeft();
    }
}
