package org.spiceshm.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A line that QEMU says on its monitor (docs/interop/qmp-spec). Of values only the flat part is kept: whatever is nested
 * deeper is skipped. Numbers and truth values are kept as their text.
 */
sealed interface QmpMessage {
    /** The longest line that is taken; the longest answer to what we ask has some kilobytes. */
    int MAX_LINE_BYTES = 256 * 1024;

    /** The deepest nesting; answers to what we ask have three levels. */
    int MAX_DEPTH = 32;

    JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    /** The first line. */
    record Greeting() implements QmpMessage {}

    /** The answer to the command that was sent with {@code id}: an object is one row, an array one for each object. */
    record Return(String id, List<Map<String, String>> rows) implements QmpMessage {}

    /** The command that was sent with {@code id} has failed. */
    record Failure(String id, String description) implements QmpMessage {}

    /** Something has happened. */
    record Event(String name, Map<String, String> data) implements QmpMessage {}

    /** An object of another kind. */
    record Other() implements QmpMessage {}

    /**
     * Reads one line.
     *
     * @throws IOException if it is no JSON object, or nests too deeply
     */
    static QmpMessage parse(byte[] line, int length) throws IOException {
        try (JsonParser parser = JSON.createParser(line, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("QMP: got " + parser.currentToken() + ", expected an object");
            }
            return new Fields(parser).message();
        }
    }

    /** The fields of the outermost object, in whatever order they come. */
    final class Fields {
        private final JsonParser parser;
        private String id = "";
        private String event = "";
        private boolean greeting;
        private boolean answer;
        private boolean error;
        private Map<String, String> data = Map.of();
        private List<Map<String, String>> rows = List.of();

        private Fields(JsonParser parser) {
            this.parser = parser;
        }

        private QmpMessage message() throws IOException {
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                take(name);
            }
            if (parser.currentToken() != JsonToken.END_OBJECT) {
                throw new IOException("QMP: got " + parser.currentToken() + ", expected the end of an object");
            }
            if (!event.isEmpty()) {
                return new Event(event, data);
            }
            if (error) {
                return new Failure(id, data.getOrDefault("desc", "no description"));
            }
            if (answer) {
                return new Return(id, rows);
            }
            return greeting ? new Greeting() : new Other();
        }

        private void take(String name) throws IOException {
            switch (name) {
                case "id" -> id = scalar();
                case "event" -> event = scalar();
                case "data" -> data = flat();
                case "error" -> {
                    error = true;
                    data = flat();
                }
                case "return" -> {
                    answer = true;
                    rows = rows();
                }
                case "QMP" -> {
                    greeting = true;
                    parser.skipChildren();
                }
                default -> parser.skipChildren();
            }
        }

        private String scalar() throws IOException {
            String text = parser.currentToken().isScalarValue() ? parser.getText() : "";
            parser.skipChildren();
            return text;
        }

        private Map<String, String> flat() throws IOException {
            Map<String, String> fields = new HashMap<>();
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return fields;
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                fields.put(name, scalar());
            }
            return fields;
        }

        private List<Map<String, String>> rows() throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                return List.of(flat());
            }
            List<Map<String, String>> all = new ArrayList<>();
            for (JsonToken next = parser.nextToken(); next != null && next != JsonToken.END_ARRAY; ) {
                all.add(flat());
                next = parser.nextToken();
            }
            return all;
        }
    }
}
