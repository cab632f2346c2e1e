package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.TornPictureException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code shot}: one whole picture of a screen, without disturbing anybody who looks at it. */
@Command(name = "shot", description = "Saves one picture of a screen.")
final class ShotCommand implements Callable<Integer> {
    private static final int NANOS_PER_SECOND = 1_000_000_000;
    private static final int MOST_SECONDS = 1_000_000;

    @Mixin
    private ClientOptions client = new ClientOptions();

    @Parameters(index = "1", paramLabel = "OUT.png", description = "where to save it")
    private Path out = Path.of("");

    @Option(names = "--mode", paramLabel = "auto|shm|normal", description = "how the picture may come")
    private Mode mode = Mode.AUTO;

    @Option(names = "--wait-stable", paramLabel = "MILLIS", description = "wait until no pixel changed for so long")
    private @Nullable Long waitStable;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "give up after so long; 10 without")
    private double timeout = 10;

    @Option(names = "--pointer", description = "with the pointer")
    private boolean pointer;

    @Override
    public Integer call() throws IOException, CommandFailure {
        if (!(0 < timeout && timeout <= MOST_SECONDS)
                || (waitStable != null && !(0 <= waitStable && waitStable <= MOST_SECONDS * 1000L))) {
            throw CommandFailure.usage(
                    "--timeout and --wait-stable: expected positive numbers, at most a million seconds");
        }
        Deadline deadline = Deadline.in(Duration.ofNanos((long) (timeout * NANOS_PER_SECOND)));
        Frame frame;
        try {
            frame = take(mode, deadline);
        } catch (TornPictureException e) {
            if (mode != Mode.AUTO) {
                throw e;
            }
            frame = take(Mode.NORMAL, deadline);
        }
        Pictures.save(out, frame::toPng);
        return 0;
    }

    private Frame take(Mode asked, Deadline deadline) throws IOException, CommandFailure {
        ConnectOptions options = client.connect(asked, Duration.ofNanos(Math.max(1, deadline.remainingNanos())));
        try (SpiceClient connected = SpiceClient.connect(pointer ? options.withCursor() : options)) {
            System.err.println("mode: " + (connected.isUsingSharedMemory() ? "shared memory" : "normal") + " ("
                    + connected.display().modeReason() + ")");
            Frame frame = waitStable == null
                    ? connected.display().capture(deadline)
                    : connected.display().awaitStable(waitStable, deadline);
            return pointer ? frame.withPointer(connected.awaitCursor(deadline)) : frame;
        }
    }
}
