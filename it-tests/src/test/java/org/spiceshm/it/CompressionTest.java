package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.client.SpiceUriException;
import org.spiceshm.protocol.spice.ChannelType;

/** Every compression shows the same picture as none, to our client and to a stock one. */
@Timeout(240)
final class CompressionTest {
    private static final String STOCK_CLIENT = "spicy-screenshot";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"lz", "glz", "quic", "lz4", "auto"})
    void aRecordingEndsInTheSamePicture(String compression) throws IOException, SpiceUriException {
        Peers.require(STOCK_CLIENT, "spice-client-gtk", "a stock client");
        String name = "c4_ums_composite";
        Picture truth = Picture.ofPng(Recordings.truth(name));
        try (Program server = Program.spiceshm(
                "serve",
                "--replay",
                Recordings.file(name).toString(),
                "--compression",
                compression,
                "--wait-client",
                "--listen",
                "spice+unix://" + directory.resolve("s"),
                "--listen",
                "spice://127.0.0.1:0")) {
            List<String> uris = server.awaitListening(2);
            // Connected from the start: it is told all damage, each picture perhaps with the help of those before.
            try (SpiceClient client = connect(uris.getFirst())) {
                server.awaitOutput("replay done");
                Deadline deadline = Deadline.inMillis(60_000);
                Picture seen = Picture.of(client.display().awaitStable(300, deadline));
                while (seen.differingPixels(truth) != 0 && !deadline.hasPassed()) {
                    seen = Picture.of(client.display().awaitStable(300, deadline));
                }
                Picture.assertSame(truth, seen, compression + " while it plays");
                assertEquals(0, client.display().statistics().undecodedImages());
            }
            try (SpiceClient client = connect(uris.getLast())) {
                client.display().awaitStable(100, Deadline.inMillis(60_000));
                long raw = 4L * truth.width() * truth.height();
                long bytes = client.statistics().stream()
                        .filter(each -> each.type() == ChannelType.DISPLAY)
                        .mapToLong(each -> each.bytesRead())
                        .sum();
                assertTrue(bytes < raw, "bytes of a whole picture: got " + bytes + ", expected less than " + raw);
            }
            for (String uri : uris) {
                Path shot = directory.resolve("shot.png");
                Program.Result result = Program.run("shot", uri, shot.toString(), "--mode", "normal");
                assertEquals(0, result.status(), result::toString);
                Picture.assertSame(truth, Picture.ofPng(shot), compression + ", shot " + uri);
                Path stock = directory.resolve("shot.ppm");
                Files.deleteIfExists(stock);
                try (Program client = Program.of(STOCK_CLIENT, "--uri=" + uri, "--out-file=" + stock)) {
                    Program.Result taken = client.result();
                    assertEquals(0, taken.status(), taken::toString);
                }
                Picture.assertSame(truth, Picture.ofPpm(stock), compression + ", " + STOCK_CLIENT + " " + uri);
            }
        }
    }

    private static SpiceClient connect(String uri) throws IOException, SpiceUriException {
        return SpiceClient.connect(ConnectOptions.to(SpiceUri.parse(uri)).withMode(Mode.NORMAL));
    }
}
