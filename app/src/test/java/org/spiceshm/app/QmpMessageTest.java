package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QmpMessageTest {
    private static final String MICE =
            "{\"return\": [{\"index\": 3, \"name\": \"t\", \"current\": true, \"x\": {\"y\": [1]}},"
                    + " 7, {\"index\": 2}], \"id\": \"query-mice\"}";

    private static QmpMessage parse(String line) throws IOException {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        return QmpMessage.parse(bytes, bytes.length);
    }

    @Test
    void readsWhatQemuSays() throws IOException {
        assertEquals(
                new QmpMessage.Greeting(), parse("{\"QMP\": {\"version\": {\"qemu\": {}}, \"capabilities\": []}}"));
        assertEquals(
                new QmpMessage.Return(
                        "query-mice",
                        List.of(
                                Map.of("index", "3", "name", "t", "current", "true", "x", ""),
                                Map.of(),
                                Map.of("index", "2"))),
                parse(MICE));
        assertEquals(
                new QmpMessage.Failure("e1", "VM not running"),
                parse("{\"id\": \"e1\", \"error\": {\"class\": \"GenericError\", \"desc\": \"VM not running\"}}"));
        assertEquals(
                new QmpMessage.Event("VSERPORT_CHANGE", Map.of("open", "true", "id", "p")),
                parse("{\"timestamp\": {\"seconds\": 1}, \"event\": \"VSERPORT_CHANGE\","
                        + " \"data\": {\"open\": true, \"id\": \"p\"}}"));
        assertEquals(new QmpMessage.Return("x", List.of(Map.of())), parse("{\"id\":\"x\",\"return\":{}}"));
        assertEquals(new QmpMessage.Other(), parse("{}"));
    }

    @Test
    void deepNestingAndHalfMessagesAreRefused() {
        for (String hostile : List.of(
                "{\"a\":" + "[".repeat(100_000),
                "{\"return\":" + "[".repeat(100_000),
                "{\"data\":" + "{\"a\":".repeat(50_000),
                "[]",
                "7",
                "",
                "{\"return\":[",
                "{\"return\":[{",
                "{\"id\":",
                "{\"id\":\"\\ud800",
                "nonsense")) {
            assertThrows(IOException.class, () -> parse(hostile), hostile.substring(0, Math.min(20, hostile.length())));
        }
    }

    @Test
    void truncationAndChangedBytesAreRefusedOrRead() {
        byte[] line = MICE.getBytes(StandardCharsets.UTF_8);
        int refused = 0;
        for (int length = 0; length < line.length; length++) {
            refused += isRefused(line, length) ? 1 : 0;
        }
        assertEquals(line.length, refused);
        for (int i = 0; i < line.length; i++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = line.clone();
                changed[i] = (byte) value;
                refused += isRefused(changed, line.length) ? 1 : 0;
            }
        }
        assertTrue(refused > line.length);
    }

    private static boolean isRefused(byte[] line, int length) {
        try {
            QmpMessage.parse(line, length);
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
