package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** Who looks on disturbs nobody: the first client notices nothing of ten shots and three watches. */
@Timeout(120)
final class ObserversTest {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 448;
    private static final int CELL = 64;
    private static final int CELLS = WIDTH / CELL * (HEIGHT / CELL);
    private static final double FRAMES_PER_SECOND = 50;
    private static final int SHOTS = 10;
    private static final int WATCHES = 3;
    private static final int AT_ONCE = 3;

    @TempDir
    private Path directory;

    /** What the first client hears. */
    private static final class Hearing implements DisplayListener {
        private final List<Long> sequences = new ArrayList<>();
        private final boolean[] drawn = new boolean[CELLS];
        private int primaries;
        private SpiceClientException end;

        @Override
        public synchronized void primaryCreated(int width, int height, SurfaceFormat format, boolean shared) {
            primaries++;
        }

        @Override
        public synchronized void damage(DamageView damage) {
            sequences.add(damage.sequence());
            for (int i = 0; i < damage.rectCount(); i++) {
                markDrawn(damage.left(i), damage.top(i), damage.right(i), damage.bottom(i));
            }
        }

        private void markDrawn(int left, int top, int right, int bottom) {
            for (int y = top / CELL; y * CELL < bottom; y++) {
                for (int x = left / CELL; x * CELL < right; x++) {
                    drawn[y * (WIDTH / CELL) + x] = true;
                }
            }
        }

        @Override
        public synchronized void closed(SpiceClientException reason) {
            end = reason;
        }

        synchronized int count() {
            return sequences.size();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"SHM", "NORMAL"})
    void tenShotsAndThreeWatchesChangeNothingForTheFirstClient(Mode mode) throws IOException, InterruptedException {
        Hearing hearing = new Hearing();
        try (InProcessServer server =
                new InProcessServer(directory, QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults())) {
            SceneRunner runner = new SceneRunner(
                    server.driver(),
                    Scenes.of("tiles", WIDTH, HEIGHT),
                    Pacer.framesPerSecond(FRAMES_PER_SECOND),
                    PushListener.NONE);
            Thread guest = Thread.ofPlatform().name("guest").start(runner);
            try (SpiceClient first = server.connect(mode, hearing)) {
                Await.until(Duration.ofSeconds(20), () -> hearing.count() >= 10, () -> "damage");
                long pushedBefore = runner.pushed();
                int heardBefore = hearing.count();
                observe(server.uri());
                long pushed = runner.pushed() - pushedBefore;
                int heard = hearing.count() - heardBefore;
                runner.stop();
                guest.join();

                assertTrue(pushed > 50, () -> "got " + pushed + " tiles while observers looked on");
                // One damage may tell of two tiles when the client's thread is late, and it is not late often.
                assertTrue(heard >= pushed / 2, () -> "heard " + heard + " damages of " + pushed + " tiles");
                Picture last = Picture.of(first.display().awaitStable(300, Deadline.inMillis(10_000)));
                for (long sequence = runner.pushed() - CELLS; sequence < runner.pushed(); sequence++) {
                    int cell = (int) (sequence % CELLS);
                    int x = cell % (WIDTH / CELL) * CELL;
                    int y = cell / (WIDTH / CELL) * CELL;
                    assertEquals(sequence, last.pixel(x, y), "the tile of command " + sequence);
                }
                synchronized (hearing) {
                    assertNull(hearing.end, "the first client's connection stays");
                    assertEquals(1, hearing.primaries, "screens that it was told of");
                    for (int i = 1; i < hearing.sequences.size(); i++) {
                        assertTrue(hearing.sequences.get(i - 1) < hearing.sequences.get(i), "damage goes forward");
                    }
                    for (int cell = 0; cell < CELLS; cell++) {
                        assertTrue(hearing.drawn[cell], "damage of cell " + cell);
                    }
                }
            } finally {
                runner.stop();
                guest.join();
            }
        }
    }

    private void observe(String uri) throws IOException {
        List<Program> watches = new ArrayList<>();
        try {
            for (int i = 0; i < WATCHES; i++) {
                watches.add(Program.spiceshm("watch", uri, "--seconds", "2"));
            }
            for (int i = 0; i < SHOTS; i += AT_ONCE) {
                shoot(uri, Math.min(AT_ONCE, SHOTS - i));
            }
            for (Program watch : watches) {
                Program.Result result = watch.result();
                assertEquals(
                        List.of(0, 2), List.of(result.status(), result.output().size()), result::toString);
            }
        } finally {
            watches.forEach(Program::close);
        }
    }

    private void shoot(String uri, int count) throws IOException {
        List<Program> shots = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                String file = directory.resolve(i + ".png").toString();
                shots.add(Program.spiceshm("shot", uri, file, "--mode", i == 0 ? "normal" : "shm"));
            }
            for (int i = 0; i < count; i++) {
                Program.Result result = shots.get(i).result();
                assertEquals(0, result.status(), result::toString);
                Picture picture = Picture.ofPng(directory.resolve(i + ".png"));
                assertEquals(List.of(WIDTH, HEIGHT), List.of(picture.width(), picture.height()));
            }
        } finally {
            shots.forEach(Program::close);
        }
    }
}
