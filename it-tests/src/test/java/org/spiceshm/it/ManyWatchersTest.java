package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** A hundred clients look at one screen; those that hang, dawdle or die are no concern of the others. */
@Timeout(300)
final class ManyWatchersTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 256;
    private static final int WATCHERS = 100;
    private static final int RING_WATCHERS = 20;
    private static final int LOCK_STEP_WATCHERS = 4;
    private static final int CRASHES = 10;
    private static final double FRAMES_PER_SECOND = 50;
    private static final int FRAMES = 100;
    private static final long SLOW_NANOS = 30_000_000;
    /** How much later than without the troublemakers: far above what a busy machine's scheduler does to it. */
    private static final long TOLERANCE_NANOS = 100_000_000;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;

    @TempDir
    private Path directory;

    /** Counts, and measures from the guest's ring to its being told. */
    private static final class Watch implements DisplayListener {
        private final Histogram latency = new Histogram(3);
        private final long pauseNanos;
        private long damages;
        private SpiceClientException end;

        Watch(long pauseNanos) {
            this.pauseNanos = pauseNanos;
        }

        @Override
        public void damage(DamageView damage) {
            synchronized (this) {
                damages++;
                if (damage.readNanos() != 0) {
                    latency.recordValue(Math.max(0, System.nanoTime() - damage.readNanos()));
                }
            }
            if (pauseNanos != 0) {
                LockSupport.parkNanos(pauseNanos);
            }
        }

        @Override
        public synchronized void closed(SpiceClientException reason) {
            end = reason;
        }

        synchronized long damages() {
            return damages;
        }

        synchronized SpiceClientException end() {
            return end;
        }

        synchronized long takeP99() {
            long p99 = latency.getValueAtPercentile(99);
            latency.reset();
            return p99;
        }
    }

    private static Damage way(int watcher) {
        if (watcher < LOCK_STEP_WATCHERS) {
            return Damage.HANDLED;
        }
        return watcher < LOCK_STEP_WATCHERS + RING_WATCHERS ? Damage.RING : Damage.SOCKET;
    }

    @Test
    void whoHangsDawdlesOrDiesIsNoConcernOfTheOthers()
            throws IOException, MalformedMessageException, InterruptedException {
        long self = ProcessHandle.current().pid();
        try (InProcessServer server =
                new InProcessServer(directory, QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults())) {
            SceneRunner runner = new SceneRunner(
                    server.driver(),
                    Scenes.of("tiles", WIDTH, HEIGHT),
                    Pacer.framesPerSecond(FRAMES_PER_SECOND),
                    PushListener.NONE);
            Thread guest = Thread.ofPlatform().name("guest").start(runner);
            long descriptors = Proc.descriptors(self);
            List<Watch> watches = new ArrayList<>();
            List<SpiceClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < WATCHERS; i++) {
                    add(server.options().withDamage(way(i)), new Watch(0), watches, clients);
                }
                add(server.options().withMode(Mode.NORMAL), new Watch(0), watches, clients);
                awaitAll(watches, FRAMES);
                watches.forEach(Watch::takeP99);
                awaitAll(watches, FRAMES);
                long before = worstP99(watches);
                long pushedBefore = runner.pushed();
                long lateBefore = runner.late();

                List<AutoCloseable> troublemakers = new ArrayList<>();
                try {
                    trouble(server, troublemakers);
                    awaitAll(watches, FRAMES);
                } finally {
                    for (AutoCloseable each : troublemakers) {
                        close(each);
                    }
                }
                long after = worstP99(watches);
                System.out.printf(
                        "%d watchers: worst p99 %.1f ms alone, %.1f ms beside %d that hang, dawdle or die;"
                                + " %d of %d frames late%n",
                        WATCHERS,
                        before / 1e6,
                        after / 1e6,
                        CRASHES + 3,
                        runner.late() - lateBefore,
                        runner.pushed() - pushedBefore);
                assertTrue(
                        after < before + TOLERANCE_NANOS,
                        () -> "worst p99 " + before / 1e6 + " ms before, " + after / 1e6 + " ms after");
                for (int i = 0; i < WATCHERS; i++) {
                    assertEquals(way(i), clients.get(i).display().damage());
                    assertNull(watches.get(i).end());
                }
            } finally {
                clients.forEach(SpiceClient::close);
                runner.stop();
                guest.join();
            }
            Await.until(
                    PATIENCE,
                    () -> Proc.descriptors(self) <= descriptors
                            && server.server().displays() == 0,
                    () -> descriptors + " descriptors, now " + Proc.descriptors(self));
            Await.until(
                    PATIENCE,
                    () -> mappings("memfd:spiceshm-lock-step") == 0 && readOnlyMappings() == 0,
                    () -> "no mapping of a client: " + Proc.segments(self));
        }
    }

    private static long mappings(String name) {
        return Proc.mappings(ProcessHandle.current().pid(), name).size();
    }

    private static long readOnlyMappings() {
        return Proc.segments(ProcessHandle.current().pid()).stream()
                .filter(line -> line.contains(" r--s "))
                .count();
    }

    private static void add(ConnectOptions options, Watch watch, List<Watch> watches, List<SpiceClient> clients)
            throws IOException {
        watches.add(watch);
        clients.add(SpiceClient.connect(options.withTimeout(PATIENCE).withListener(watch)));
    }

    /** Waits until every client has been told so many times more. */
    private static void awaitAll(List<Watch> watches, int times) {
        List<Long> wanted =
                watches.stream().map(watch -> watch.damages() + times).toList();
        Await.until(
                PATIENCE,
                () -> {
                    for (int i = 0; i < watches.size(); i++) {
                        if (watches.get(i).damages() < wanted.get(i)) {
                            return false;
                        }
                    }
                    return true;
                },
                () -> times + " damages for each of " + watches.size() + ", got "
                        + watches.stream().map(Watch::damages).toList());
    }

    private static long worstP99(List<Watch> watches) {
        return watches.stream().mapToLong(Watch::takeP99).max().orElse(0);
    }

    /** One in each mode that never reads, one that is slow, and ten that die in the middle of something. */
    private static void trouble(InProcessServer server, List<AutoCloseable> made)
            throws IOException, MalformedMessageException {
        ShmPeer stuck = new ShmPeer(server.path(), FEATURES);
        made.add(stuck);
        stuck.awaitSurface();
        RawChannel stuckMain = RawChannel.main(server.path());
        made.add(stuckMain);
        RawChannel stuckNormal = RawChannel.display(server.path(), stuckMain.sessionId(), Capabilities.NONE);
        made.add(stuckNormal);
        stuckNormal.send(new DisplayClientMessage.Init(1, 1 << 20, 0, 0));
        made.add(SpiceClient.connect(server.options().withTimeout(PATIENCE).withListener(new Watch(SLOW_NANOS))));
        for (int i = 0; i < CRASHES; i++) {
            crash(server, i);
        }
    }

    /** Dies before its answer, in the middle of it, behind it, or with damage on its way. */
    private static void crash(InProcessServer server, int how) throws IOException, MalformedMessageException {
        Numbering numbering = Numbering.CURRENT;
        try (RawChannel main = RawChannel.main(server.path());
                RawChannel display = RawChannel.display(
                        server.path(), main.sessionId(), Capabilities.of(numbering.capabilityBit()))) {
            display.readUntil(numbering.offer());
            display.readDescriptor().close();
            if (how % 4 == 1) {
                display.sendBytes(new byte[] {(byte) numbering.reply(), 3, 8, 0, 0, 0, 1});
            } else if (how % 4 >= 2) {
                display.send(new DisplayClientMessage.Init(1, 1 << 20, 0, 0));
                display.send(new ShmReply(true, FEATURES));
                if (how % 4 == 3) {
                    display.readUntil(numbering.damage());
                }
            }
        }
    }

    private static void close(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
