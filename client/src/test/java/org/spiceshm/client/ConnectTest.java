package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayServerMessage;

@Timeout(30)
class ConnectTest {
    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer();

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private static SpiceClientException failure(ConnectOptions options) {
        SpiceClientException e = assertThrows(
                SpiceClientException.class, () -> SpiceClient.connect(options).close());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        return e;
    }

    @Test
    void saysThatNobodyListens() {
        SpiceClientException e = failure(ConnectOptions.to(new SpiceUri.Unix(directory.resolve("none"))));
        assertEquals(SpiceClientException.Kind.UNREACHABLE, e.kind());
        e = failure(ConnectOptions.to(new SpiceUri.Tcp("127.0.0.1", 1)));
        assertEquals(SpiceClientException.Kind.UNREACHABLE, e.kind());
    }

    @Test
    void takesTheRightPasswordAndSaysWhenItIsWrong() throws Exception {
        SpiceUri uri = server.password("geheim")
                .with(ChannelType.DISPLAY, connection -> {
                    connection.send(new DisplayServerMessage.Mark());
                    connection.drain();
                })
                .listenUnix(directory);
        SpiceClient.connect(ConnectOptions.to(uri).withPassword("geheim")).close();
        SpiceClientException e = failure(ConnectOptions.to(uri).withPassword("falsch"));
        assertEquals(SpiceClientException.Kind.PERMISSION_DENIED, e.kind());
        assertTrue(e.getMessage().contains("wrong password"), e.getMessage());
        Leaks.assertNone(() -> {
            failure(ConnectOptions.to(uri));
            server.awaitIdle();
        });
    }

    @Test
    void noticesWhatIsNoSpiceServer() throws Exception {
        SpiceUri uri = server.with(
                        ChannelType.TUNNEL,
                        connection -> connection.sendRaw("RFB 003.008\nRFB 003.008\n".getBytes(StandardCharsets.UTF_8)))
                .listenTcp();
        SpiceClientException e = failure(ConnectOptions.to(uri));
        assertEquals(SpiceClientException.Kind.NOT_SPICE, e.kind());
    }

    @Test
    void noticesHalfALinkReply() throws Exception {
        SpiceUri uri = server.with(
                        ChannelType.TUNNEL,
                        connection -> connection.sendRaw(new byte[] {
                            'R', 'E', 'D', 'Q', 2, 0, 0, 0, 2, 0, 0, 0, (byte) 186, 0, 0, 0, 0, 0, 0, 0, 48
                        }))
                .listenTcp();
        SpiceClientException e = failure(ConnectOptions.to(uri));
        assertEquals(SpiceClientException.Kind.CLOSED, e.kind());
        assertTrue(e.getMessage().contains("expected a whole link reply"), e.getMessage());
    }

    @Test
    void givesUpOnAServerThatSaysNothing() throws Exception {
        SpiceUri uri = server.with(ChannelType.TUNNEL, connection -> {
                    while (true) {
                        connection.swallow();
                    }
                })
                .listenUnix(directory);
        SpiceClientException e = failure(ConnectOptions.to(uri).withTimeout(Duration.ofMillis(100)));
        assertEquals(SpiceClientException.Kind.TIMEOUT, e.kind());
    }

    @Test
    void demandsSharedMemoryWhenToldTo() throws Exception {
        SpiceUri uri =
                server.with(ChannelType.DISPLAY, FakeServer.Connection::drain).listenUnix(directory);
        SpiceClientException e = failure(ConnectOptions.to(uri).withMode(ConnectOptions.Mode.SHM));
        assertTrue(e.getMessage().contains("capability"), e.getMessage());
        e = failure(ConnectOptions.to(new SpiceUri.Tcp("127.0.0.1", 1)).withMode(ConnectOptions.Mode.SHM));
        assertEquals(SpiceClientException.Kind.UNSUPPORTED, e.kind());
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withMode(ConnectOptions.Mode.NORMAL))) {
            assertEquals("normal mode was asked for", client.display().modeReason());
        }
    }

    @Test
    void namesTheDisplayThatDoesNotExist() throws Exception {
        SpiceUri uri =
                server.with(ChannelType.DISPLAY, FakeServer.Connection::drain).listenUnix(directory);
        SpiceClientException e = failure(ConnectOptions.to(uri).withDisplay(3));
        assertTrue(e.getMessage().contains("got channels [DISPLAY 0], expected display 3"), e.getMessage());
    }
}
