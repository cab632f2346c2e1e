package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** The client in C of docs/examples: it is compiled as its first lines say, and sees what it should. */
@Timeout(120)
final class ShmClientExampleTest {
    private static final String SOURCE = "../docs/examples/shm_client.c";

    @TempDir
    private static Path directory;

    private static Path client;

    @BeforeAll
    static void compile() throws IOException {
        Peers.require("gcc", "gcc", "C example");
        client = directory.resolve("shm_client");
        try (Program compiler = Program.of(
                "gcc", "-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", client.toString(), SOURCE, "-lcrypto")) {
            Program.Result result = compiler.result();
            assertEquals(0, result.status(), () -> "gcc (packages gcc, libc6-dev, libssl-dev): " + result);
        }
    }

    @Test
    void seesAnotherProgramsPicture() throws IOException {
        String name = Recordings.names().getLast();
        Path socket = directory.resolve("s");
        try (Program server = Program.spiceshm(
                "serve", "--replay", Recordings.file(name).toString(), "--listen", "spice+unix://" + socket)) {
            server.awaitOutput("replay done");
            Program.Result result = run(socket, "0");
            Picture truth = Picture.ofPng(Recordings.truth(name));
            assertTrue(
                    result.output().getFirst().startsWith("surface " + truth.width() + "x" + truth.height() + " "),
                    result::toString);
            Picture.assertSame(truth, Picture.ofPpm(directory.resolve("shot.ppm")), SOURCE);
        }
    }

    @Test
    void isToldOfEveryRectangle() throws IOException {
        try (InProcessServer server =
                new InProcessServer(directory, QxlConfig.forPrimary(256, 128), PipelineOptions.defaults())) {
            server.draw("solid", 256, 128, 1);
            try (Program running = Program.of(
                    client.toString(),
                    server.path().toString(),
                    directory.resolve("shot.ppm").toString(),
                    "1")) {
                running.awaitOutput("surface 256x128 ");
                server.draw("solid", 256, 128, 1);
                assertTrue(running.awaitOutput("damage ").endsWith(": 256x128 at 0,0"));
                assertEquals(0, running.result().status());
            }
        }
    }

    @Test
    void saysInOneLineWhatIsWrong() throws IOException {
        Program.Result result;
        try (Program running =
                Program.of(client.toString(), directory.resolve("nobody").toString(), "shot.ppm")) {
            result = running.result();
        }
        assertEquals(1, result.status());
        assertEquals(List.of("shm_client: cannot connect"), result.errors());
    }

    private static Program.Result run(Path socket, String count) throws IOException {
        try (Program running = Program.of(
                client.toString(),
                socket.toString(),
                directory.resolve("shot.ppm").toString(),
                count)) {
            Program.Result result = running.result();
            assertEquals(0, result.status(), result::toString);
            return result;
        }
    }
}
