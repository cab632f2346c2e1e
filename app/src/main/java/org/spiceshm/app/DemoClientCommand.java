package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The watching half of {@code demo}: says {@code connected}; at the end of its input it saves the screen and reports. */
@Command(name = "demo-client", hidden = true)
final class DemoClientCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Parameters(index = "0")
    private Path socket = Path.of("");

    @Parameters(index = "1")
    private Path out = Path.of("");

    @Override
    public Integer call() throws IOException {
        WatchCommand.Counter counter = new WatchCommand.Counter();
        ConnectOptions options = ConnectOptions.to(new SpiceUri.Unix(socket))
                .withMode(Mode.SHM)
                .withTimeout(LIMIT)
                .withListener(counter);
        try (SpiceClient client = SpiceClient.connect(options)) {
            System.out.println("connected");
            System.out.flush();
            while (System.in.read() >= 0) {
                // Only its end says something.
            }
            Frame frame = client.display().capture(Deadline.in(LIMIT));
            Pictures.save(out, frame::toPng);
            WatchCommand.Counter.Second counts = counter.take();
            Histogram latency = counts.latency();
            long bytes = WatchCommand.displayBytes(client);
            System.out.println(String.join(
                    " ",
                    Long.toString(counts.damages()),
                    Long.toString(counts.rects()),
                    Long.toString(counts.pixels()),
                    Long.toString(bytes),
                    Long.toString(latency.getValueAtPercentile(50)),
                    Long.toString(latency.getValueAtPercentile(99)),
                    Long.toString(latency.getMaxValue()),
                    Long.toString(client.display().segmentBytes())));
            System.out.flush();
        }
        return 0;
    }
}
