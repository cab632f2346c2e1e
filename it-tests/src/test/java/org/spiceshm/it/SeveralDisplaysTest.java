package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.app.Card;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.AgentSink;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.MonitorsSink;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/** Several screens behind one server: each display channel has a segment, a picture and sizes of its own. */
@Timeout(120)
final class SeveralDisplaysTest {
    private static final int DISPLAYS = 3;
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private Path path() {
        return directory.resolve("s");
    }

    private ConnectOptions display(int id) {
        return ConnectOptions.to(new SpiceUri.Unix(path()))
                .withDisplay(id)
                .withCursor()
                .withTimeout(PATIENCE);
    }

    private static void draw(QxlDriver driver, int width, int height, int commands) {
        new SceneRunner(driver, Scenes.of("solid", width, height), Pacer.unlimited(), PushListener.NONE, commands)
                .run();
        driver.awaitConsumed();
    }

    private static void assertShows(SpiceClient client, int width, int height, int color) throws IOException {
        Frame frame = client.display().awaitStable(100, Deadline.inMillis(20_000));
        assertEquals(
                List.of(width, height, color, color),
                List.of(frame.width(), frame.height(), frame.pixel(0, 0), frame.pixel(width - 1, height - 1)));
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"SOCKET", "RING", "HANDLED"})
    void eachDisplayShowsItsOwnScreenAndGrowsAlone(Damage way) throws IOException {
        List<Card> cards = new ArrayList<>();
        List<QxlDriver> drivers = new ArrayList<>();
        List<SpiceClient> clients = new ArrayList<>();
        PipelineOptions small = PipelineOptions.defaults().withRoomBytes(4L * WIDTH * HEIGHT);
        try {
            for (int i = 0; i < DISPLAYS; i++) {
                cards.add(Card.start(QxlConfig.forPrimary(1024, 768), small));
                drivers.add(new QxlDriver(cards.get(i).hardware()));
            }
            try (SpiceServer server = new SpiceServer(
                    cards.stream().map(Card::screen).toList(),
                    ServerOptions.defaults(),
                    InputSink.NONE,
                    displays -> {},
                    AgentSink.NONE,
                    MonitorsSink.NONE)) {
                server.listen(new ListenAddress.Unix(path()));
                for (int i = 0; i < DISPLAYS; i++) {
                    draw(drivers.get(i), WIDTH, HEIGHT - 16 * i, 10 * (i + 1));
                    clients.add(
                            SpiceClient.connect(display(i).withMode(Mode.SHM).withDamage(way)));
                    assertTrue(clients.get(i).hasCursor());
                    assertShows(clients.get(i), WIDTH, HEIGHT - 16 * i, 10 * (i + 1) - 1);
                }
                draw(drivers.get(1), 1024, 768, 77);
                assertShows(clients.get(1), 1024, 768, 76);
                assertShows(clients.get(0), WIDTH, HEIGHT, 9);
                assertShows(clients.get(2), WIDTH, HEIGHT - 32, 29);
                try (SpiceClient normal = SpiceClient.connect(display(1).withMode(Mode.NORMAL))) {
                    assertShows(normal, 1024, 768, 76);
                }
                // The server hears of the end a little later.
                Await.until(
                        Duration.ofSeconds(10),
                        () -> server.displays() == DISPLAYS,
                        () -> "displays: got " + server.displays() + ", expected " + DISPLAYS);
                clients.forEach(SpiceClient::close);
            }
        } finally {
            clients.forEach(SpiceClient::close);
            cards.forEach(Card::close);
        }
    }

    @Test
    void serveHasAsManyAsItIsToldAndShotTakesAnyOfThem() throws IOException {
        String uri = "spice+unix://" + path();
        try (Program server = Program.spiceshm(
                "serve", "--scene", "solid", "--fps", "30", "--size", "128x96", "--displays", "2", "--listen", uri)) {
            server.awaitOutput("ready");
            for (int id = 0; id < 2; id++) {
                Path shot = directory.resolve(id + ".png");
                Program.Result result =
                        Program.run("shot", uri, shot.toString(), "--mode", "shm", "--display", Integer.toString(id));
                assertEquals(0, result.status(), result::toString);
                Picture picture = Picture.ofPng(shot);
                assertEquals(List.of(128, 96), List.of(picture.width(), picture.height()));
            }
            Program.Result absent =
                    Program.run("shot", uri, directory.resolve("2.png").toString(), "--display", "2");
            assertEquals(List.of(1, 1), List.of(absent.status(), absent.errors().size()), absent::toString);
            server.terminate();
            assertEquals(0, server.exit(Duration.ofSeconds(10)));
            assertTrue(Files.notExists(path()), "the socket file is gone");
        }
    }

    @Test
    void displaysBelongToScenes() throws IOException {
        Program.Result result = Program.run(
                "serve",
                "--replay",
                Recordings.file(Recordings.names().getFirst()).toString(),
                "--displays",
                "2",
                "--listen",
                "spice+unix://" + path());
        assertEquals(List.of(2, 1), List.of(result.status(), result.errors().size()), result::toString);
    }
}
