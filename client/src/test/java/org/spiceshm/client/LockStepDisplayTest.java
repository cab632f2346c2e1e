package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayServerMessage;

/** DAMAGE_HANDLED at the client's end: what it asks for, and when it says that it is done. */
@Timeout(30)
class LockStepDisplayTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int RED = 0xff0000;
    private static final int BLUE = 0x0000ff;
    private static final int COMMON = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;
    private static final int OWN = COMMON | SegmentFeatures.DAMAGE_HANDLED;

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().offeringSharedMemory();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final DisplayListener listener = new DisplayListener() {
        @Override
        public void damage(DamageView damage) {
            told.add("damage " + damage.sequence());
        }
    };

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private SpiceClient connect(Damage way, FakeServer.Script display) throws Exception {
        SpiceUri uri = server.with(ChannelType.DISPLAY, display).listenUnix(directory);
        return SpiceClient.connect(ConnectOptions.to(uri)
                .withMode(ConnectOptions.Mode.SHM)
                .withDamage(way)
                .withListener(listener));
    }

    /** Both offers, and the answers to them. */
    private static void share(FakeServer.Connection connection, FakeSegment common, FakeSegment own) throws Exception {
        ShmOffer first = new ShmOffer(OWN | SegmentFeatures.DAMAGE_RING, common.memory.byteSize());
        assertEquals(new ShmReply(true, OWN), common.share(connection, first));
        assertEquals(new ShmReply(true, OWN), own.share(connection, new ShmOffer(OWN, own.memory.byteSize())));
    }

    private static void show(FakeServer.Connection connection, FakeSegment own, long sequence, int color)
            throws Exception {
        own.fill(sequence, WIDTH, HEIGHT, color);
        connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
        connection.send(FakeSegment.damage(0, sequence, WIDTH, HEIGHT));
    }

    private static long awaitHandled(FakeServer.Connection connection) throws Exception {
        return ShmDamageHandled.decode(connection.await(Numbering.CURRENT.damageHandled()))
                .sequence();
    }

    @Test
    void saysHandledWhenTheListenerHasReturned() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (FakeSegment common = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment own = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(Damage.HANDLED, connection -> {
                    share(connection, common, own);
                    show(connection, own, 3, RED);
                    assertEquals(3, awaitHandled(connection));
                    assertEquals("damage 3", told.poll());
                    own.fill(8, WIDTH, HEIGHT, BLUE);
                    connection.send(FakeSegment.damage(0, 8, WIDTH, HEIGHT));
                    assertEquals(8, awaitHandled(connection));
                    assertEquals("damage 8", told.poll());
                    done.countDown();
                    connection.drain();
                })) {
            assertTrue(done.await(10, TimeUnit.SECONDS));
            assertEquals(Damage.HANDLED, client.display().damage());
            assertEquals(
                    BLUE, client.display().capture(Deadline.inMillis(10_000)).pixel(1, 1));
        }
    }

    @Test
    void aFrameIsHandledWhenItIsClosedAndNotBefore() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (FakeSegment common = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment own = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(Damage.FRAMES, connection -> {
                    share(connection, common, own);
                    show(connection, own, 3, RED);
                    held.await();
                    assertEquals(3, awaitHandled(connection));
                    assertEquals("closed", told.poll(10, TimeUnit.SECONDS));
                    own.fill(4, WIDTH, HEIGHT, BLUE);
                    connection.send(FakeSegment.damage(0, 4, WIDTH, HEIGHT));
                    assertEquals(4, awaitHandled(connection));
                    done.countDown();
                    connection.drain();
                })) {
            HeldFrame frame = client.display().awaitFrame(Deadline.inMillis(10_000));
            assertEquals("damage 3", told.poll(10, TimeUnit.SECONDS));
            assertEquals(List.of(WIDTH, HEIGHT, 3L), List.of(frame.width(), frame.height(), frame.sequence()));
            assertEquals(RED, frame.pixel(WIDTH - 1, HEIGHT - 1));
            assertEquals(RED, frame.copy().pixel(0, 0));
            assertEquals(4L * WIDTH * HEIGHT, frame.pixels().byteSize());
            assertEquals(HEIGHT, frame.changed().bottom(0));
            assertThrows(
                    SpiceClientException.class,
                    () -> client.display().awaitFrame(Deadline.inMillis(1)),
                    "one at a time");
            held.countDown();
            told.add("closed");
            frame.close();
            frame.close();
            assertThrows(IllegalStateException.class, () -> frame.pixel(0, 0));
            try (HeldFrame next = client.display().awaitFrame(Deadline.inMillis(10_000))) {
                assertEquals(List.of(4L, BLUE), List.of(next.sequence(), next.pixel(0, 0)));
            }
            assertTrue(done.await(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aFrameWhoseSurfaceIsDestroyedIsNotAnswered() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch replaced = new CountDownLatch(1);
        try (FakeSegment common = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment own = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment next = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(Damage.FRAMES, connection -> {
                    share(connection, common, own);
                    show(connection, own, 3, RED);
                    held.await();
                    connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                    assertEquals(
                            new ShmReply(true, OWN), next.share(connection, new ShmOffer(OWN, next.memory.byteSize())));
                    show(connection, next, 7, BLUE);
                    replaced.countDown();
                    assertEquals(7, awaitHandled(connection), "the answer to 3 would be in vain");
                    connection.drain();
                })) {
            HeldFrame old = client.display().awaitFrame(Deadline.inMillis(10_000));
            held.countDown();
            replaced.await();
            HeldFrame newer = client.display().awaitFrame(Deadline.inMillis(10_000));
            assertEquals(List.of(RED, BLUE), List.of(old.pixel(5, 5), newer.pixel(5, 5)));
            old.close();
            newer.close();
        }
    }

    @Test
    void whoStaysOnTheCommonSegmentAnswersNothing() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (FakeSegment common = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment larger = FakeSegment.forScreen(2 * WIDTH, HEIGHT);
                SpiceClient client = connect(Damage.HANDLED, connection -> {
                    assertEquals(
                            new ShmReply(true, OWN),
                            common.share(connection, new ShmOffer(OWN, common.memory.byteSize())));
                    show(connection, common, 1, RED);
                    connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                    ShmOffer growth = new ShmOffer(COMMON, larger.memory.byteSize());
                    assertEquals(new ShmReply(true, COMMON), larger.share(connection, growth));
                    show(connection, larger, 2, BLUE);
                    done.countDown();
                    connection.drain();
                })) {
            assertTrue(done.await(10, TimeUnit.SECONDS));
            client.display().awaitDamage(1, Deadline.inMillis(10_000));
            assertEquals(Damage.SOCKET, client.display().damage());
            assertEquals(0, client.statistics().get(1).messagesWritten() - 3 /* DISPLAY_INIT and two replies */);
        }
    }
}
