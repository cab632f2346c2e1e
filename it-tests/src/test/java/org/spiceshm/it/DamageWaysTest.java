package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.Display;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.HeldFrame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.ServerOptions;

/** Whatever way damage comes by, a client that copies what it is told of ends up with the true picture. */
@Timeout(300)
final class DamageWaysTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final long ROOM_BYTES = 4L * WIDTH * HEIGHT;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private InProcessServer serve(ServerOptions options) throws IOException {
        return new InProcessServer(
                directory,
                QxlConfig.forPrimary(1024, 768),
                PipelineOptions.defaults().withRoomBytes(ROOM_BYTES),
                options);
    }

    /** Copies damaged pixels, as they are when it is told. */
    private static final class Follower implements DisplayListener {
        private volatile Display display;
        private int width;
        private int height;
        private int[] pixels = {};
        private long messages;
        private long lastSequence;
        private boolean fellBack;

        @Override
        public synchronized void primaryCreated(int widthPixels, int heightPixels, SurfaceFormat format, boolean shm) {
            width = widthPixels;
            height = heightPixels;
            pixels = new int[width * height];
            if (display != null) {
                copy(0, 0, height, width);
            }
        }

        @Override
        public synchronized void damage(DamageView damage) {
            if (display == null) {
                return;
            }
            messages++;
            fellBack |= damage.sequence() < lastSequence;
            lastSequence = damage.sequence();
            for (int i = 0; i < damage.rectCount(); i++) {
                copy(damage.top(i), damage.left(i), damage.bottom(i), damage.right(i));
            }
        }

        private void copy(int top, int left, int bottom, int right) {
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    pixels[y * width + x] = display.pixel(x, y);
                }
            }
        }

        synchronized Picture picture() {
            return new Picture(width, height, pixels.clone());
        }

        synchronized long messages() {
            return messages;
        }
    }

    private static void awaitTruth(InProcessServer server, Follower follower, String what) {
        ShownPicture.await(server.card(), follower::picture, what);
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"SOCKET", "RING", "SPINNING_RING", "HANDLED"})
    void theCopyOfWhoFollowsDamageIsTheTruth(Damage way) throws IOException {
        try (InProcessServer server = serve(ServerOptions.defaults())) {
            Follower follower = new Follower();
            try (SpiceClient client =
                    SpiceClient.connect(server.options().withDamage(way).withListener(follower))) {
                follower.display = client.display();
                server.draw("fills", WIDTH, HEIGHT, 1200);
                server.draw("tiles", WIDTH, HEIGHT, 777);
                awaitTruth(server, follower, "small, by " + way);
                assertEquals(way, client.display().damage());
                // Another size in the same segment, one that outgrows it, and back.
                server.draw("text", WIDTH / 2, HEIGHT / 2, 333);
                awaitTruth(server, follower, "smaller, by " + way);
                server.draw("tiles", 1024, 768, 555);
                awaitTruth(server, follower, "grown, by " + way);
                server.draw("scroll", WIDTH, HEIGHT, 700);
                awaitTruth(server, follower, "small again, by " + way);
                assertEquals(way, client.display().damage());
                assertEquals(false, follower.fellBack, "sequences go forward");
                assertTrue(follower.messages() > 4, () -> follower.messages() + " damages");
            }
        }
    }

    @Test
    void aSleepingRingReaderIsWokenForEachBatchAndTheSocketStaysSilent() throws IOException, InterruptedException {
        try (InProcessServer server = serve(ServerOptions.defaults())) {
            Follower follower = new Follower();
            SceneRunner runner = new SceneRunner(
                    server.driver(), Scenes.of("fills", WIDTH, HEIGHT), Pacer.window(1), PushListener.NONE);
            Thread guest = Thread.ofPlatform().name("guest").start(runner);
            try (SpiceClient client =
                    SpiceClient.connect(server.options().withDamage(Damage.RING).withListener(follower))) {
                follower.display = client.display();
                client.display().capture(Deadline.inMillis(10_000));
                runner.ack(1);
                Await.until(PATIENCE, () -> follower.messages() > 0, () -> "the first damage");
                long bytes = displayBytes(client);
                for (int i = 0; i < 200; i++) {
                    long before = follower.messages();
                    runner.ack(1);
                    Await.until(PATIENCE, () -> follower.messages() > before, () -> "damage by the ring");
                }
                assertEquals(bytes, displayBytes(client), "bytes on the display channel's socket");
            } finally {
                runner.stop();
                guest.join();
            }
        }
    }

    private static long displayBytes(SpiceClient client) {
        return client.statistics().stream()
                .filter(each -> each.type() == ChannelType.DISPLAY)
                .mapToLong(each -> each.bytesRead())
                .sum();
    }

    @Test
    void aMillionOnePixelFillsCostAPacedClientItsRateAndLoseNoPixel() throws IOException {
        int perSecond = 50;
        long commands = 1_000_000;
        try (InProcessServer server = serve(ServerOptions.defaults().withMaxDamageRate(perSecond))) {
            Follower follower = new Follower();
            try (SpiceClient client = SpiceClient.connect(server.options().withListener(follower))) {
                follower.display = client.display();
                long begin = System.nanoTime();
                server.draw("pixels", WIDTH, HEIGHT, commands);
                server.driver().awaitConsumed();
                awaitTruth(server, follower, "after " + commands + " fills");
                double seconds = (System.nanoTime() - begin) / 1e9;
                long messages = follower.messages();
                assertTrue(
                        messages <= perSecond * seconds + 2,
                        () -> "got " + messages + " messages in " + seconds + " s");
                System.out.printf(
                        "%d one-pixel fills: %.0f a second, %d messages in %.2f s, paced to %d a second%n",
                        commands, commands / seconds, messages, seconds, perSecond);
            }
        }
    }

    @Test
    void aFrameThatIsHeldOutlivesItsSurfaceAndTheClient() throws IOException {
        try (InProcessServer server = serve(ServerOptions.defaults())) {
            server.draw("solid", WIDTH, HEIGHT, 3);
            HeldFrame held;
            try (SpiceClient client = SpiceClient.connect(server.options().withDamage(Damage.FRAMES))) {
                Deadline deadline = Deadline.inMillis(20_000);
                held = client.display().awaitFrame(deadline);
                assertEquals(2, held.pixel(WIDTH - 1, HEIGHT - 1));
                server.draw("solid", WIDTH, HEIGHT, 8);
                try (HeldFrame next = awaitColor(client, 7)) {
                    assertEquals(7, next.pixel(0, 0));
                    assertEquals(HEIGHT, next.changed().bottom(0));
                }
                assertEquals(2, held.pixel(0, 0), "as it was");
            }
            assertEquals(2, held.pixel(WIDTH / 2, 0), "mapped until it is closed");
            held.close();
        }
    }

    private static HeldFrame awaitColor(SpiceClient client, int color) throws SpiceClientException {
        while (true) {
            HeldFrame frame = client.display().awaitFrame(Deadline.inMillis(20_000));
            if (frame.pixel(0, 0) == color) {
                return frame;
            }
            frame.close();
        }
    }

    @Test
    void whereThereIsNoPlaceInLockStepDamageComesBySocketAndFramesAreRefused() throws IOException {
        try (InProcessServer server = serve(ServerOptions.defaults().withLockStepClients(0))) {
            server.draw("solid", WIDTH, HEIGHT, 3);
            try (SpiceClient client = SpiceClient.connect(server.options().withDamage(Damage.FRAMES))) {
                SpiceClientException refusal = assertThrows(
                        SpiceClientException.class, () -> client.display().awaitFrame(Deadline.inMillis(10_000)));
                assertEquals(SpiceClientException.Kind.UNSUPPORTED, refusal.kind());
                assertEquals(Damage.SOCKET, client.display().damage());
                assertEquals(
                        2, client.display().capture(Deadline.inMillis(10_000)).pixel(1, 1));
            }
        }
    }
}
