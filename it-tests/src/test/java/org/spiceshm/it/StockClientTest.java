package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real stock client, spice-gtk's, sees the same picture. */
@Timeout(120)
final class StockClientTest {
    private static final String PROGRAM = "spicy-screenshot";

    @TempDir
    private Path directory;

    @BeforeAll
    static void requireProgram() {
        Peers.require(PROGRAM, "spice-client-gtk", "a stock client");
    }

    @Test
    void spicyScreenshotSavesTheSamePictureOverBothSockets() throws IOException {
        String name = Recordings.names().getLast();
        try (Program server = Program.spiceshm(
                "serve",
                "--replay",
                Recordings.file(name).toString(),
                "--listen",
                "spice+unix://" + directory.resolve("s"),
                "--listen",
                "spice://127.0.0.1:0")) {
            List<String> uris = server.awaitListening(2);
            server.awaitOutput("replay done");
            for (String uri : uris) {
                Path shot = directory.resolve("shot.ppm");
                Files.deleteIfExists(shot);
                try (Program client = Program.of(PROGRAM, "--uri=" + uri, "--out-file=" + shot)) {
                    Program.Result result = client.result();
                    assertEquals(0, result.status(), () -> PROGRAM + " " + uri + ": " + result);
                }
                Picture.assertSame(
                        Picture.ofPng(Recordings.truth(name)), Picture.ofPpm(shot), PROGRAM + " over " + uri);
            }
        }
    }

    /** Today's numbers collide with nothing that it knows; the proposal's do, and it is safe where they are off. */
    @ParameterizedTest
    @CsvSource({"current, on", "current, off", "rfc2013, off"})
    void spicyScreenshotIsUnharmedByTheExtension(String numbering, String sharedMemory) throws IOException {
        String name = Recordings.names().getLast();
        String uri = "spice+unix://" + directory.resolve("s");
        try (Program server = Program.spiceshm(
                "serve",
                "--replay",
                Recordings.file(name).toString(),
                "--numbering",
                numbering,
                "--shm",
                sharedMemory,
                "--listen",
                uri)) {
            server.awaitOutput("replay done");
            Path shot = directory.resolve("shot.ppm");
            try (Program client = Program.of(PROGRAM, "--uri=" + uri, "--out-file=" + shot)) {
                Program.Result result = client.result();
                assertEquals(0, result.status(), () -> PROGRAM + " " + uri + ": " + result);
            }
            Picture.assertSame(Picture.ofPng(Recordings.truth(name)), Picture.ofPpm(shot), PROGRAM);
        }
    }

    @Test
    void spicyScreenshotKnowsThePassword() throws IOException {
        String name = Recordings.names().getLast();
        Path password = Files.writeString(directory.resolve("password"), "open sesame\n");
        try (Program server = Program.spiceshm(
                "serve",
                "--replay",
                Recordings.file(name).toString(),
                "--password-file",
                password.toString(),
                "--listen",
                "spice://127.0.0.1:0")) {
            String uri = server.awaitListening(1).getFirst();
            server.awaitOutput("replay done");
            Path shot = directory.resolve("shot.ppm");
            try (Program client = Program.of(PROGRAM, "--uri=" + uri, "--password=open sesame", "--out-file=" + shot)) {
                Program.Result result = client.result();
                assertEquals(0, result.status(), () -> PROGRAM + " " + uri + ": " + result);
            }
            Picture.assertSame(Picture.ofPng(Recordings.truth(name)), Picture.ofPpm(shot), PROGRAM);
        }
    }
}
