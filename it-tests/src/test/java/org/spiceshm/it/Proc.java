package org.spiceshm.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of a process. */
final class Proc {
    static final String SEGMENT = "memfd:spiceshm-framebuffer";

    private Proc() {}

    /** Lines of its memory map that name the shared framebuffer. */
    static List<String> segments(long pid) {
        return mappings(pid, SEGMENT);
    }

    /** Lines of its memory map that have this in them. */
    static List<String> mappings(long pid, String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "maps"))) {
            return lines.filter(line -> line.contains(name)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many descriptors it has open. */
    static long descriptors(long pid) {
        try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
