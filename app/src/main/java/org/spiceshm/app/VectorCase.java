package org.spiceshm.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The JSON of one golden vector, or an object inside it: the fields by name, as far as anybody asks for them. */
record VectorCase(Map<String, Object> fields) {
    private static final long MAX_FILE_BYTES = 64 << 20;
    private static final int MAX_DEPTH = 32;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read, or is not one JSON object
     */
    static VectorCase read(Path file) throws IOException {
        try (JsonParser parser = JSON.createParser(bytes(file))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("json: got " + parser.currentToken() + ", expected an object");
            }
            return new VectorCase(object(parser));
        }
    }

    /** A file that may belong to a vector, whole. */
    static byte[] bytes(Path file) throws IOException {
        long size = Files.size(file);
        if (!(size <= MAX_FILE_BYTES)) {
            throw new IOException(file.getFileName() + ": got " + size + " bytes, expected at most " + MAX_FILE_BYTES);
        }
        return Files.readAllBytes(file);
    }

    /** A string; empty if it is not there. */
    String text(String name) {
        return fields.get(name) instanceof String text ? text : "";
    }

    /**
     * A whole number of 32 bits.
     *
     * @throws IOException if it is not there, or larger
     */
    int number(String name) throws IOException {
        if (fields.get(name) instanceof Long number && 0 <= number && number <= 0xffff_ffffL) {
            return (int) (long) number;
        }
        throw new IOException("json: " + name + ": got " + fields.get(name) + ", expected 0 to 2^32-1");
    }

    /** The same, or {@code otherwise} if it is not there. */
    int number(String name, int otherwise) throws IOException {
        return fields.containsKey(name) ? number(name) : otherwise;
    }

    /** The objects of a list; none if it is not there. */
    List<VectorCase> objects(String name) {
        List<VectorCase> objects = new ArrayList<>();
        if (fields.get(name) instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof VectorCase object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> fields = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> new VectorCase(object(parser));
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(value(parser));
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> "";
            case null, default -> throw new IOException("json: got " + parser.currentToken() + ", expected a value");
        };
    }
}
