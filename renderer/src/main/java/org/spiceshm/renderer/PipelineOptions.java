package org.spiceshm.renderer;

import org.jspecify.annotations.Nullable;

/**
 * How the pipeline runs.
 *
 * @param slots size of its ring; a power of two
 * @param oneThread whether damage and release run on the render thread, which is faster on few cores
 * @param spins looks at an empty ring before the thread sleeps
 * @param roomBytes what the first segment has room for, for each of two primaries
 * @param trace hears of every slot before its release; then slots note what they read, and the pipeline allocates
 */
public record PipelineOptions(
        int slots,
        boolean oneThread,
        int spins,
        long roomBytes,
        @Nullable TraceSink trace) {
    private static final int CORES_FOR_THREADS = 4;

    /** 256 slots, one thread below four cores, room for 16 MiB, no trace. */
    public static PipelineOptions defaults() {
        return new PipelineOptions(
                256, Runtime.getRuntime().availableProcessors() < CORES_FOR_THREADS, 200, 16 << 20, null);
    }

    /** The same with a trace. */
    public PipelineOptions withTrace(@Nullable TraceSink sink) {
        return new PipelineOptions(slots, oneThread, spins, roomBytes, sink);
    }

    /** The same with another first segment. */
    public PipelineOptions withRoomBytes(long bytes) {
        return new PipelineOptions(slots, oneThread, spins, bytes, trace);
    }

    /** The same with stages on one thread or on several. */
    public PipelineOptions withOneThread(boolean one) {
        return new PipelineOptions(slots, one, spins, roomBytes, trace);
    }
}
