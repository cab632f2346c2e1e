package org.spiceshm.server;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * The thread that compresses, for all clients of a server in the order in which they ask; each has one picture and one
 * batch of damage under way at most. It starts with the first job and lives until {@link #close}.
 */
final class EncodingThread implements AutoCloseable {
    private final Compressor compressor = new Compressor();
    private final ExecutorService executor = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("spice-encode").daemon().factory());

    /** Runs a job that must not throw. Any thread; after {@link #close} nothing happens. */
    void execute(Consumer<Compressor> job) {
        try {
            executor.execute(() -> job.accept(compressor));
        } catch (RejectedExecutionException e) {
            // The server ends, and with it everybody who would have been told.
        }
    }

    /** Lets the job under way end; the others are forgotten. */
    @Override
    public void close() {
        executor.shutdownNow();
        executor.close();
    }
}
