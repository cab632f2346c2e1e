package org.spiceshm.app;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.guestdriver.GuestControl.Clock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code guest-viewer}: how old the stamped frames of a real guest are when a client in shared memory has them, and what
 * they cost; for {@code benchmarks/peers/run --guest}.
 */
@Command(name = "guest-viewer", hidden = true)
final class GuestViewerCommand implements Callable<Integer> {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    @Mixin
    private ClientOptions client = new ClientOptions();

    @Option(names = "--offset", required = true, description = "the guest's CLOCK_MONOTONIC minus ours, ns")
    private long offsetNanos;

    @Option(names = "--seconds", required = true)
    private double seconds;

    @Option(names = "--pids", split = ",", description = "whose CPU time counts as the server's")
    private long[] pids = new long[0];

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        Viewer viewer = new Viewer(new StampedFrames(new Clock(offsetNanos, 0)));
        try (SpiceClient connected =
                SpiceClient.connect(client.connect(Mode.SHM, CONNECT_LIMIT).withListener(viewer))) {
            viewer.stamps.watch(connected.display());
            long serverBefore = cpuNanos(pids);
            long clientBefore = cpuNanos(ProcessHandle.current().pid());
            long begin = System.nanoTime();
            if (viewer.ended.await((long) (seconds * 1e9), TimeUnit.NANOSECONDS)) {
                throw CommandFailure.failed("guest-viewer: the server has closed the connection");
            }
            double took = (System.nanoTime() - begin) / 1e9;
            double each = Math.max(1, viewer.stamps.count());
            System.out.println(new Json()
                    .put("seconds", took)
                    .put("delivered_per_s", viewer.stamps.count() / took)
                    .put("latency_p50_us", viewer.stamps.ageMicros(50))
                    .put("latency_p90_us", viewer.stamps.ageMicros(90))
                    .put("latency_p99_us", viewer.stamps.ageMicros(99))
                    .put("latency_p999_us", viewer.stamps.ageMicros(99.9))
                    .put("server_cpu_us_per_frame", (cpuNanos(pids) - serverBefore) / each / 1e3)
                    .put(
                            "client_cpu_us_per_frame",
                            (cpuNanos(ProcessHandle.current().pid()) - clientBefore) / each / 1e3));
        }
        return 0;
    }

    private static long cpuNanos(long... pids) {
        long sum = 0;
        for (long pid : pids) {
            sum += ProcessHandle.of(pid)
                    .flatMap(process -> process.info().totalCpuDuration())
                    .map(Duration::toNanos)
                    .orElse(0L);
        }
        return sum;
    }

    private record Viewer(StampedFrames stamps, CountDownLatch ended) implements DisplayListener {
        Viewer(StampedFrames stamps) {
            this(stamps, new CountDownLatch(1));
        }

        @Override
        public void damage(DamageView damage) {
            stamps.damage(damage);
        }

        @Override
        public void closed(SpiceClientException why) {
            ended.countDown();
        }
    }
}
