package org.spiceshm.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * A set of golden vectors: files by their names. They are a zip among the test resources, or in the directory that
 * {@code -Dgolden.dir} names, as {@code SET/} or {@code SET.zip}; one file more is one case more.
 */
final class GoldenFiles {
    private GoldenFiles() {}

    /** What follows a header on the wire, and its type. */
    @SuppressWarnings("ArrayRecordComponent") // INVARIANT: nobody compares two of them.
    record Message(int type, byte[] body) {}

    /** The messages of a NAME.msgs.gz. */
    static List<Message> messages(byte[] compressed) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes())
                .order(ByteOrder.LITTLE_ENDIAN);
        List<Message> messages = new ArrayList<>();
        while (in.hasRemaining()) {
            int type = Short.toUnsignedInt(in.getShort());
            byte[] body = new byte[in.getInt()];
            in.get(body);
            messages.add(new Message(type, body));
        }
        return messages;
    }

    static Map<String, byte[]> load(String set) throws IOException {
        String directory = System.getProperty("golden.dir");
        if (directory == null) {
            try (InputStream in = GoldenFiles.class.getResourceAsStream("/golden/" + set + ".zip")) {
                return unzip(Objects.requireNonNull(in, set));
            }
        }
        Path folder = Path.of(directory, set);
        if (!Files.isDirectory(folder)) {
            try (InputStream in = Files.newInputStream(Path.of(directory, set + ".zip"))) {
                return unzip(in);
            }
        }
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static Map<String, byte[]> unzip(InputStream in) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        ZipInputStream zip = new ZipInputStream(in);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (!entry.isDirectory()) {
                files.put(entry.getName().substring(entry.getName().lastIndexOf('/') + 1), zip.readAllBytes());
            }
        }
        return files;
    }
}
