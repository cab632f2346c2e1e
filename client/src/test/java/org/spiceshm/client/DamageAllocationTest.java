package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;

@Timeout(30)
class DamageAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WINDOW = 20;
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int WARM_UP = 10_000;
    private static final int ROUND = 5_000;
    private static final int ROUNDS = 12;

    @TempDir
    Path directory;

    /** Measures on the display thread, from one damage to another. */
    private static final class Meter implements DisplayListener {
        private final CountDownLatch done = new CountDownLatch(1);
        private long count;
        private long before;
        private long least = Long.MAX_VALUE;
        private int widest;

        @Override
        public void damage(DamageView damage) {
            for (int i = 0; i < damage.rectCount(); i++) {
                widest = Math.max(widest, damage.right(i));
            }
            if (++count < WARM_UP || (count - WARM_UP) % ROUND != 0) {
                return;
            }
            long now = THREADS.getCurrentThreadAllocatedBytes();
            if (count > WARM_UP) {
                least = Math.min(least, now - before);
            }
            if (count == WARM_UP + ROUNDS * ROUND) {
                done.countDown();
            }
            before = THREADS.getCurrentThreadAllocatedBytes();
        }
    }

    @Test
    void takesDamageInSharedMemoryWithoutAllocation() throws Exception {
        Meter meter = new Meter();
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            measure(Damage.SOCKET, meter, connection -> {
                segment.share(connection);
                connection.send(new CommonServerMessage.SetAck(1, WINDOW));
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                for (int n = 1; meter.done.getCount() > 0; n++) {
                    segment.page.begin(n);
                    segment.page.end(n);
                    connection.send(FakeSegment.damage(0, n, WIDTH, HEIGHT));
                    if (n % WINDOW == 0) {
                        connection.await(CommonClientMessage.Ack.TYPE);
                    }
                }
                connection.drain();
            });
        }
    }

    @Test
    void takesDamageFromTheRingWithoutAllocation() throws Exception {
        Meter meter = new Meter();
        try (FakeSegment segment = FakeSegment.withRing(WIDTH, HEIGHT)) {
            measure(Damage.RING, meter, connection -> {
                segment.share(connection);
                connection.send(FakeSegment.ringScreen(0, WIDTH, HEIGHT));
                for (int n = 1; meter.done.getCount() > 0; n++) {
                    segment.ring(n, 0, 0, HEIGHT, WIDTH);
                }
                connection.drain();
            });
        }
    }

    @Test
    void answersDamageInLockStepWithoutAllocation() throws Exception {
        Meter meter = new Meter();
        int features = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_HANDLED;
        try (FakeSegment common = FakeSegment.forScreen(WIDTH, HEIGHT);
                FakeSegment own = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            measure(Damage.HANDLED, meter, connection -> {
                common.share(connection, new ShmOffer(features, common.memory.byteSize()));
                own.share(connection, new ShmOffer(features, own.memory.byteSize()));
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                for (int n = 1; meter.done.getCount() > 0; n++) {
                    own.page.begin(n);
                    own.page.end(n);
                    connection.send(FakeSegment.damage(0, n, WIDTH, HEIGHT));
                    connection.await(Numbering.CURRENT.damageHandled());
                }
                connection.drain();
            });
        }
    }

    private void measure(Damage way, Meter meter, FakeServer.Script display) throws Exception {
        try (FakeServer server = new FakeServer().offeringSharedMemory().with(ChannelType.DISPLAY, display);
                SpiceClient client = SpiceClient.connect(ConnectOptions.to(server.listenUnix(directory))
                        .withDamage(way)
                        .withListener(meter))) {
            meter.done.await();
            assertEquals(List.of(), server.failures());
            assertEquals(WIDTH, meter.widest);
            assertEquals(true, client.isUsingSharedMemory());
            assertEquals(way, client.display().damage());
            assertEquals(0, meter.least, "bytes allocated in " + ROUND + " damages");
        }
    }
}
