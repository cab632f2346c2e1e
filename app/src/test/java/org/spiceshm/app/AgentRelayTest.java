package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.protocol.agent.AgentHeader;
import org.spiceshm.protocol.agent.AgentMessage;
import org.spiceshm.protocol.agent.VdiChunks;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.MonitorsSink;
import org.spiceshm.server.Screen;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/** {@link AgentRelay} between a real server and a chardev by hand. */
@Timeout(60)
class AgentRelayTest {
    @TempDir
    Path directory;

    private Path socket = Path.of("unset");
    private AgentRelay relay = unset();
    private SpiceServer server = unset();

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // INVARIANT: set before each test.
    private static <T> T unset() {
        return null;
    }

    @BeforeEach
    void opens() throws IOException {
        socket = directory.resolve("agent");
        relay = new AgentRelay(socket);
        server = new SpiceServer(
                new Screen(Runnable::run),
                ServerOptions.defaults(),
                InputSink.NONE,
                displays -> {},
                relay,
                MonitorsSink.NONE);
        relay.start(server.agent());
    }

    @AfterEach
    void closes() {
        relay.close();
        server.close();
    }

    private void await(boolean connected) {
        Deadline deadline = Deadline.inMillis(20_000);
        while (server.agent().isConnected() != connected) {
            assertFalse(deadline.hasPassed(), "the agent is not " + (connected ? "there" : "gone"));
            Thread.onSpinWait();
        }
    }

    private static byte[] read(ScriptedPeer guest) throws Exception {
        VdiChunks.Reader reader = new VdiChunks.Reader();
        while (true) {
            byte[] whole = reader.next(InputCursor.of(guest.read(1)));
            if (whole != null) {
                return whole;
            }
        }
    }

    private static byte[] chunks(AgentMessage message) {
        return VdiChunks.of(VdiChunks.CLIENT_PORT, message.frame(true));
    }

    @Test
    void theAgentIsThereFromItsFirstBytesUntilQemuIsGoneAndThenAgain() throws Exception {
        for (int round = 0; round < 2; round++) {
            try (ScriptedPeer guest = new ScriptedPeer(socket).accept()) {
                assertFalse(server.agent().isConnected());
                guest.send(new byte[] {1});
                await(true);
            }
            await(false);
        }
    }

    @Test
    void thePortIsBelievedWheneverItIsTold() throws Exception {
        relay.changed(true);
        try (ScriptedPeer guest = new ScriptedPeer(socket).accept()) {
            await(true);
            relay.changed(false);
            await(false);
            relay.changed(true);
            await(true);
            // It is the same connection still: nothing was under way.
            relay.offer(AgentHeader.frame(4, new byte[5000]));
            assertEquals(5000 + AgentHeader.BYTES, read(guest).length);
        }
    }

    @Test
    void messagesAreChunkedAndRoomIsTold() throws Exception {
        relay.changed(true);
        try (ScriptedPeer guest = new ScriptedPeer(socket).accept()) {
            await(true);
            byte[] message = AgentHeader.frame(4, new byte[1 << 20]);
            int taken = 0;
            while (relay.offer(message)) {
                taken++;
                assertTrue(taken < 100, "a guest that reads nothing is given everything");
            }
            assertTrue(taken >= 3);
            for (int i = 0; i < taken; i++) {
                assertArrayEquals(message, readAll(guest, message.length));
            }
            assertTrue(relay.offer(message));
        }
    }

    private static byte[] readAll(ScriptedPeer guest, int messageBytes) throws Exception {
        int chunks = Math.ceilDiv(messageBytes, VdiChunks.MAX_CHUNK_BYTES);
        byte[] bytes = guest.read(messageBytes + chunks * VdiChunks.HEADER_BYTES);
        byte[] whole = new VdiChunks.Reader().next(InputCursor.of(bytes));
        return whole == null ? new byte[0] : whole;
    }

    @Test
    void anAgentThatGoesInTheMiddleOfAMessageGetsANewConnection() throws Exception {
        relay.changed(true);
        try (ScriptedPeer guest = new ScriptedPeer(socket).accept()) {
            await(true);
            relay.offer(AgentHeader.frame(4, new byte[8 << 20]));
            guest.read(100);
            relay.changed(false);
            await(false);
            relay.changed(true);
            guest.accept();
            await(true);
            relay.offer(AgentHeader.frame(6, new byte[3]));
            assertEquals(6, AgentHeader.type(read(guest)));
        }
    }

    @Test
    void aHostileAgentLosesItsConnection() throws Exception {
        try (ScriptedPeer guest = new ScriptedPeer(socket).accept()) {
            guest.send(new byte[] {1, 0, 0, 0, -1, -1, -1, -1});
            guest.awaitEnd();
            await(false);
            guest.accept();
            guest.send(new byte[] {1});
            await(true);
        }
    }

    @Test
    void clipboardAndSizeTravelBetweenClientAndGuest() throws Exception {
        ListenAddress.Unix address = new ListenAddress.Unix(directory.resolve("spice"));
        server.listen(address);
        Deadline deadline = Deadline.inMillis(20_000);
        try (ScriptedPeer guest = new ScriptedPeer(socket).accept();
                SpiceClient client = SpiceClient.connect(
                        ConnectOptions.to(SpiceUri.parse(address.uri())).withAgent())) {
            assertFalse(client.agent().connected());
            relay.changed(true);
            client.agent().resize(800, 600, deadline);
            AgentMessage.AnnounceCapabilities theirs =
                    (AgentMessage.AnnounceCapabilities) AgentMessage.decode(read(guest), true);
            assertTrue(theirs.request());
            guest.send(chunks(new AgentMessage.AnnounceCapabilities(false, theirs.capabilities())));
            AgentMessage.MonitorsConfig size = (AgentMessage.MonitorsConfig) AgentMessage.decode(read(guest), true);
            assertEquals(800, size.monitors().getFirst().width());
            client.agent().sendClipboardText("to the guest");
            assertEquals(AgentMessage.ClipboardGrab.TYPE, AgentHeader.type(read(guest)));
            guest.send(chunks(new AgentMessage.ClipboardGrab(0, java.util.List.of(1))));
            assertEquals(AgentMessage.ClipboardRequest.TYPE, AgentHeader.type(read(guest)));
            byte[] text = "from the guest ".repeat(50_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            guest.send(chunks(new AgentMessage.Clipboard(0, 1, java.lang.foreign.MemorySegment.ofArray(text))));
            assertEquals(
                    text.length, client.agent().awaitClipboardText(deadline).length());
            guest.hangUp();
            while (client.agent().connected()) {
                assertFalse(deadline.hasPassed());
                Thread.onSpinWait();
            }
        }
    }
}
