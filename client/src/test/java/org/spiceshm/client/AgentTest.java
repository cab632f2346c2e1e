package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.agent.AgentAssembler;
import org.spiceshm.protocol.agent.AgentCapability;
import org.spiceshm.protocol.agent.AgentMessage;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;

@Timeout(30)
class AgentTest {
    private final Deadline deadline = Deadline.inMillis(20_000);

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().with(ChannelType.DISPLAY, connection -> {
        connection.send(new DisplayServerMessage.Mark());
        connection.drain();
    });

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private SpiceClient connect(FakeServer.Script main) throws Exception {
        SpiceUri uri = server.with(ChannelType.MAIN, main).listenUnix(directory);
        return SpiceClient.connect(ConnectOptions.to(uri).withAgent());
    }

    /** The guest's end: gathers the client's messages, giving a token for each piece. */
    private static final class Guest {
        private final FakeServer.Connection connection;
        private final AgentAssembler assembler = new AgentAssembler();
        private final boolean selections;

        Guest(FakeServer.Connection connection, boolean selections) {
            this.connection = connection;
            this.selections = selections;
        }

        AgentMessage next() throws Exception {
            while (true) {
                MemorySegment piece = connection.await(MainClientMessage.AgentData.TYPE);
                assertTrue(piece.byteSize() <= 2048);
                connection.send(new MainServerMessage.AgentToken(1));
                byte[] whole = assembler.next(InputCursor.of(piece.toArray(ValueLayout.JAVA_BYTE)));
                if (whole != null) {
                    return AgentMessage.decode(whole, selections);
                }
            }
        }

        void say(AgentMessage message) throws Exception {
            byte[] bytes = message.frame(selections);
            for (int at = 0; at < bytes.length; at += 2048) {
                connection.send(new MainServerMessage.AgentData(
                        MemorySegment.ofArray(bytes).asSlice(at, Math.min(2048, bytes.length - at))));
            }
        }

        void introduce() throws Exception {
            say(new AgentMessage.AnnounceCapabilities(
                    false, selections ? Capabilities.of(AgentCapability.CLIPBOARD_SELECTION) : Capabilities.of(0)));
        }
    }

    @Test
    void resizesOnceTheAgentIsThere() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (SpiceClient client = connect(connection -> {
            connection.beginMain(false, 10);
            go.await();
            connection.send(new MainServerMessage.AgentConnectedTokens(10));
            assertEquals(4, connection.await(MainClientMessage.AgentStart.TYPE).byteSize());
            Guest guest = new Guest(connection, true);
            assertTrue(guest.next() instanceof AgentMessage.AnnounceCapabilities(boolean request, var c) && request);
            assertEquals(
                    new AgentMessage.MonitorsConfig(0, List.of(new AgentMessage.Monitor(800, 600, 32, 0, 0))),
                    guest.next());
            connection.send(new MainServerMessage.AgentDisconnected(0));
            done.await();
        })) {
            assertFalse(client.agent().connected());
            assertThrows(SpiceClientException.class, () -> client.agent().resize(800, 600, Deadline.inMillis(10)));
            go.countDown();
            client.agent().resize(800, 600, deadline);
            while (client.agent().connected()) {
                assertFalse(deadline.hasPassed());
                Thread.onSpinWait();
            }
            done.countDown();
        }
    }

    @Test
    void textGoesBothWaysWithAndWithoutSelections() throws Exception {
        String text = "grüß Gott ".repeat(10_000);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (boolean selections : new boolean[] {true, false}) {
            CountDownLatch done = new CountDownLatch(1);
            FakeServer other = new FakeServer()
                    .with(ChannelType.DISPLAY, connection -> {
                        connection.send(new DisplayServerMessage.Mark());
                        connection.drain();
                    })
                    .with(ChannelType.MAIN, connection -> {
                        connection.beginMain(true, 3);
                        Guest guest = new Guest(connection, selections);
                        assertTrue(guest.next() instanceof AgentMessage.AnnounceCapabilities);
                        guest.introduce();
                        assertEquals(new AgentMessage.ClipboardGrab(0, List.of(1)), guest.next());
                        guest.say(new AgentMessage.ClipboardRequest(0, 1));
                        AgentMessage.Clipboard sent = (AgentMessage.Clipboard) guest.next();
                        assertEquals(-1, sent.data().mismatch(MemorySegment.ofArray(bytes)));
                        guest.say(new AgentMessage.ClipboardGrab(0, List.of(2, 1)));
                        assertEquals(new AgentMessage.ClipboardRequest(0, 1), guest.next());
                        guest.say(new AgentMessage.Clipboard(0, 1, MemorySegment.ofArray(bytes)));
                        done.await();
                    });
            Path own = java.nio.file.Files.createDirectory(directory.resolve("" + selections));
            try (other;
                    SpiceClient client = SpiceClient.connect(
                            ConnectOptions.to(other.listenUnix(own)).withAgent())) {
                client.agent().sendClipboardText(text);
                assertEquals(text, client.agent().awaitClipboardText(deadline));
                done.countDown();
            }
            assertEquals(List.of(), other.failures());
        }
    }

    @Test
    void waitsForTokens() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (SpiceClient client = connect(connection -> {
            connection.beginMain(true, 0);
            connection.await(MainClientMessage.AgentStart.TYPE);
            connection.send(new MainServerMessage.MouseMode(3, 2));
            connection.send(new MainServerMessage.AgentToken(1));
            connection.await(MainClientMessage.AgentData.TYPE);
            done.await();
        })) {
            client.awaitMouseMode(SpiceClient.MOUSE_MODE_CLIENT, deadline);
            while (client.statistics().getFirst().messagesWritten() < 3) {
                assertFalse(deadline.hasPassed());
                Thread.onSpinWait();
            }
            done.countDown();
        }
    }

    @Test
    void anObserverDoesNotTalkToTheAgent() throws Exception {
        SpiceUri uri = server.with(ChannelType.MAIN, connection -> {
                    connection.beginMain(true, 10);
                    connection.send(new MainServerMessage.AgentData(MemorySegment.ofArray(new byte[5])));
                    connection.send(new MainServerMessage.MouseMode(3, 2));
                    connection.drain();
                })
                .listenUnix(directory);
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri))) {
            client.awaitMouseMode(SpiceClient.MOUSE_MODE_CLIENT, deadline);
            assertEquals(1, client.statistics().getFirst().messagesWritten());
            assertThrows(IllegalStateException.class, client::agent);
        }
    }
}
