package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.tukaani.xz.XZInputStream;

/** What the command line promises to programs: words, lines and exit status. */
@Timeout(120)
final class CommandLineTest {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final String RECORDING = "c_xspice";

    @TempDir
    private Path directory;

    private Path socket() {
        return directory.resolve("s");
    }

    private String uri() {
        return "spice+unix://" + socket();
    }

    private String shot() {
        return directory.resolve("shot.png").toString();
    }

    private static String recording() {
        return Recordings.file(RECORDING).toString();
    }

    private Program serveSolid(String... more) throws IOException {
        String[] fixed = {"serve", "--scene", "solid", "--size", "320x240", "--fps", "10", "--listen", uri()};
        String[] all = Arrays.copyOf(fixed, fixed.length + more.length);
        System.arraycopy(more, 0, all, fixed.length, more.length);
        return Program.spiceshm(all);
    }

    /** One line on stderr, this status, and nothing on stdout but where it listened. */
    private static String assertFails(int status, Program.Result result) {
        assertEquals(status, result.status(), () -> "status: " + result);
        assertEquals(1, result.errors().size(), () -> "lines on stderr: " + result);
        assertEquals(
                List.of(),
                result.output().stream()
                        .filter(line -> !line.startsWith("listening "))
                        .toList());
        String line = result.errors().getFirst();
        assertFalse(line.contains("Exception") || line.contains("internal error"), line);
        return line;
    }

    private static void assertFails(int status, String... arguments) throws IOException {
        assertFails(status, Program.run(arguments));
    }

    // ---- what goes wrong

    @Test
    void halfARecordingFails() throws IOException {
        byte[] whole;
        try (InputStream in = new XZInputStream(Files.newInputStream(Recordings.file(RECORDING)))) {
            whole = in.readAllBytes();
        }
        Path half = Files.write(directory.resolve("half.rec"), Arrays.copyOf(whole, whole.length / 2));
        assertFails(FAILED, "replay", half.toString(), "--shot", shot());
        assertFalse(Files.exists(Path.of(shot())), "a picture of half a recording");
        // What is wrong with it shows only when it plays up to there.
        Program.Result served = Program.run("serve", "--replay", half.toString(), "--listen", uri());
        assertEquals(
                List.of(FAILED, List.of("listening " + uri(), "ready"), 1),
                List.of(served.status(), served.output(), served.errors().size()),
                served::toString);
        assertFalse(Files.exists(socket()), "the socket file is gone");
    }

    @Test
    void halfAnXzFileFails() throws IOException {
        byte[] whole = Files.readAllBytes(Recordings.file(RECORDING));
        Path half = Files.write(directory.resolve("half.rec.xz"), Arrays.copyOf(whole, whole.length / 2));
        assertFails(FAILED, "replay", half.toString(), "--shot", shot());
    }

    @Test
    void whatIsNoRecordingFails() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "the quick brown fox\n".repeat(100));
        assertFails(FAILED, "replay", text.toString());
        assertFails(FAILED, "serve", "--replay", text.toString(), "--listen", uri());
        Path empty = Files.createFile(directory.resolve("empty"));
        assertFails(FAILED, "replay", empty.toString());
    }

    @Test
    void aMissingFileFails() throws IOException {
        assertFails(FAILED, "replay", directory.resolve("nothing").toString());
        assertFails(FAILED, "serve", "--replay", directory.resolve("nothing").toString(), "--listen", uri());
    }

    @Test
    void aBusyPortAndABusySocketFail() throws IOException {
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertFails(FAILED, "serve", "--scene", "solid", "--listen", "spice://127.0.0.1:" + busy.getLocalPort());
        }
        try (Program server = serveSolid()) {
            server.awaitListening(1);
            assertFails(FAILED, "serve", "--scene", "solid", "--listen", uri());
            assertShot(uri());
        }
    }

    @Test
    void wrongUsageIsStatusTwo() throws IOException {
        assertFails(USAGE);
        assertFails(USAGE, "frobnicate");
        assertFails(USAGE, "shot", uri(), shot(), "--frobnicate");
        assertFails(USAGE, "shot", "gopher://localhost:70", shot());
        assertFails(USAGE, "serve", "--scene", "solid", "--listen", "gopher://localhost:70");
        assertFails(USAGE, "serve", "--scene", "frobnicate", "--listen", uri());
        assertFails(USAGE, "serve", "--listen", uri());
    }

    @Test
    void aShotOfNobodyFails() throws IOException {
        assertFails(FAILED, "shot", uri(), shot());
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertFails(FAILED, "shot", "spice://127.0.0.1:" + port, shot());
    }

    // ---- what goes well

    @Test
    void versionIsOneLine() throws IOException {
        Program.Result result = Program.run("--version");
        assertEquals(List.of(0, 1), List.of(result.status(), result.output().size()), result::toString);
    }

    @Test
    void sigtermEndsWithStatusZeroAndTakesTheSocketAway() throws IOException {
        try (Program server = serveSolid("--listen", "spice://127.0.0.1:0")) {
            server.awaitOutput("ready");
            try (Program client = Program.spiceshm("watch", uri())) {
                client.awaitError("mode: ");
                assertTrue(Files.exists(socket()));
                server.terminate();
                assertEquals(0, server.exit(STOP_LIMIT));
                assertFalse(Files.exists(socket()), "the socket file");
                assertEquals(FAILED, client.exit(STOP_LIMIT), "a client whose server has gone");
            }
        }
    }

    @Test
    void sigtermEndsAServerThatWaitsForItsFirstClient() throws IOException {
        try (Program server = serveSolid("--wait-client")) {
            server.awaitOutput("ready");
            server.terminate();
            assertEquals(0, server.exit(STOP_LIMIT));
        }
    }

    @Test
    void thePasswordHoldsOnEveryListener() throws IOException {
        Path right = Files.writeString(directory.resolve("right"), "correct horse\nsecond line\n");
        Path wrong = Files.writeString(directory.resolve("wrong"), "battery staple\n");
        try (Program server = serveSolid("--listen", "spice://127.0.0.1:0", "--password-file", right.toString())) {
            for (String uri : server.awaitListening(2)) {
                assertFails(FAILED, "shot", uri, shot(), "--password-file", wrong.toString());
                assertFails(FAILED, "shot", uri, shot());
                assertShot(uri, "--password-file", right.toString());
            }
        }
    }

    @Test
    void aListenerOnPortZeroTellsItsRealPort() throws IOException {
        try (Program server = serveSolid("--listen", "spice://127.0.0.1:0", "--listen", "spice://127.0.0.1:0")) {
            List<String> uris = server.awaitListening(3);
            assertEquals(uri(), uris.getFirst());
            assertTrue(uris.get(1).matches("spice://127\\.0\\.0\\.1:[1-9]\\d*"), uris::toString);
            assertNotEquals(uris.get(1), uris.get(2));
            assertShot(uris.get(2));
        }
    }

    @Test
    void withoutSharedMemoryAShotThatDemandsItFailsAndAnyOtherComesInNormalMode() throws IOException {
        try (Program server = Program.spiceshm("serve", "--replay", recording(), "--shm", "off", "--listen", uri())) {
            server.awaitOutput("replay done");
            assertFails(FAILED, "shot", uri(), shot(), "--mode", "shm");
            assertTrue(assertShot(uri()).startsWith("mode: normal"));
            Picture.assertSame(Picture.ofPng(Recordings.truth(RECORDING)), Picture.ofPng(Path.of(shot())), "--shm off");
        }
    }

    @Test
    void theOldNumberingWorksOnBothEndsAndMixedEndsFallToNormalMode() throws IOException {
        try (Program server =
                Program.spiceshm("serve", "--replay", recording(), "--numbering", "rfc2013", "--listen", uri())) {
            server.awaitOutput("replay done");
            Picture truth = Picture.ofPng(Recordings.truth(RECORDING));
            assertTrue(
                    assertShot(uri(), "--numbering", "rfc2013", "--mode", "shm").startsWith("mode: shared memory"));
            Picture.assertSame(truth, Picture.ofPng(Path.of(shot())), "both rfc2013");
            assertTrue(assertShot(uri(), "--numbering", "current").startsWith("mode: normal"));
            Picture.assertSame(truth, Picture.ofPng(Path.of(shot())), "mixed");
        }
        try (Program server = Program.spiceshm("serve", "--replay", recording(), "--listen", uri())) {
            server.awaitOutput("replay done");
            assertTrue(assertShot(uri(), "--numbering", "rfc2013").startsWith("mode: normal"));
        }
    }

    @Test
    void aRecordingThatWaitsForAClientStartsWithTheFirst() throws IOException {
        try (Program server = Program.spiceshm("serve", "--replay", recording(), "--wait-client", "--listen", uri())) {
            server.awaitOutput("ready");
            try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(new SpiceUri.Unix(socket())))) {
                server.awaitOutput("replay done");
                Picture.assertSame(
                        Picture.ofPng(Recordings.truth(RECORDING)),
                        Picture.of(client.display().awaitStable(300, Deadline.inMillis(20_000))),
                        "the first client");
            }
        }
    }

    @Test
    void aLoopPlaysTheRecordingAgain() throws IOException {
        try (Program server = Program.spiceshm("serve", "--replay", recording(), "--loop", "--listen", uri())) {
            server.awaitOutput("replay done");
            try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(new SpiceUri.Unix(socket())))) {
                Await.until(
                        Duration.ofSeconds(30),
                        () -> client.display().statistics().primaries() >= 3,
                        () -> "three screens of a looped recording");
            }
            server.terminate();
            assertEquals(0, server.exit(STOP_LIMIT));
        }
    }

    @Test
    void speedHoldsToRecordedTime() throws IOException {
        try (Program slow = Program.spiceshm("serve", "--replay", recording(), "--speed", "0.001", "--listen", uri())) {
            slow.awaitOutput("ready");
            try (Program fast = Program.spiceshm(
                    "serve", "--replay", recording(), "--speed", "1e6", "--listen", "spice+unix://" + socket() + "2")) {
                fast.awaitOutput("replay done");
            }
            assertFalse(slow.hasPrinted("replay done"), "a thousandth of recorded speed");
            slow.terminate();
            assertEquals(0, slow.exit(STOP_LIMIT));
        }
    }

    /** Returns the line that names the mode. */
    private String assertShot(String uri, String... more) throws IOException {
        Files.deleteIfExists(Path.of(shot()));
        String[] all = Arrays.copyOf(new String[] {"shot", uri, shot()}, 3 + more.length);
        System.arraycopy(more, 0, all, 3, more.length);
        Program.Result result = Program.run(all);
        assertEquals(0, result.status(), () -> "shot: " + result);
        assertEquals(List.of(), result.output());
        Picture.ofPng(Path.of(shot()));
        return result.errors().getFirst();
    }
}
