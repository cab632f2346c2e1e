package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.app.Card;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** From the ring to the pixels nothing is allocated per command. */
@Timeout(120)
final class FramePathAllocationTest {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 192;
    private static final long WARM_UP = 30_000;
    private static final long COMMANDS = 100_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @ValueSource(strings = {"full", "fills", "tiles", "text"})
    void theDeviceAndTheRenderThreadAllocateNothingPerCommand(String scene) throws IOException {
        try (Card card = Card.start(QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults())) {
            QxlDriver driver = new QxlDriver(card.hardware());
            draw(driver, scene, WARM_UP);
            long before = allocated(card);
            draw(driver, scene, COMMANDS);
            long bytes = allocated(card) - before;

            assertTrue(bytes < COMMANDS, () -> scene + ": got " + bytes + " bytes for " + COMMANDS + " commands");
            assertEquals(0, card.faults().total(), () -> card.faults().toString());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"SOCKET", "RING", "HANDLED"})
    void norDoTheyForAClientWhateverWayItsDamageComesBy(Damage way, @TempDir Path directory) throws IOException {
        try (InProcessServer server = new InProcessServer(
                        directory, QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults());
                SpiceClient client = SpiceClient.connect(server.options().withDamage(way))) {
            draw(server.driver(), "fills", WARM_UP);
            long told = client.display().statistics().damages();
            long before = allocated(server.card());
            draw(server.driver(), "fills", COMMANDS);
            long bytes = allocated(server.card()) - before;

            assertTrue(bytes < COMMANDS, () -> way + ": got " + bytes + " bytes for " + COMMANDS + " commands");
            assertEquals(way, client.display().damage());
            assertTrue(client.display().statistics().damages() > told, "damage was told");
        }
    }

    private long allocated(Card card) {
        long[] each = threads.getThreadAllocatedBytes(card.threadIds());
        assertTrue(Arrays.stream(each).allMatch(bytes -> 0 < bytes), "both threads are measured");
        return Arrays.stream(each).sum();
    }

    private static void draw(QxlDriver driver, String scene, long commands) {
        new SceneRunner(driver, Scenes.of(scene, WIDTH, HEIGHT), Pacer.unlimited(), PushListener.NONE, commands).run();
        driver.awaitConsumed();
    }
}
