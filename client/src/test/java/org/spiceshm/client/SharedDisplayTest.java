package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;

@Timeout(30)
class SharedDisplayTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int RED = 0xff0000;
    private static final int BLUE = 0x0000ff;

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().offeringSharedMemory();

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private SpiceClient connect(FakeServer.Script display) throws Exception {
        return connect(display, DisplayListener.NONE);
    }

    private SpiceClient connect(FakeServer.Script display, DisplayListener listener) throws Exception {
        SpiceUri uri = server.with(ChannelType.DISPLAY, display).listenUnix(directory);
        return SpiceClient.connect(
                ConnectOptions.to(uri).withMode(ConnectOptions.Mode.SHM).withListener(listener));
    }

    /** Another screen also ends a wait for damage. */
    private static long awaitSequence(SpiceClient client, long sequence) throws SpiceClientException {
        long told = client.display().sequence();
        while (told < sequence) {
            told = client.display().awaitDamage(told, soon());
        }
        return told;
    }

    private static Deadline soon() {
        return Deadline.inMillis(10_000);
    }

    @Test
    void capturesTheSharedScreenAndWritesItAsPng() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(connection -> {
                    ShmReply reply = segment.share(connection);
                    assertEquals(new ShmReply(true, SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE), reply);
                    connection.send(new CommonServerMessage.SetAck(1, 20));
                    segment.fill(1, WIDTH, HEIGHT, 0xaa000000 | RED);
                    connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                    connection.send(new DisplayServerMessage.Mark());
                    connection.drain();
                })) {
            Frame frame = client.display().capture(soon());
            assertEquals(WIDTH, frame.width());
            assertEquals(HEIGHT, frame.height());
            assertEquals(RED, frame.pixel(WIDTH - 1, HEIGHT - 1));
            assertEquals(1, frame.sequence());
            assertTrue(client.isUsingSharedMemory());
            assertEquals(segment.memory.byteSize(), client.display().segmentBytes());
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            frame.toPng(png);
            PngReader read = PngReader.of(png.toByteArray());
            assertTrue(java.util.Arrays.equals(frame.pixels(), read.pixels));
        }
    }

    @Test
    void tellsDamageWithItsRectanglesAndReadsPixelsOnTheDisplayThread() throws Exception {
        LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
        Display[] display = new Display[1];
        CountDownLatch known = new CountDownLatch(1);
        DisplayListener listener = new DisplayListener() {
            @Override
            public void primaryCreated(int width, int height, SurfaceFormat format, boolean shared) {
                told.add("created " + width + "x" + height + " " + format + " " + shared);
            }

            @Override
            public void damage(DamageView damage) {
                try {
                    known.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                told.add("damage " + damage.sequence() + " " + damage.rectCount() + " " + damage.right(0) + " "
                        + Integer.toHexString(display[0].pixel(1, 1)));
            }

            @Override
            public void primaryDestroyed() {
                told.add("destroyed");
            }

            @Override
            public void closed(SpiceClientException reason) {
                told.add("closed");
            }
        };
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        connection -> {
                            segment.share(connection);
                            segment.fill(1, WIDTH, HEIGHT, RED);
                            connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                            segment.fill(5, WIDTH, HEIGHT, BLUE);
                            connection.send(FakeSegment.damage(0, 5, WIDTH, HEIGHT));
                            connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                            connection.drain();
                        },
                        listener)) {
            display[0] = client.display();
            known.countDown();
            assertEquals(5, awaitSequence(client, 5));
        }
        assertEquals("created 64x48 XRGB_32 true", told.poll(10, TimeUnit.SECONDS));
        assertEquals("damage 5 1 64 ff", told.poll(10, TimeUnit.SECONDS));
        assertEquals("destroyed", told.poll(10, TimeUnit.SECONDS));
        assertEquals("closed", told.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void followsToALargerSegmentAndUnmapsTheOldOne() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        CountDownLatch grown = new CountDownLatch(1);
        try (FakeSegment small = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment large = FakeSegment.forScreen(2 * WIDTH, 2 * HEIGHT);
                SpiceClient client = connect(connection -> {
                    small.share(connection);
                    small.fill(1, WIDTH, HEIGHT, RED);
                    connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                    seen.await();
                    connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                    assertTrue(large.share(connection).accepted());
                    large.fill(2, 2 * WIDTH, 2 * HEIGHT, BLUE);
                    connection.send(FakeSegment.screen(0, 2 * WIDTH, 2 * HEIGHT));
                    grown.countDown();
                    connection.drain();
                })) {
            assertEquals(RED, client.display().capture(soon()).pixel(0, 0));
            seen.countDown();
            grown.await();
            Frame frame = client.display().capture(soon());
            while (frame.width() != 2 * WIDTH) {
                frame = client.display().capture(soon());
            }
            assertEquals(BLUE, frame.pixel(2 * WIDTH - 1, 2 * HEIGHT - 1));
            assertEquals(large.memory.byteSize(), client.display().segmentBytes());
            // Both of the server's, and one of the client's.
            assertEquals(3, Leaks.mappings());
        }
    }

    @Test
    void switchesBetweenPrimariesOfOneSegment() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (FakeSegment segment = new FakeSegment(4 * 4096);
                SpiceClient client = connect(connection -> {
                    segment.share(connection);
                    connection.send(
                            new SurfaceCreateShm(0, 16, 16, SurfaceFormat.XRGB_32, 16 * 4, FakeSegment.SCREEN_OFFSET));
                    seen.await();
                    segment.page.begin(1);
                    segment.memory
                            .asSlice(2 * 4096, 4096)
                            .elements(ValueLayout.JAVA_SHORT)
                            .forEach(pixel -> pixel.set(
                                    ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN), 0, (short) 0x7c10));
                    segment.page.end(1);
                    connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                    connection.send(new SurfaceCreateShm(0, 20, 10, SurfaceFormat.RGB_555, 44, 2 * 4096));
                    connection.drain();
                })) {
            assertEquals(0, client.display().capture(soon()).pixel(0, 0));
            seen.countDown();
            Frame frame = client.display().capture(soon());
            while (frame.width() != 20) {
                frame = client.display().capture(soon());
            }
            // 31 << 3 | 31 >> 2 and 16 << 3 | 16 >> 2.
            assertEquals(0xff0084, frame.pixel(19, 9));
        }
    }

    @Test
    void neverReturnsATornPictureWhileAWriterDraws() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            Thread writer = new Thread(() -> {
                for (int n = 1; !stop.get(); n++) {
                    segment.fill(n, WIDTH, HEIGHT, n & 0xff_ffff);
                    java.util.concurrent.locks.LockSupport.parkNanos(200_000);
                }
            });
            try (SpiceClient client = connect(connection -> {
                segment.share(connection);
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                connection.drain();
            })) {
                writer.start();
                for (int i = 0; i < 200; i++) {
                    Frame frame = client.display().capture(soon());
                    int first = frame.pixel(0, 0);
                    for (int pixel : frame.pixels()) {
                        assertEquals(first, pixel);
                    }
                    assertEquals(frame.sequence() & 0xff_ffff, first);
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }

    @Test
    void saysSoWhenTheServerDrawsWithoutRest() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(connection -> {
                    segment.share(connection);
                    segment.page.begin(1);
                    connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                    connection.drain();
                })) {
            TornPictureException torn = assertThrows(
                    TornPictureException.class, () -> client.display().capture(soon()));
            assertEquals(SpiceClientException.Kind.TORN, torn.kind());
            assertTrue(client.display().statistics().tornReads() > 1);
            segment.page.end(1);
            assertEquals(1, client.display().capture(soon()).sequence());
        }
    }

    @Test
    void waitsUntilThePixelsRestEvenIfDamageDoesNot() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(connection -> {
                    segment.share(connection);
                    connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                    for (int n = 1; !stop.get(); n++) {
                        segment.fill(n, WIDTH, HEIGHT, Math.min(n, 40));
                        connection.send(FakeSegment.damage(0, n, WIDTH, HEIGHT));
                        java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
                    }
                })) {
            Frame frame = client.display().awaitStable(200, soon());
            stop.set(true);
            assertEquals(40, frame.pixel(3, 3));
        }
    }

    @Test
    void endsAWaitAtItsDeadlineAndSaysWhatItSaw() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(connection -> {
                    segment.share(connection);
                    connection.drain();
                })) {
            SpiceClientException e = assertThrows(
                    SpiceClientException.class, () -> client.display().capture(Deadline.inMillis(50)));
            assertEquals(SpiceClientException.Kind.TIMEOUT, e.kind());
            assertEquals("display: got no primary surface in time, expected a whole picture", e.getMessage());
        }
    }

    @Test
    void acknowledgesEveryWindowAndAnswersPings() throws Exception {
        CountDownLatch acknowledged = new CountDownLatch(1);
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(connection -> {
                    segment.share(connection);
                    connection.send(new CommonServerMessage.SetAck(7, 2));
                    connection.await(CommonClientMessage.AckSync.TYPE);
                    connection.send(new CommonServerMessage.Ping(3, 99));
                    connection.await(CommonClientMessage.Pong.TYPE);
                    connection.send(new DisplayServerMessage.Mark());
                    connection.await(CommonClientMessage.Ack.TYPE);
                    acknowledged.countDown();
                    connection.drain();
                })) {
            assertTrue(acknowledged.await(10, TimeUnit.SECONDS));
            ChannelStatistics display = client.statistics().get(1);
            assertEquals(ChannelType.DISPLAY, display.type());
            assertTrue(display.bytesRead() > 0 && display.messagesWritten() >= 4);
        }
    }

    @Test
    void declinesAnOfferWithoutSequencePageAndGoesOnInNormalMode() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            SpiceUri uri = server.with(ChannelType.DISPLAY, connection -> {
                        ShmOffer offer = new ShmOffer(SegmentFeatures.FD_FOLLOWS, segment.memory.byteSize());
                        assertFalse(segment.share(connection, offer).accepted());
                        connection.send(new CommonServerMessage.SetAck(1, 20));
                        connection.send(NormalDisplayTest.screen(8, 4));
                        connection.send(NormalDisplayTest.fill(0, 8, 4, RED));
                        connection.send(new DisplayServerMessage.Mark());
                        connection.drain();
                    })
                    .listenUnix(directory);
            try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri))) {
                assertFalse(client.isUsingSharedMemory());
                assertTrue(client.display().modeReason().contains("sequence page"));
                assertEquals(RED, client.display().capture(soon()).pixel(7, 3));
            }
            SpiceClientException e = assertThrows(
                    SpiceClientException.class,
                    () -> SpiceClient.connect(ConnectOptions.to(uri).withMode(ConnectOptions.Mode.SHM)));
            assertTrue(e.getMessage().contains("expected shared memory"), e.getMessage());
        }
    }

    @Test
    void speaksTheProposalsNumbersToo() throws Exception {
        server.numbered(Numbering.RFC_2013).offeringSharedMemory();
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            SpiceUri uri = server.with(ChannelType.DISPLAY, connection -> {
                        connection.send(new ShmOffer(FakeSegment.FEATURES, segment.memory.byteSize()));
                        connection.sendDescriptor(new byte[] {'@'}, segment.readOnly.fd());
                        connection.await(Numbering.RFC_2013.reply());
                        segment.fill(1, WIDTH, HEIGHT, BLUE);
                        connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                        connection.drain();
                    })
                    .listenUnix(directory);
            try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withNumbering(Numbering.RFC_2013))) {
                assertEquals(BLUE, client.display().capture(soon()).pixel(0, 0));
            }
        }
    }

    @Test
    void leavesNoDescriptorAndNoMapping() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            SpiceUri uri = server.with(ChannelType.DISPLAY, connection -> {
                        segment.share(connection);
                        connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                        connection.await(DisplayClientMessage.Init.TYPE);
                        connection.drain();
                    })
                    .listenUnix(directory);
            Leaks.assertNone(() -> {
                try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri))) {
                    client.display().capture(soon());
                }
                server.awaitIdle();
            });
        }
    }
}
