package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts this process's descriptors. */
final class Descriptors {
    private static final Path OPEN = Path.of("/proc/self/fd");
    private static final int ROUNDS = 50;

    interface Action {
        void run() throws Exception;
    }

    private Descriptors() {}

    static long count() throws IOException {
        try (Stream<Path> open = Files.list(OPEN)) {
            return open.count();
        }
    }

    static void assertNoLeak(Action action) throws Exception {
        action.run(); // the first round loads classes, and so opens files
        long before = count();
        for (int round = 0; round < ROUNDS; round++) {
            action.run();
        }
        assertEquals(before, count());
    }
}
