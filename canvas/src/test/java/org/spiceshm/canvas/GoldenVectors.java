package org.spiceshm.canvas;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A set of golden vectors: the files of a directory or of a zip, by their path in the set. They are the test resources of
 * {@code golden/}, or those of the directory that {@code -Dgolden.dir} names, which holds {@code SET/} or {@code SET.zip}.
 */
public final class GoldenVectors {
    private static final String DIRECTORY_PROPERTY = "golden.dir";

    private final Map<String, byte[]> files = new TreeMap<>();

    private GoldenVectors() {}

    /** Reads a whole set: {@code codec}, {@code canvas} or {@code wire}. */
    public static GoldenVectors load(String set) {
        GoldenVectors vectors = new GoldenVectors();
        String directory = System.getProperty(DIRECTORY_PROPERTY);
        try {
            if (directory == null) {
                try (InputStream zip = GoldenVectors.class.getResourceAsStream("/golden/" + set + ".zip")) {
                    vectors.readZip(set, Objects.requireNonNull(zip, set));
                }
            } else if (Files.isDirectory(Path.of(directory, set))) {
                vectors.readDirectory(Path.of(directory, set));
            } else {
                try (InputStream zip = Files.newInputStream(Path.of(directory, set + ".zip"))) {
                    vectors.readZip(set, zip);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return vectors;
    }

    private void readZip(String set, InputStream in) throws IOException {
        ZipInputStream zip = new ZipInputStream(in);
        String prefix = set + "/";
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (!entry.isDirectory()) {
                String name = entry.getName();
                files.put(name.startsWith(prefix) ? name.substring(prefix.length()) : name, zip.readAllBytes());
            }
        }
    }

    private void readDirectory(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.put(directory.relativize(path).toString(), Files.readAllBytes(path));
            }
        }
    }

    /** The bytes of one file. */
    public byte[] bytes(String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    /** Every case: the JSON files of the set's own directory but the index. */
    public List<Case> cases() {
        return files.keySet().stream()
                .filter(name -> name.endsWith(".json") && !name.equals("index.json") && !name.contains("/"))
                .map(name -> new Case(name.substring(0, name.length() - ".json".length()), json(name)))
                .toList();
    }

    private Map<String, @Nullable Object> json(String name) {
        try (JsonParser parser = new JsonFactory().createParser(bytes(name))) {
            parser.nextToken();
            return object(parser);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(Objects.requireNonNull(value(parser)));
                }
                yield elements;
            }
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> parser.getText();
        };
    }

    /** One case, or an object inside one: named values. */
    public record Case(String name, Map<String, @Nullable Object> values) {
        /** A string that must be there. */
        public String text(String key) {
            return (String) Objects.requireNonNull(values.get(key), key);
        }

        /** A number that must be there. */
        public int number(String key) {
            return Math.toIntExact((Long) Objects.requireNonNull(values.get(key), key));
        }

        /** Whether the flag is there and set. */
        public boolean flag(String key) {
            return Boolean.TRUE.equals(values.get(key));
        }

        /** Objects in a list that must be there; each has this case's name. */
        public List<Case> objects(String key) {
            List<Case> objects = new ArrayList<>();
            for (Object element : (List<?>) Objects.requireNonNull(values.get(key), key)) {
                @SuppressWarnings("unchecked") // JSON has no other keys
                Map<String, @Nullable Object> fields = (Map<String, @Nullable Object>) element;
                objects.add(new Case(name, fields));
            }
            return objects;
        }

        /** As JUnit shows it. */
        @Override
        public String toString() {
            return name;
        }
    }
}
