package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts what this process holds. */
final class Leaks {
    private static final int ROUNDS = 10;

    interface Action {
        void run() throws Exception;
    }

    private Leaks() {}

    static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(FakeSegment.NAME)).count();
        }
    }

    static void assertNone(Action action) throws Exception {
        action.run(); // the first round loads classes, and so opens files
        long descriptors = descriptors();
        long mappings = mappings();
        for (int i = 0; i < ROUNDS; i++) {
            action.run();
        }
        assertEquals(mappings, mappings(), "mappings");
        assertEquals(descriptors, descriptors(), "descriptors");
    }
}
