package org.spiceshm.app;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * When each command was pushed, in a file that two processes map: entry {@code sequence mod 2^20} is CLOCK_MONOTONIC in
 * nanoseconds, 0 if never. One writer, any number of readers.
 */
final class Stamps implements AutoCloseable {
    private static final int COUNT = 1 << 20;
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment table;

    Stamps(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            table = channel.map(FileChannel.MapMode.READ_WRITE, 0, 8L * COUNT, arena);
        }
    }

    void set(long sequence, long nanos) {
        LONG.setRelease(table, 8 * (sequence & (COUNT - 1)), nanos);
    }

    long get(long sequence) {
        return (long) LONG.getAcquire(table, 8 * (sequence & (COUNT - 1)));
    }

    @Override
    public void close() {
        arena.close();
    }
}
