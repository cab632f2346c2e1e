package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code serve --trace} writes down, {@code replay} draws again. */
@Timeout(120)
final class TraceIT {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"c3_xorg_ums", "c4_ums_composite", "e_resize"})
    void aTraceOfARecordingEndsWithItsTruePicture(String name) throws IOException {
        Path trace = traced(name);
        Path shot = directory.resolve("shot.png");
        Program.Result result = Program.run("replay", trace.toString(), "--shot", shot.toString());
        assertEquals(0, result.status(), () -> "status of replay: " + result);
        Picture.assertSame(Picture.ofPng(Recordings.truth(name)), Picture.ofPng(shot), name);
    }

    @Test
    void halfATraceIsOneLineAndStatusOne() throws IOException {
        Path trace = traced("c4_ums_composite");
        byte[] bytes = Files.readAllBytes(trace);
        Path half = Files.write(directory.resolve("half"), Arrays.copyOf(bytes, bytes.length / 2));
        Program.Result result = Program.run("replay", half.toString());
        assertEquals(1, result.status());
        assertEquals(1, result.errors().size(), () -> "one line: " + result);
        assertTrue(result.errors().getFirst().contains("record"), () -> "it names the record: " + result);
    }

    private Path traced(String name) throws IOException {
        Path trace = directory.resolve("trace");
        try (Program server = Program.spiceshm(
                "serve",
                "--replay",
                Recordings.file(name).toString(),
                "--listen",
                "spice+unix://" + directory.resolve("s"),
                "--trace",
                trace.toString())) {
            server.awaitOutput("replay done");
            server.terminate();
            assertEquals(0, server.exit(STOP_LIMIT));
        }
        return trace;
    }
}
