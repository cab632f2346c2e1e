package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.server.InputSink;

/** {@link QmpInputs} against a QEMU by hand. */
@Timeout(30)
class QmpInputsTest {
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}";
    private static final String TABLET = "{\"return\": [{\"name\": \"t\", \"index\": 3, \"current\": true,"
            + " \"absolute\": true}], \"id\": \"query-mice\"}";
    private static final String MOUSE = "{\"return\": [{\"name\": \"t\", \"current\": false, \"absolute\": true},"
            + " {\"name\": \"m\", \"current\": true, \"absolute\": false}], \"id\": \"query-mice\"}";
    private static final String SENT = "{\"return\": {}, \"id\": \"input-send-event\"}";

    @TempDir
    Path directory;

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private Path socket = Path.of("unset");
    private QmpInputs inputs = unset();

    @SuppressWarnings("NullAway") // INVARIANT: set before each test.
    private static QmpInputs unset() {
        return null;
    }

    @BeforeEach
    void opens() throws IOException {
        socket = directory.resolve("qmp");
        inputs = new QmpInputs(socket, () -> new ScreenSize(1000, 500));
        inputs.watchPort(Path.of("/run/agent"), new GuestPort() {
            @Override
            public void changed(boolean open) {
                told.add("port " + open);
            }

            @Override
            public void unknown() {
                told.add("port unknown");
            }
        });
        inputs.start(() -> told.add("absolute " + inputs.absolute()));
    }

    @AfterEach
    void closes() {
        inputs.close();
    }

    private String next() throws InterruptedException {
        String news = told.poll(20, TimeUnit.SECONDS);
        assertNotNull(news, "nothing was told");
        return news;
    }

    /** Takes the connection as far as its first questions, and answers them. */
    private static void welcome(ScriptedPeer qemu, String mice) throws IOException {
        qemu.accept();
        qemu.say(GREETING);
        assertEquals("{\"execute\":\"qmp_capabilities\",\"id\":\"qmp_capabilities\"}", qemu.line());
        qemu.say("{\"return\": {}, \"id\": \"qmp_capabilities\"}");
        assertEquals("{\"execute\":\"query-mice\",\"id\":\"query-mice\"}", qemu.line());
        assertEquals("{\"execute\":\"query-chardev\",\"id\":\"query-chardev\"}", qemu.line());
        qemu.say(mice);
    }

    private static String command(String... events) {
        return "{\"execute\":\"input-send-event\",\"arguments\":{\"events\":[" + String.join(",", events)
                + "]},\"id\":\"input-send-event\"}";
    }

    private static String key(int number, boolean down) {
        return "{\"type\":\"key\",\"data\":{\"down\":" + down + ",\"key\":{\"type\":\"number\",\"data\":" + number
                + "}}}";
    }

    private static String button(String name, boolean down) {
        return "{\"type\":\"btn\",\"data\":{\"down\":" + down + ",\"button\":\"" + name + "\"}}";
    }

    private static String axis(String type, String axis, int value) {
        return "{\"type\":\"" + type + "\",\"data\":{\"axis\":\"" + axis + "\",\"value\":" + value + "}}";
    }

    /** The next command with events; questions in between are left unanswered. */
    private static String nextCommand(ScriptedPeer qemu) throws IOException {
        for (String line = qemu.line(); ; line = qemu.line()) {
            if (line.contains("input-send-event")) {
                return line;
            }
        }
    }

    @Test
    void whatComesDuringACommandTravelsTogetherInTheNext() throws Exception {
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            welcome(qemu, TABLET);
            assertEquals("absolute true", next());
            inputs.key(0x1e, true);
            assertEquals(command(key(0x1e, true)), nextCommand(qemu));
            inputs.key(0x1e, false);
            inputs.key(0x48e0, true);
            inputs.key(InputSink.PAUSE, true);
            inputs.key(0x7f7f7f7f, true);
            inputs.modifiers(7);
            inputs.position(10, 10, 0, 0);
            inputs.position(999, 499, 0, 0);
            inputs.button(1, 1, true);
            inputs.button(4, 8, true);
            inputs.button(4, 0, false);
            inputs.button(9, 0, true);
            inputs.motion(3, -4, 0);
            inputs.motion(1, 1, 0);
            qemu.say(SENT);
            assertEquals(
                    command(
                            key(0x1e, false),
                            key(0xc8, true),
                            key(0xc6, true),
                            axis("abs", "x", 32751),
                            axis("abs", "y", 32735),
                            button("left", true)),
                    nextCommand(qemu));
            qemu.say("{\"event\": \"RESUME\", \"data\": {}}");
            qemu.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"VM not running\"},"
                    + " \"id\": \"input-send-event\"}");
            assertEquals(command(button("wheel-up", true), button("wheel-up", false)), nextCommand(qemu));
            assertEquals(1, inputs.refused());
            qemu.say(SENT);
            assertEquals(command(axis("rel", "x", 4), axis("rel", "y", -3)), nextCommand(qemu));
        }
    }

    @Test
    void placesComeBackToThePixelTheyAreFrom() {
        for (int size : new int[] {1, 2, 640, 1000, 1366, 1920, 3840, 16384}) {
            for (int x = 0; x < size; x++) {
                int place = QmpInputs.place(x, size);
                assertTrue(0 <= place && place <= 32767);
                assertEquals(x, place * size / 32768, size + " pixels");
            }
            assertEquals(QmpInputs.place(size - 1, size), QmpInputs.place(Integer.MAX_VALUE, size));
            assertEquals(QmpInputs.place(0, size), QmpInputs.place(-1, size));
        }
    }

    @Test
    void aQemuThatNeverAnswersHoldsNobodyUp() throws Exception {
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            welcome(qemu, TABLET);
            assertEquals("absolute true", next());
            for (int i = 0; i < 1_000_000; i++) {
                inputs.position(i % 1000, 3, 0, 0);
            }
            for (int i = 0; i < 10_000; i++) {
                inputs.key(1 + i % 100, true);
            }
            assertTrue(inputs.dropped() > 8_000);
        }
    }

    @Test
    void saysWhenThePointerChangesItsKindAndFindsTheNextQemu() throws Exception {
        assertFalse(inputs.absolute());
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            welcome(qemu, TABLET);
            assertEquals("absolute true", next());
            assertEquals("{\"execute\":\"query-mice\",\"id\":\"query-mice\"}", qemu.line());
            qemu.say(MOUSE);
            assertEquals("absolute false", next());
            inputs.key(0x1e, true);
            nextCommand(qemu);
            inputs.key(0x1f, true);
        }
        assertEquals("port unknown", next());
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            welcome(qemu, TABLET);
            assertEquals("absolute true", next());
            inputs.key(0x20, true);
            // What the first had not taken is not typed into the second.
            assertEquals(command(key(0x20, true)), nextCommand(qemu));
        }
        assertEquals("port unknown", next());
        assertEquals("absolute false", next());
    }

    @Test
    void tellsWhenTheGuestOpensThePort() throws Exception {
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            welcome(qemu, MOUSE);
            qemu.say("{\"event\":\"VSERPORT_CHANGE\",\"data\":{\"id\":\"p\",\"open\":true}}");
            assertEquals("port true", next());
            qemu.say("{\"return\": [{\"frontend-open\": true, \"filename\": \"unix:/run/agent2,server=on\"},"
                    + " {\"frontend-open\": false, \"filename\": \"disconnected:unix:/run/agent,server=on\"}],"
                    + " \"id\": \"query-chardev\"}");
            assertEquals("port false", next());
            // From now on the chardev is known, and an event only makes us ask.
            qemu.say("{\"event\":\"VSERPORT_CHANGE\",\"data\":{\"id\":\"other\",\"open\":true}}");
            for (String line = qemu.line(); !line.contains("query-chardev"); line = qemu.line()) {
                assertTrue(line.contains("query-mice"), line);
            }
            qemu.say("{\"return\": [{\"frontend-open\": true, \"filename\": \"unix:/run/agent,server=on\"}],"
                    + " \"id\": \"query-chardev\"}");
            assertEquals("port true", next());
        }
    }

    @Test
    void hostileLinesEndTheConnectionAndTheNextOneWorks() throws Exception {
        try (ScriptedPeer qemu = new ScriptedPeer(socket)) {
            qemu.accept();
            qemu.say("{\"QMP\":" + "[".repeat(10_000));
            qemu.awaitEnd();
            assertEquals("port unknown", next());
            qemu.accept();
            try {
                qemu.send(new byte[QmpMessage.MAX_LINE_BYTES + 1]);
                qemu.awaitEnd();
            } catch (IOException e) {
                // It has closed while we were still sending.
            }
            assertEquals("port unknown", next());
            welcome(qemu, TABLET);
            assertEquals("absolute true", next());
        }
    }
}
