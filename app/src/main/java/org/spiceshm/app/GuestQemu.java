package org.spiceshm.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A QEMU in a process of its own, and what its guest says on the serial line. It ends with {@link #close}, or with us. */
final class GuestQemu implements AutoCloseable {
    private static final long END_SECONDS = 10;

    private final Process process;
    private final Thread killer;
    private final CountDownLatch seen = new CountDownLatch(1);
    private final String marker;
    private volatile @Nullable String lastLine;

    private GuestQemu(Process process, String marker, Consumer<String> listener) {
        this.process = process;
        this.marker = marker;
        killer = new Thread(process::destroyForcibly, "kill-qemu");
        Runtime.getRuntime().addShutdownHook(killer);
        Thread.ofPlatform().name("qemu-serial").daemon().start(() -> read(listener));
    }

    /**
     * Starts it.
     *
     * @param command the program and all its arguments; its serial line is its stdout
     * @param marker what {@link #awaitMarker} waits for
     * @param listener hears every line, on a thread of its own
     */
    static GuestQemu start(List<String> command, String marker, Consumer<String> listener) throws IOException {
        return new GuestQemu(
                new ProcessBuilder(command).redirectErrorStream(true).start(), marker, listener);
    }

    private void read(Consumer<String> listener) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.isBlank()) {
                    lastLine = line.strip();
                }
                if (line.contains(marker)) {
                    seen.countDown();
                }
                listener.accept(line);
            }
        } catch (IOException e) {
            // Killed: the line has ended.
        }
    }

    /** Whether a line with the marker came in time; false as soon as QEMU has ended. */
    boolean awaitMarker(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() - deadline < 0 && process.isAlive()) {
            if (seen.await(100, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return seen.getCount() == 0;
    }

    /** The last that it said. */
    String lastLine() {
        String line = lastLine;
        return line == null ? "nothing" : line;
    }

    @Override
    public void close() {
        process.destroy();
        boolean interrupted = false;
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            interrupted = true;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // The program is ending, and the hook runs anyway.
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
