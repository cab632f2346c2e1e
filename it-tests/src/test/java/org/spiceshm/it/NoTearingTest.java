package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.HeldFrame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/**
 * No picture is torn that is taken by the rules, and pictures taken against them are: every frame of the scene is one
 * colour all over, so a second colour in a copy is a tear. {@code -Dtearing.frames=100000} for a longer proof.
 */
@Timeout(1800)
final class NoTearingTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final int FRAMES = Integer.getInteger("tearing.frames", 3000);
    /** Without protection tears are frequent; after so many pictures one must have been seen. */
    private static final int MOST_UNPROTECTED = 50_000;

    private static final double FRAMES_PER_SECOND = 3000;
    private static final int COMMON = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;
    private static final int OWN = COMMON | SegmentFeatures.DAMAGE_HANDLED;

    @TempDir
    private Path directory;

    private final int[] pixels = new int[WIDTH * HEIGHT];
    private long different;
    private int lastColor = -1;

    /** What a test does while the guest draws. */
    private interface Look {
        void at(InProcessServer server) throws IOException, MalformedMessageException;
    }

    private void whileDrawing(boolean oneThread, Pacer pacer, Look look)
            throws IOException, MalformedMessageException, InterruptedException {
        try (InProcessServer server = new InProcessServer(
                directory,
                QxlConfig.forPrimary(WIDTH, HEIGHT),
                PipelineOptions.defaults().withOneThread(oneThread))) {
            SceneRunner runner =
                    new SceneRunner(server.driver(), Scenes.of("solid", WIDTH, HEIGHT), pacer, PushListener.NONE);
            Thread guest = Thread.ofPlatform().name("guest").start(runner);
            try {
                look.at(server);
            } finally {
                runner.stop();
                guest.join();
            }
        }
    }

    private boolean isTorn() {
        int first = pixels[0];
        different += first == lastColor ? 0 : 1;
        lastColor = first;
        for (int pixel : pixels) {
            if (pixel != first) {
                return true;
            }
        }
        return false;
    }

    private void assertManyFramesWereSeen() {
        assertTrue(different > FRAMES / 10, () -> "only " + different + " of " + FRAMES + " pictures differed");
    }

    @Test
    void picturesThatTheSequencePageProvesAreWhole() throws Exception {
        whileDrawing(true, Pacer.framesPerSecond(FRAMES_PER_SECOND), server -> {
            try (ShmPeer peer = new ShmPeer(server.path(), COMMON)) {
                peer.awaitSurface();
                SequencePage.Reader page = peer.page();
                long last = 0;
                for (int proven = 0; proven < FRAMES; ) {
                    long sequence = page.beginRead();
                    peer.copy(pixels);
                    if (sequence != last && page.validate(sequence)) {
                        last = sequence;
                        proven++;
                        int number = proven;
                        assertEquals(false, isTorn(), () -> "picture " + number);
                    }
                }
                assertManyFramesWereSeen();
            }
        });
    }

    @Test
    void picturesThatNothingProvesAreTornNowAndThen() throws Exception {
        whileDrawing(true, Pacer.unlimited(), server -> {
            try (ShmPeer peer = new ShmPeer(server.path(), COMMON)) {
                peer.awaitSurface();
                int taken = 0;
                do {
                    assertTrue(taken++ < MOST_UNPROTECTED, "no tear without protection: this test proves nothing");
                    peer.copy(pixels);
                } while (!isTorn());
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void picturesInLockStepAreWholeWhileTheGuestDrawsWithoutRest(boolean oneThread) throws Exception {
        whileDrawing(oneThread, Pacer.unlimited(), server -> {
            try (ShmPeer peer = new ShmPeer(server.path(), OWN)) {
                long last = 0;
                for (int taken = 0; taken < FRAMES; taken++) {
                    ShmDamage damage = peer.awaitDamage();
                    assertTrue(last < damage.sequence());
                    last = damage.sequence();
                    peer.copy(pixels);
                    int number = taken;
                    assertEquals(false, isTorn(), () -> "picture " + number);
                    peer.handled(damage.sequence());
                }
                assertEquals(2, peer.offers(), "the common segment, and one of its own");
                assertManyFramesWereSeen();
            }
        });
    }

    @Test
    void picturesThatAreHandledBeforeTheyAreReadAreTornNowAndThen() throws Exception {
        whileDrawing(true, Pacer.unlimited(), server -> {
            try (ShmPeer peer = new ShmPeer(server.path(), OWN)) {
                int taken = 0;
                do {
                    assertTrue(taken++ < MOST_UNPROTECTED, "no tear without protection: this test proves nothing");
                    peer.handled(peer.awaitDamage().sequence());
                    for (int i = 0; i < 4 && !isTorn(); i++) {
                        peer.copy(pixels);
                    }
                } while (!isTorn());
            }
        });
    }

    @Test
    void framesOfTheClientLibraryAreWholeInPlace() throws Exception {
        whileDrawing(true, Pacer.unlimited(), server -> {
            try (SpiceClient client = SpiceClient.connect(server.options().withDamage(Damage.FRAMES))) {
                long last = 0;
                for (int taken = 0; taken < FRAMES; taken++) {
                    try (HeldFrame frame = client.display().awaitFrame(Deadline.inMillis(20_000))) {
                        assertTrue(last < frame.sequence());
                        last = frame.sequence();
                        int color = frame.pixel(0, 0);
                        for (int y = 0; y < HEIGHT; y += 3) {
                            assertEquals(color, frame.pixel(WIDTH - 1 - y, y), "frame " + taken);
                        }
                        assertEquals(color, frame.pixel(WIDTH - 1, HEIGHT - 1), "frame " + taken);
                    }
                }
            }
        });
    }
}
