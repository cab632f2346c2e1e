package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.VgaDriver;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** The native primary and the shadow of a VGA mode lie in one segment, and are switched by shm_offset, until one outgrows it. */
@Timeout(120)
final class SeveralPrimariesTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final int VGA_BITS = 16;
    private static final int GREY = 0x8410;
    private static final int GREY_RGB = 0x848284;
    private static final int FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;

    @TempDir
    private Path directory;

    private InProcessServer server() throws IOException {
        return new InProcessServer(
                directory,
                QxlConfig.DEFAULT.withVga(true),
                PipelineOptions.defaults().withRoomBytes(4L * WIDTH * HEIGHT));
    }

    private static void vga(InProcessServer server) {
        server.driver().reset();
        VgaDriver vga = new VgaDriver(server.hardware());
        vga.setMode(WIDTH, HEIGHT, VGA_BITS);
        vga.putPixel(WIDTH - 1, HEIGHT - 1, 2 * WIDTH, VGA_BITS, GREY);
    }

    @Test
    void theShadowAndTheNativePrimaryTakeTurnsInOneSegment() throws IOException, MalformedMessageException {
        try (InProcessServer server = server()) {
            vga(server);
            try (ShmPeer peer = new ShmPeer(server.path(), FEATURES)) {
                SurfaceCreateShm shadow = awaitSurface(peer, WIDTH);
                assertEquals(SurfaceFormat.XRGB_32, shadow.format(), "the shadow has 32 bits");
                server.draw("solid", WIDTH / 2, HEIGHT, 5);
                SurfaceCreateShm primary = awaitSurface(peer, WIDTH / 2);
                assertTrue(primary.shmOffset() >= 270_336 && primary.shmOffset() % 4096 == 0);
                assertNotEquals(peer.replaced().shmOffset(), primary.shmOffset(), "not over the one before");
                vga(server);
                awaitSurface(peer, WIDTH);
                assertEquals(1, peer.offers(), "one segment for all of them");
                server.draw("solid", 1024, 768, 5);
                awaitSurface(peer, 1024).requireInside(peer.segment().byteSize());
                assertEquals(2, peer.offers(), "a larger one");
                vga(server);
                awaitSurface(peer, WIDTH);
                assertEquals(2, peer.offers());
            }
        }
    }

    /** The guest's reset may show another one in between. */
    private static SurfaceCreateShm awaitSurface(ShmPeer peer, int width)
            throws IOException, MalformedMessageException {
        do {
            peer.awaitSurface();
        } while (peer.surface().width() != width);
        return peer.surface();
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"SOCKET", "RING", "HANDLED"})
    void aClientSeesEachOfThemWhateverWayItsDamageComesBy(Damage way) throws IOException {
        try (InProcessServer server = server();
                SpiceClient client = SpiceClient.connect(server.options().withDamage(way))) {
            for (int turn = 0; turn < 3; turn++) {
                vga(server);
                assertShows(client, WIDTH, HEIGHT, GREY_RGB);
                server.draw("solid", WIDTH, HEIGHT, 5 + turn);
                assertShows(client, WIDTH, HEIGHT, 4 + turn);
                server.draw("solid", WIDTH << turn, HEIGHT << turn, 9 + turn);
                assertShows(client, WIDTH << turn, HEIGHT << turn, 8 + turn);
            }
            assertEquals(way, client.display().damage());
            assertTrue(client.isUsingSharedMemory());
        }
    }

    private static void assertShows(SpiceClient client, int width, int height, int lastPixel) throws IOException {
        Deadline deadline = Deadline.inMillis(20_000);
        Picture shown = Picture.of(client.display().awaitStable(100, deadline));
        while (!deadline.hasPassed()
                && !(shown.width() == width
                        && shown.height() == height
                        && shown.pixel(width - 1, height - 1) == lastPixel)) {
            shown = Picture.of(client.display().awaitStable(100, deadline));
        }
        assertEquals(
                List.of(width, height, Integer.toHexString(lastPixel)),
                List.of(shown.width(), shown.height(), Integer.toHexString(shown.pixel(width - 1, height - 1))));
    }
}
