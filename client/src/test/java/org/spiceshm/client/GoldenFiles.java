package org.spiceshm.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * A set of golden vectors: files by their names. They are a zip among the test resources, or in the directory that
 * {@code -Dgolden.dir} names, as {@code SET/} or {@code SET.zip}; one file more is one case more.
 */
final class GoldenFiles {
    private GoldenFiles() {}

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
