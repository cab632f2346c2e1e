package org.spiceshm.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The recordings of real guests; {@code -Drecordings.dir} names another directory of them. */
final class Recordings {
    private static final String SUFFIX = ".rec.xz";
    private static final Pattern CHECKPOINT =
            Pattern.compile("\"picture\"\\s*:\\s*\"([^\"]+)\"\\s*,\\s*\"events\"\\s*:\\s*(\\d+|null)");

    private Recordings() {}

    /** A moment of a recording, and what was on the guest's screen then. */
    record Checkpoint(String recording, Path truth, long events) {
        @Override
        public String toString() {
            return recording + " after " + events + " events";
        }
    }

    static Path directory() {
        return Path.of(System.getProperty("recordings.dir", "../recordings"))
                .toAbsolutePath()
                .normalize();
    }

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory())) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
                throw new IOException(directory() + ": got no recordings, expected some");
            }
            return names;
        }
    }

    static Path file(String name) {
        return directory().resolve(name + SUFFIX);
    }

    static Path truth(String name) {
        return directory().resolve(name + ".png");
    }

    /** All checkpoints but the ends. */
    static List<Checkpoint> checkpoints() throws IOException {
        List<Checkpoint> checkpoints = new ArrayList<>();
        for (String name : names()) {
            int ends = 0;
            Matcher matcher = CHECKPOINT.matcher(Files.readString(directory().resolve(name + ".json")));
            while (matcher.find()) {
                if (matcher.group(2).equals("null")) {
                    ends++;
                } else {
                    checkpoints.add(new Checkpoint(
                            name, directory().resolve(matcher.group(1)), Long.parseLong(matcher.group(2))));
                }
            }
            if (ends != 1) {
                throw new IOException(name + ".json: got " + ends + " checkpoints at the end, expected one");
            }
        }
        return checkpoints;
    }
}
