package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** The offer of shared memory: when it comes, and what follows each answer. */
@Timeout(60)
final class ShmHandshakeTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    /** Of 8x8 pixels: the whole screen. */
    private static final int CELLS = WIDTH / 8 * (HEIGHT / 8);

    private static final Numbering NUMBERING = Numbering.CURRENT;
    private static final Capabilities ASKING = Capabilities.of(NUMBERING.capabilityBit());
    private static final DisplayClientMessage.Init INIT = new DisplayClientMessage.Init(1, 1 << 20, 1, 1 << 20);
    private static final int FD_FOLLOWS = 1;

    @TempDir
    private Path directory;

    private InProcessServer server;
    private RawChannel main;
    private int session;
    private Picture truth;

    @BeforeEach
    void start() throws IOException, MalformedMessageException {
        server = new InProcessServer(
                directory,
                QxlConfig.forPrimary(1024, 768),
                PipelineOptions.defaults().withRoomBytes(4L * WIDTH * HEIGHT));
        server.draw("fills", WIDTH, HEIGHT, CELLS);
        main = RawChannel.main(server.path());
        session = main.sessionId();
        try (SpiceClient client = server.connect(Mode.SHM, DisplayListener.NONE)) {
            truth = Picture.of(client.display().awaitStable(200, Deadline.inMillis(10_000)));
        }
    }

    @AfterEach
    void stop() {
        main.close();
        server.close();
    }

    private RawChannel display(Capabilities capabilities) throws IOException {
        return RawChannel.display(server.path(), session, capabilities);
    }

    @Test
    void theOfferComesFirstThenItsDescriptorThenTheAckWindow() throws IOException, MalformedMessageException {
        try (RawChannel display = display(ASKING)) {
            assertTrue(display.serverCapabilities().has(NUMBERING.capabilityBit()));
            assertEquals(NUMBERING.offer(), display.read().type());
            display.readDescriptor().close();
            assertEquals(CommonServerMessage.SetAck.TYPE, display.read().type());
            display.send(new ShmReply(true, FD_FOLLOWS));
            display.send(INIT);
            assertEquals(NUMBERING.surfaceCreateShm(), display.read().type());
        }
    }

    @Test
    void whoDoesNotAskIsNotOffered() throws IOException, MalformedMessageException {
        try (RawChannel display = display(Capabilities.NONE)) {
            assertEquals(CommonServerMessage.SetAck.TYPE, display.read().type());
            display.send(INIT);
            assertNormalPicture(display);
        }
    }

    @Test
    void aRefusalGivesTheSamePictureInNormalMode() throws IOException, MalformedMessageException {
        try (RawChannel display = display(ASKING)) {
            readOffer(display);
            display.send(INIT);
            display.send(new ShmReply(false, 0));
            assertNormalPicture(display);
        }
    }

    @Test
    void noAnswerWithinFiveSecondsCountsAsARefusalAndALateOneIsForgiven()
            throws IOException, MalformedMessageException {
        try (RawChannel display = display(ASKING)) {
            long begin = System.nanoTime();
            readOffer(display);
            display.send(INIT);
            assertNormalPicture(display);
            long millis = (System.nanoTime() - begin) / 1_000_000;
            assertTrue(4_900 <= millis && millis < 8_000, () -> "got the picture after " + millis + " ms");
            display.send(new ShmReply(true, FD_FOLLOWS));
            server.draw("solid", WIDTH, HEIGHT, 5);
            display.readUntil(DisplayServerMessage.SurfaceCreate.TYPE);
        }
    }

    @Test
    void aSecondReplyClosesTheConnectionAndNoOther() throws IOException, MalformedMessageException {
        try (RawChannel display = display(ASKING);
                SpiceClient other = server.connect(Mode.SHM, DisplayListener.NONE)) {
            readOffer(display);
            display.send(INIT);
            display.send(new ShmReply(true, FD_FOLLOWS));
            display.send(new ShmReply(true, FD_FOLLOWS));
            Optional<RawChannel.Message> message = display.poll();
            while (message.isPresent()) {
                message = display.poll();
            }
            Picture.assertSame(truth, Picture.of(other.display().capture(Deadline.inMillis(5_000))), "the other");
        }
    }

    @Test
    void aReplyWithAFeatureThatWasNotOfferedClosesTheConnection() throws IOException, MalformedMessageException {
        try (RawChannel display = display(ASKING)) {
            readOffer(display);
            display.send(new ShmReply(true, -1));
            assertFalse(display.poll().isPresent());
        }
    }

    @Test
    void aScreenThatOutgrowsItsSegmentIsOfferedAgain() throws IOException {
        try (SpiceClient client = server.connect(Mode.SHM, DisplayListener.NONE)) {
            client.display().capture(Deadline.inMillis(5_000));
            long before = client.display().statistics().segmentBytes();

            server.draw("solid", 1024, 768, 8);
            Frame frame = client.display().awaitStable(300, Deadline.inMillis(10_000));

            assertEquals(List.of(1024, 768, 7), List.of(frame.width(), frame.height(), frame.pixel(1023, 767)));
            assertTrue(client.isUsingSharedMemory());
            assertTrue(client.display().statistics().segmentBytes() > before);
            Await.until(
                    Duration.ofSeconds(5),
                    () -> Proc.segments(ProcessHandle.current().pid()).stream()
                                    .filter(line -> line.contains(" r--s "))
                                    .count()
                            == 1,
                    () -> "one mapping of the client: "
                            + Proc.segments(ProcessHandle.current().pid()));

            server.draw("fills", WIDTH, HEIGHT, CELLS);
            Frame small = client.display().awaitStable(300, Deadline.inMillis(10_000));
            Picture.assertSame(truth, Picture.of(small), "small again");
        }
    }

    private static void readOffer(RawChannel display) throws IOException, MalformedMessageException {
        assertEquals(NUMBERING.offer(), display.read().type());
        display.readDescriptor().close();
        assertEquals(CommonServerMessage.SetAck.TYPE, display.read().type());
    }

    private void assertNormalPicture(RawChannel display) throws IOException, MalformedMessageException {
        assertEquals(DisplayServerMessage.SurfaceCreate.TYPE, display.read().type());
        RawChannel.Message copy = display.read();
        assertEquals(DrawMessage.Copy.TYPE, copy.type());
        int pixels = copy.body().length - 4 * WIDTH * HEIGHT;
        Picture.assertSame(truth, Picture.ofRaw(WIDTH, HEIGHT, copy.body(), pixels), "normal mode");
    }
}
