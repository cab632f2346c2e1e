package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.app.CommandLineInProcess;

/** Every recording of a real guest ends with what was on the guest's screen, pixel for pixel, whatever way it takes. */
@Timeout(120)
final class RecordingsIT {
    @TempDir
    private Path directory;

    static List<String> recordings() throws IOException {
        return Recordings.names();
    }

    static List<Recordings.Checkpoint> checkpoints() throws IOException {
        return Recordings.checkpoints();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void replayEndsWithTheTruePicture(String name) throws IOException {
        Path shot = directory.resolve("shot.png");
        Program.Result result =
                Program.run("replay", Recordings.file(name).toString(), "--shot", shot.toString(), "--json");
        assertEquals(0, result.status(), () -> "status of replay: " + result);
        assertEquals(1, result.output().size(), () -> "one JSON object: " + result);
        assertEquals(List.of(), result.errors());
        Picture.assertSame(Picture.ofPng(Recordings.truth(name)), Picture.ofPng(shot), name);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void replayStopsAtACheckpointWithItsTruePicture(Recordings.Checkpoint checkpoint) throws IOException {
        Path shot = directory.resolve("shot.png");
        int status = CommandLineInProcess.run(
                "replay",
                Recordings.file(checkpoint.recording()).toString(),
                "--events",
                Long.toString(checkpoint.events()),
                "--shot",
                shot.toString());
        assertEquals(0, status);
        Picture.assertSame(Picture.ofPng(checkpoint.truth()), Picture.ofPng(shot), checkpoint.toString());
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void aServedRecordingComesWholeInEveryMode(String name) throws IOException {
        Path truth = Recordings.truth(name);
        Path shot = directory.resolve("shot.png");
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

            Program.Result shared =
                    Program.run("shot", uris.getFirst(), shot.toString(), "--mode", "shm", "--timeout", "20");
            assertEquals(0, shared.status(), () -> "status of shot --mode shm: " + shared);
            Picture.assertSame(Picture.ofPng(truth), Picture.ofPng(shot), name + " in shared memory");

            assertShot(truth, uris.getFirst(), "normal", shot);
            assertShot(truth, uris.getLast(), "auto", shot);
        }
    }

    private static void assertShot(Path truth, String uri, String mode, Path shot) throws IOException {
        int status = CommandLineInProcess.run("shot", uri, shot.toString(), "--mode", mode, "--timeout", "20");
        assertEquals(0, status, () -> "status of shot --mode " + mode + " " + uri);
        Picture.assertSame(Picture.ofPng(truth), Picture.ofPng(shot), uri + " in mode " + mode);
    }
}
