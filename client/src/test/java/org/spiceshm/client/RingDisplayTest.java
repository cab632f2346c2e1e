package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayServerMessage;

/** Damage from the ring: as told as from the socket, whatever stands in it. */
@Timeout(30)
class RingDisplayTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int FEATURES =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_RING;

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().offeringSharedMemory();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final DisplayListener listener = new DisplayListener() {
        @Override
        public void damage(DamageView damage) {
            StringBuilder text = new StringBuilder().append(damage.sequence());
            for (int i = 0; i < damage.rectCount(); i++) {
                text.append(' ').append(damage.top(i)).append(',').append(damage.left(i));
                text.append(',').append(damage.bottom(i)).append(',').append(damage.right(i));
            }
            told.add(text.toString());
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

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private SpiceClient connect(Damage way, FakeServer.Script display, DisplayListener to) throws Exception {
        SpiceUri uri = server.with(ChannelType.DISPLAY, display).listenUnix(directory);
        return SpiceClient.connect(ConnectOptions.to(uri)
                .withMode(ConnectOptions.Mode.SHM)
                .withDamage(way)
                .withListener(to));
    }

    private String next() throws InterruptedException {
        return String.valueOf(told.poll(10, TimeUnit.SECONDS));
    }

    private static void awaitSurface(SpiceClient client) throws SpiceClientException {
        client.display().capture(Deadline.inMillis(10_000));
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"RING", "SPINNING_RING"})
    void tellsWhatStandsInTheRingAndWhatDoesNotFitAsFarAsItDoes(Damage way) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        way,
                        connection -> {
                            assertEquals(new ShmReply(true, FEATURES), segment.share(connection));
                            segment.ring(1, 0, 0, 1, 1);
                            connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                            done.await();
                            connection.send(new DisplayServerMessage.SurfaceDestroy(0));
                            connection.drain();
                        },
                        listener)) {
            awaitSurface(client);
            assertEquals(way, client.display().damage());
            segment.ring(3, 1, 2, 3, 4, 20, 20, 30, 30);
            assertEquals("3 1,2,3,4 20,20,30,30", next(), "what was there before the surface is all new");
            segment.ring(4, -5, 40, 5, 1000, HEIGHT, 0, HEIGHT + 9, 9, 7, 7, 7, 8, 9, 9, -9, 10);
            assertEquals("4 0,40,5,64", next());
            segment.ring(5, 0, WIDTH, 9, WIDTH + 1);
            segment.ring(6, 0, 0, 2, 2);
            assertEquals("6 0,0,2,2", next());
            assertEquals(6, client.display().sequence());
            done.countDown();
            assertEquals("destroyed", next());
            segment.ring(7, 0, 0, 2, 2);
        }
        assertEquals("closed", next());
    }

    @Test
    void aReaderThatWasOvertakenIsToldThatAllHasChanged() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        DisplayListener slow = new DisplayListener() {
            @Override
            public void damage(DamageView damage) {
                entered.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                listener.damage(damage);
            }
        };
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        Damage.RING,
                        connection -> {
                            segment.share(connection);
                            connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                            connection.drain();
                        },
                        slow)) {
            awaitSurface(client);
            segment.ring(1, 0, 0, 1, 1);
            entered.await();
            for (int i = 2; i <= DamageRing.RECORDS + 2; i++) {
                segment.ring(i, 5, 5, 6, 6);
            }
            goOn.countDown();
            assertEquals("1 0,0,1,1", next());
            assertEquals((DamageRing.RECORDS + 2) + " 0,0," + HEIGHT + "," + WIDTH, next());
            segment.ring(5000, 1, 1, 2, 2);
            assertEquals("5000 1,1,2,2", next(), "and goes on");
        }
    }

    @Test
    void rubbishInTheRingHarmsNobody() throws Exception {
        Random random = new Random(7);
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        Damage.SPINNING_RING,
                        connection -> {
                            segment.share(connection);
                            connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                            connection.drain();
                        },
                        DisplayListener.NONE)) {
            awaitSurface(client);
            for (int i = 0; i < 200_000; i++) {
                long at = 4096 + 8L * random.nextInt((DamageRing.FIRST_SURFACE_OFFSET - 4096) / 8);
                segment.memory.set(ValueLayout.JAVA_LONG, random.nextInt(4) == 0 ? 4160 : at, random.nextLong());
            }
            segment.fill(9, WIDTH, HEIGHT, 0);
            client.display().requireOpen();
        }
    }

    @Test
    void aListenerThatFailsEndsTheConnectionAndSaysWhy() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        String[] why = new String[1];
        DisplayListener failing = new DisplayListener() {
            @Override
            public void damage(DamageView damage) {
                throw new IllegalStateException("a listener that fails, as the test wants it");
            }

            @Override
            public void closed(SpiceClientException reason) {
                why[0] = reason.getMessage();
                ended.countDown();
            }
        };
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        Damage.RING,
                        connection -> {
                            segment.share(connection);
                            connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                            connection.drain();
                        },
                        failing)) {
            awaitSurface(client);
            segment.ring(1, 0, 0, 1, 1);
            assertTrue(ended.await(10, TimeUnit.SECONDS));
            assertTrue(why[0].contains("as the test wants it"), why[0]);
        }
    }

    @Test
    void aSegmentWithoutRoomForARingIsUsedWithout() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT);
                SpiceClient client = connect(
                        Damage.RING,
                        connection -> {
                            ShmReply reply =
                                    segment.share(connection, new ShmOffer(FEATURES, segment.memory.byteSize()));
                            assertEquals(FEATURES & ~SegmentFeatures.DAMAGE_RING, reply.features());
                            segment.fill(1, WIDTH, HEIGHT, 0);
                            connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                            connection.send(FakeSegment.damage(0, 1, WIDTH, HEIGHT));
                            connection.drain();
                        },
                        listener)) {
            assertEquals("1 0,0," + HEIGHT + "," + WIDTH, next());
            assertEquals(Damage.SOCKET, client.display().damage());
        }
    }

    @Test
    void leavesNoDescriptorNoMappingAndNoThread() throws Exception {
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT)) {
            SpiceUri uri = server.with(ChannelType.DISPLAY, connection -> {
                        segment.share(connection);
                        connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                        connection.drain();
                    })
                    .listenUnix(directory);
            Leaks.assertNone(() -> {
                try (SpiceClient client = SpiceClient.connect(
                        ConnectOptions.to(uri).withMode(ConnectOptions.Mode.SHM).withDamage(Damage.RING))) {
                    awaitSurface(client);
                }
                awaitNoRingThread();
                server.awaitIdle();
            });
        }
    }

    /** It ends by itself, soon after the close that told it to. */
    private static void awaitNoRingThread() throws InterruptedException {
        for (Thread each : Thread.getAllStackTraces().keySet()) {
            if (each.getName().startsWith("spice-ring")) {
                each.join();
            }
        }
    }
}
