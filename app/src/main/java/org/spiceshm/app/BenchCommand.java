package org.spiceshm.app;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.Display;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.guestdriver.Scene;
import org.spiceshm.guestdriver.Scenes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code bench}: a scene in one process, its only client in this one.
 *
 * <p>Each command shows its number in its first pixel, and the time of its push stands in a table that both processes
 * map. At every damage the client reads the numbers that it can see now: the newest tells how many commands have been
 * delivered; each rectangle gives a latency from ring push to the client's knowing. Full frames run with two in flight,
 * the rest as fast as the card takes them; {@code --window} or {@code --fps} paces them instead.
 */
@Command(name = "bench", description = "Measures a scene from the guest's ring to a client.")
final class BenchCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final double SETTLE_SECONDS = 0.5;
    private static final int FULL_WINDOW = 2;
    private static final int SEQUENCE_MASK = 0xff_ffff;
    private static final int MOST_WATCHERS = 200;

    @Option(names = "--scene", paramLabel = "NAME", description = "full, tiles, text, fills, pixels, scroll, solid")
    private String scene = "full";

    @Option(names = "--size", paramLabel = "WxH", description = "size of the primary")
    private String size = "1024x768";

    @Option(names = "--mode", paramLabel = "shm|normal", description = "how the client looks at it")
    private Mode mode = Mode.SHM;

    @Option(
            names = "--damage",
            paramLabel = "socket|ring|handled",
            description =
                    "how damage comes in shared memory: as messages, by the ring, or in a segment of the client's own")
    private Way way = Way.SOCKET;

    @Option(names = "--spin", description = "with --damage ring: the client never sleeps")
    private boolean spin;

    @Option(
            names = "--watchers",
            paramLabel = "N",
            description = "so many more clients look on, in the client's process")
    private int watchers;

    @Option(names = "--seconds", paramLabel = "N", description = "how long to measure")
    private double seconds = 5;

    @Option(names = "--warm", paramLabel = "N", description = "seconds before that")
    private double warm = 2;

    @Option(names = "--fps", paramLabel = "N", description = "commands a second, one at a time")
    private double framesPerSecond;

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "commands in flight; 0: 2 for full frames, else no limit")
    private int window;

    @Option(names = "--json", description = "one JSON object")
    private boolean json;

    /** The words for {@link Damage}. */
    enum Way {
        SOCKET,
        RING,
        HANDLED
    }

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        checkOptions();
        Path directory = Files.createTempDirectory("spiceshm-bench");
        Path socket = directory.resolve("s");
        Path stamps = directory.resolve("stamps");
        try (Stamps table = new Stamps(stamps);
                ChildProcess server = startServer(socket, stamps)) {
            server.readLine();
            measure(server, table, socket);
        } finally {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(stamps);
            Files.delete(directory);
        }
        return 0;
    }

    private void checkOptions() throws CommandFailure {
        if (!(seconds > 0 && warm >= 0 && framesPerSecond >= 0 && window >= 0)) {
            throw CommandFailure.usage("--seconds, --warm, --fps and --window: expected positive numbers");
        }
        if (mode == Mode.AUTO) {
            throw CommandFailure.usage("--mode: got auto, expected shm or normal");
        }
        if (mode == Mode.NORMAL && way != Way.SOCKET) {
            throw CommandFailure.usage("--damage: got " + word(way) + " in normal mode, expected shared memory");
        }
        if (spin && way != Way.RING) {
            throw CommandFailure.usage("--spin: got it with --damage " + word(way) + ", expected ring");
        }
        if (!(0 <= watchers && watchers <= MOST_WATCHERS)) {
            throw CommandFailure.usage("--watchers: got " + watchers + ", expected 0.." + MOST_WATCHERS);
        }
        // Throws what is wrong with either.
        Scene checked = Scenes.of(scene, Sizes.width(size), Sizes.height(size));
        assert checked.name().equals(scene);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private Damage damage() {
        return switch (way) {
            case SOCKET -> Damage.SOCKET;
            case RING -> spin ? Damage.SPINNING_RING : Damage.RING;
            case HANDLED -> Damage.HANDLED;
        };
    }

    private ChildProcess startServer(Path socket, Path stamps) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "bench-server",
                "--scene",
                scene,
                "--size",
                size,
                "--socket",
                socket.toString(),
                "--stamps",
                stamps.toString()));
        if (framesPerSecond > 0) {
            arguments.addAll(List.of("--fps", Double.toString(framesPerSecond)));
        } else if (window > 0 || scene.equals("full") || scene.equals("solid")) {
            arguments.addAll(List.of("--window", Integer.toString(window > 0 ? window : FULL_WINDOW)));
        }
        return ChildProcess.start(arguments.toArray(new String[0]));
    }

    /** Counters at one moment. */
    private record Mark(
            long nanos,
            long delivered,
            long pixels,
            long bytes,
            long pushed,
            long serverCpu,
            long clientCpu,
            long allocated) {}

    private void measure(ChildProcess server, Stamps table, Path socket)
            throws IOException, CommandFailure, InterruptedException {
        Meter meter = new Meter(table, server.input(), Sizes.height(size), scene.equals("scroll"));
        ConnectOptions options = ConnectOptions.to(new SpiceUri.Unix(socket))
                .withMode(mode)
                .withDamage(damage())
                .withTimeout(LIMIT)
                .withListener(meter);
        try (SpiceClient client = SpiceClient.connect(options);
                Watchers others = Watchers.connect(options.withListener(DisplayListener.NONE), watchers)) {
            meter.display = client.display();
            meter.say('s');
            if (!meter.begun.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw CommandFailure.failed("bench: got no damage within " + LIMIT.toSeconds() + " s");
            }
            meter.sleep(warm);
            if (framesPerSecond > 0) {
                meter.say('p');
                meter.sleep(SETTLE_SECONDS);
            }
            Mark first = mark(server, meter, client);
            meter.latency.reset();
            meter.sleep(seconds);
            Mark last = mark(server, meter, client);
            requireWay(client.display());
            print(server.pid(), first, last, meter.latency.getIntervalHistogram());
            others.requireOpen();
        }
    }

    private void requireWay(Display display) throws CommandFailure {
        if (display.damage() != damage()) {
            throw CommandFailure.failed(
                    "bench: got damage by " + word(display.damage()) + ", expected " + word(damage()));
        }
    }

    private static Mark mark(ChildProcess server, Meter meter, SpiceClient client) throws IOException {
        meter.say('m');
        String[] counters = server.readLine().split(" ");
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long bytes = WatchCommand.displayBytes(client);
        return new Mark(
                System.nanoTime(),
                meter.delivered,
                meter.pixels,
                bytes,
                Long.parseLong(counters[0]),
                Long.parseLong(counters[1]),
                system.getProcessCpuTime(),
                Long.parseLong(counters[2]));
    }

    private void print(long serverPid, Mark first, Mark last, Histogram latency) {
        double took = (last.nanos - first.nanos) / 1e9;
        long delivered = last.delivered - first.delivered;
        double each = Math.max(1, delivered);
        Json figures = new Json()
                .put("scene", scene)
                .put("size", size)
                .put("mode", word(mode))
                .put("damage", word(damage()))
                .put("watchers", watchers)
                .put("server_pid", serverPid)
                .put("client_pid", ProcessHandle.current().pid())
                .put("seconds", took)
                .put("pushed_per_s", (last.pushed - first.pushed) / took)
                .put("delivered_per_s", delivered / took)
                .put("mpixel_per_s", (last.pixels - first.pixels) / took / 1e6)
                .put("latency_p50_us", latency.getValueAtPercentile(50) / 1e3)
                .put("latency_p99_us", latency.getValueAtPercentile(99) / 1e3)
                .put("latency_p999_us", latency.getValueAtPercentile(99.9) / 1e3)
                .put("latency_max_us", latency.getMaxValue() / 1e3)
                .put("server_cpu_us_per_frame", (last.serverCpu - first.serverCpu) / each / 1e3)
                .put("client_cpu_us_per_frame", (last.clientCpu - first.clientCpu) / each / 1e3)
                .put("socket_bytes_per_frame", (last.bytes - first.bytes) / each)
                .put("allocated_bytes_per_command", (last.allocated - first.allocated) / each);
        if (json) {
            System.out.println(figures);
            return;
        }
        System.out.println(String.format(
                Locale.ROOT,
                "scene %s, %s, mode %s, damage by %s; server process %d, client process %d; %.1f s%n"
                        + "delivered             %12.0f /s%n"
                        + "damaged               %12.1f Mpixel/s%n"
                        + "latency push to known %12.1f us p50 %10.1f p99 %10.1f p99.9 %10.1f max%n"
                        + "CPU per frame         %12.2f us server %9.2f us client%n"
                        + "socket per frame      %12.1f bytes%n"
                        + "allocated per command %12.3f bytes",
                scene,
                size,
                word(mode),
                word(damage()),
                serverPid,
                ProcessHandle.current().pid(),
                took,
                delivered / took,
                (last.pixels - first.pixels) / took / 1e6,
                latency.getValueAtPercentile(50) / 1e3,
                latency.getValueAtPercentile(99) / 1e3,
                latency.getValueAtPercentile(99.9) / 1e3,
                latency.getMaxValue() / 1e3,
                (last.serverCpu - first.serverCpu) / each / 1e3,
                (last.clientCpu - first.clientCpu) / each / 1e3,
                (last.bytes - first.bytes) / each,
                (last.allocated - first.allocated) / each));
    }

    /** Counts on the display thread. */
    private static final class Meter implements DisplayListener {
        private static final long HIGHEST_NANOS = 60_000_000_000L;
        private static final int SCROLL_LINE = 16;

        private final Stamps stamps;
        private final OutputStream server;
        private final int lastLineTop;
        private final boolean lastLineOnly;
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch ended = new CountDownLatch(1);
        private final SingleWriterRecorder latency = new SingleWriterRecorder(HIGHEST_NANOS, 3);
        private final byte[] acks = new byte[4096];
        private volatile @Nullable SpiceClientException reason;
        private volatile @Nullable Display display;
        private volatile long delivered;
        private volatile long pixels;

        Meter(Stamps stamps, OutputStream server, int height, boolean scroll) {
            this.stamps = stamps;
            this.server = server;
            this.lastLineTop = height - SCROLL_LINE;
            this.lastLineOnly = scroll;
            Arrays.fill(acks, (byte) 'a');
        }

        synchronized void say(char word) throws IOException {
            server.write(word);
            server.flush();
        }

        void sleep(double seconds) throws InterruptedException, CommandFailure {
            if (ended.await((long) (seconds * 1e9), TimeUnit.NANOSECONDS)) {
                SpiceClientException why = reason;
                throw CommandFailure.failed(why == null ? "closed" : String.valueOf(why.getMessage()));
            }
        }

        @Override
        public void damage(DamageView damage) {
            Display shown = display;
            if (shown == null) {
                return;
            }
            long now = System.nanoTime();
            long newest = delivered;
            long area = 0;
            for (int i = 0; i < damage.rectCount(); i++) {
                int top = damage.top(i);
                int left = damage.left(i);
                area += (long) (damage.right(i) - left) * (damage.bottom(i) - top);
                if (!lastLineOnly || top == lastLineTop) {
                    newest = Math.max(newest, see(shown.pixel(left, top), delivered, now));
                }
            }
            begun.countDown();
            acknowledge(newest - delivered);
            long pixelsBefore = pixels;
            pixels = pixelsBefore + area;
            delivered = newest;
        }

        /** How many commands a pixel proves, by the 24 bits of its number, taken to be near the newest; its latency counts. */
        private long see(int shown, long known, long now) {
            long newest = known - 1;
            long sequence = newest + signed24(shown - (int) newest);
            long pushed = stamps.get(sequence);
            if (sequence >= 0 && pushed != 0 && pushed <= now) {
                latency.recordValue(Math.min(now - pushed, HIGHEST_NANOS));
                return sequence + 1;
            }
            return known;
        }

        private static int signed24(int difference) {
            return (difference & SEQUENCE_MASK) << 8 >> 8;
        }

        private void acknowledge(long count) {
            try {
                for (long left = count; left > 0; left -= acks.length) {
                    synchronized (this) {
                        server.write(acks, 0, (int) Math.min(left, acks.length));
                        server.flush();
                    }
                }
            } catch (IOException e) {
                // The server's end is told by its connection.
            }
        }

        @Override
        public void closed(SpiceClientException why) {
            reason = why;
            ended.countDown();
        }
    }
}
