package org.spiceshm.app;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.ChannelStatistics;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.SurfaceFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code watch}: damage, rates and latency of a screen, a line a second. */
@Command(name = "watch", description = "Tells what changes on a screen.")
final class WatchCommand implements Callable<Integer> {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    @Mixin
    private ClientOptions client = new ClientOptions();

    @Option(names = "--seconds", paramLabel = "N", description = "end after so long; without, never")
    private long seconds = Long.MAX_VALUE;

    @Option(names = "--json", description = "one JSON object a line")
    private boolean json;

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        if (!(seconds > 0)) {
            throw CommandFailure.usage("--seconds: got " + seconds + ", expected 1 or more");
        }
        Counter counter = new Counter();
        try (SpiceClient connected =
                SpiceClient.connect(client.connect(Mode.AUTO, CONNECT_LIMIT).withListener(counter))) {
            System.err.println("mode: " + (connected.isUsingSharedMemory() ? "shared memory" : "normal") + " ("
                    + connected.display().modeReason() + ")");
            long begin = System.nanoTime();
            long bytes = displayBytes(connected);
            for (long second = 1; second <= seconds; second++) {
                long due = begin + TimeUnit.SECONDS.toNanos(second) - System.nanoTime();
                if (counter.ended.await(due, TimeUnit.NANOSECONDS)) {
                    SpiceClientException reason = counter.reason;
                    throw CommandFailure.failed(reason == null ? "closed" : String.valueOf(reason.getMessage()));
                }
                long now = displayBytes(connected);
                print(second, counter, now - bytes);
                bytes = now;
            }
        }
        return 0;
    }

    /** What has come over the display channel's socket so far. */
    static long displayBytes(SpiceClient connected) {
        long bytes = 0;
        for (ChannelStatistics channel : connected.statistics()) {
            bytes += channel.type() == ChannelType.DISPLAY ? channel.bytesRead() : 0;
        }
        return bytes;
    }

    private void print(long second, Counter counter, long bytes) {
        Counter.Second counts = counter.take();
        Histogram latency = counts.latency;
        if (json) {
            System.out.println(new Json()
                    .put("second", second)
                    .put("width", counter.width)
                    .put("height", counter.height)
                    .put("damages", counts.damages)
                    .put("rects", counts.rects)
                    .put("mpixels", counts.pixels / 1e6)
                    .put("bytes", bytes)
                    .put("latency_p50_us", latency.getValueAtPercentile(50) / 1e3)
                    .put("latency_p99_us", latency.getValueAtPercentile(99) / 1e3)
                    .put("latency_max_us", latency.getMaxValue() / 1e3));
        } else {
            System.out.println(String.format(
                    Locale.ROOT,
                    "%4d s  %dx%d  %6d damages  %7d rectangles  %9.2f Mpixel  %9d bytes  latency us p50 %.0f p99 %.0f max %.0f",
                    second,
                    counter.width,
                    counter.height,
                    counts.damages,
                    counts.rects,
                    counts.pixels / 1e6,
                    bytes,
                    latency.getValueAtPercentile(50) / 1e3,
                    latency.getValueAtPercentile(99) / 1e3,
                    latency.getMaxValue() / 1e3));
        }
        System.out.flush();
    }

    /** Counts on the display thread; read once a second by another. */
    static final class Counter implements DisplayListener {
        private static final long HIGHEST_NANOS = 3_600_000_000_000L;

        private final SingleWriterRecorder latency = new SingleWriterRecorder(HIGHEST_NANOS, 3);
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile @Nullable SpiceClientException reason;
        private volatile int width;
        private volatile int height;
        private long damages;
        private long rects;
        private long pixels;

        record Second(long damages, long rects, long pixels, Histogram latency) {}

        synchronized Second take() {
            Second second = new Second(damages, rects, pixels, latency.getIntervalHistogram());
            damages = 0;
            rects = 0;
            pixels = 0;
            return second;
        }

        @Override
        public void primaryCreated(int widthPixels, int heightPixels, SurfaceFormat format, boolean sharedMemory) {
            width = widthPixels;
            height = heightPixels;
        }

        @Override
        public synchronized void damage(DamageView damage) {
            damages++;
            rects += damage.rectCount();
            for (int i = 0; i < damage.rectCount(); i++) {
                pixels += (long) (damage.right(i) - damage.left(i)) * (damage.bottom(i) - damage.top(i));
            }
            if (damage.readNanos() != 0) {
                latency.recordValue(Math.clamp(System.nanoTime() - damage.readNanos(), 0, HIGHEST_NANOS));
            }
        }

        @Override
        public void closed(SpiceClientException why) {
            reason = why;
            ended.countDown();
        }
    }
}
