package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.agent.AgentHeader;
import org.spiceshm.protocol.agent.AgentMessage;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.MainCapability;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;

/** The guest's agent, as clients reach it over their main channels. */
final class AgentTest {
    private static final int ALL = -1;

    private final Fixture fixture = new Fixture();
    private final AgentFeed feed = fixture.server.agent();

    @AfterEach
    void close() {
        fixture.close();
    }

    private Client client(int tokens) {
        Client client =
                fixture.linked(ChannelType.MAIN, 0, Capabilities.of(MainCapability.AGENT_CONNECTED_TOKENS), true);
        client.send(new MainClientMessage.AgentStart(tokens));
        client.take();
        return client;
    }

    private static byte[] message(int type, int dataBytes) {
        byte[] data = new byte[dataBytes];
        for (int i = 0; i < dataBytes; i++) {
            data[i] = (byte) (i * 31 + type);
        }
        return AgentHeader.frame(type, data);
    }

    /** Sends a part of a message in pieces, tokens or not. */
    private static void sendPieces(Client client, byte[] message, int from, int to) {
        for (int at = from; at < to; at += 2048) {
            client.send(new MainClientMessage.AgentData(
                    MemorySegment.ofArray(message).asSlice(at, Math.min(2048, to - at))));
        }
    }

    private static int tokens(List<Client.Received> received) throws Exception {
        int sum = 0;
        for (Client.Received each : received) {
            if (MainServerMessage.decode(each.type(), each.segment())
                    instanceof MainServerMessage.AgentToken(int count)) {
                sum += count;
            }
        }
        return sum;
    }

    private static byte[] data(List<Client.Received> received) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Client.Received each : received) {
            if (each.type() == MainServerMessage.AgentData.TYPE) {
                assertTrue(each.body().length <= 2048);
                out.writeBytes(each.body());
            }
        }
        return out.toByteArray();
    }

    private static MainServerMessage.Init init(Client client) throws Exception {
        Client.Received first = client.received.getFirst();
        return (MainServerMessage.Init) MainServerMessage.decode(first.type(), first.segment());
    }

    @Test
    void clientsHearWhetherThereIsAnAgent() throws Exception {
        Client plain = fixture.main();
        Client hears = client(ALL);
        assertEquals(0, init(plain).agentConnected());
        plain.take();
        feed.connected();
        feed.connected();
        plain.turn();
        hears.turn();
        assertArrayEquals(new int[] {MainServerMessage.AgentConnected.TYPE}, plain.types());
        assertArrayEquals(new int[] {MainServerMessage.AgentConnectedTokens.TYPE}, hears.types());
        assertEquals(1, init(fixture.main()).agentConnected());
        assertEquals(10, init(fixture.main()).agentTokens());
        plain.take();
        feed.disconnected();
        plain.turn();
        assertArrayEquals(new int[] {MainServerMessage.AgentDisconnected.TYPE}, plain.types());
        plain.take();
        feed.connected();
        feed.disconnected();
        plain.turn();
        assertArrayEquals(new int[0], plain.types());
    }

    @Test
    void withoutAnAgentWhatClientsSayToItIsIgnored() {
        Client client = client(ALL);
        for (int i = 0; i < 50; i++) {
            client.send(new MainClientMessage.AgentData(MemorySegment.ofArray(new byte[2048])));
            client.send(new MainClientMessage.AgentToken(ALL));
        }
        assertFalse(client.closed);
        assertEquals(0, client.received.size());
        assertEquals(0, fixture.agent.taken.size());
    }

    @Test
    void messagesOfTwoClientsNeverInterleave() {
        feed.connected();
        Client one = client(ALL);
        Client two = client(ALL);
        byte[] first = message(4, 9000);
        byte[] second = message(5, 9000);
        for (int at = 0; at < first.length; at += 2048) {
            int to = Math.min(first.length, at + 2048);
            sendPieces(one, first, at, to);
            sendPieces(two, second, at, to);
        }
        assertEquals(2, fixture.agent.taken.size());
        assertArrayEquals(first, fixture.agent.taken.get(0));
        assertArrayEquals(second, fixture.agent.taken.get(1));
    }

    @Test
    void tokensComeBackWhileThereIsRoom() throws Exception {
        feed.connected();
        Client client = client(ALL);
        byte[] message = message(4, 20 * 2048 - AgentHeader.BYTES);
        sendPieces(client, message, 0, 10 * 2048);
        assertEquals(10, tokens(client.take()));
        sendPieces(client, message, 10 * 2048, message.length);
        assertEquals(10, tokens(client.take()));
        assertEquals(1, fixture.agent.taken.size());
        assertFalse(client.closed);
    }

    @Test
    void withoutRoomTokensAreHeldBackAndOnlyThatClientWaits() throws Exception {
        feed.connected();
        Client client = client(ALL);
        fixture.agent.room = 0;
        byte[] message = message(4, 100);
        for (int i = 0; i < 10; i++) {
            sendPieces(client, message, 0, message.length);
        }
        assertEquals(0, tokens(client.take()));
        fixture.agent.room = 3;
        feed.room();
        client.turn();
        assertEquals(3, fixture.agent.taken.size());
        assertEquals(0, tokens(client.take()));
        fixture.agent.room = ALL;
        feed.room();
        client.turn();
        assertEquals(10, fixture.agent.taken.size());
        assertEquals(10, tokens(client.take()));
        assertFalse(client.closed);
    }

    @Test
    void aPieceWithoutATokenEndsTheClientAndNobodyElse() {
        feed.connected();
        Client greedy = client(ALL);
        Client other = client(ALL);
        fixture.agent.room = 0;
        byte[] message = message(4, 100);
        for (int i = 0; i < 11; i++) {
            assertFalse(greedy.closed);
            sendPieces(greedy, message, 0, message.length);
        }
        assertTrue(greedy.closed);
        assertFalse(other.closed);
    }

    @Test
    void tooLargeAPieceAndAWrongProtocolEndTheClient() {
        feed.connected();
        Client large = client(ALL);
        large.sendRaw(MainClientMessage.AgentData.TYPE, 2049);
        assertTrue(large.closed);
        Client wrong = client(ALL);
        wrong.sendRaw(MainClientMessage.AgentData.TYPE, 20);
        assertTrue(wrong.closed);
    }

    @Test
    void everyClientThatHasStartedHearsTheAgentAsItsTokensAllow() throws Exception {
        feed.connected();
        Client all = client(ALL);
        Client few = client(2);
        Client silent = fixture.main();
        silent.take();
        byte[] message = message(4, 300_000);
        feed.message(message);
        for (Client each : List.of(all, few, silent)) {
            while (!each.tasks.isEmpty()) {
                each.turn();
            }
        }
        assertArrayEquals(message, data(all.take()));
        assertEquals(2 * 2048, data(few.received).length);
        assertEquals(0, silent.received.size());
        for (int i = 0; i < 200; i++) {
            few.send(new MainClientMessage.AgentToken(1));
        }
        assertArrayEquals(message, data(few.take()));
    }

    @Test
    void clientWithoutTokensLosesOnlyItsOwnMessages() throws Exception {
        feed.connected();
        Client stuck = client(0);
        Client reads = client(ALL);
        byte[] message = message(4, 1 << 20);
        for (int i = 0; i < 100; i++) {
            feed.message(message);
            while (!reads.tasks.isEmpty()) {
                reads.turn();
            }
            assertEquals(message.length, data(reads.take()).length);
        }
        for (int i = 0; i < 100_000; i++) {
            feed.message(new byte[] {1});
            reads.turn();
        }
        stuck.turn();
        assertFalse(stuck.closed);
        assertEquals(0, stuck.received.size());
        stuck.send(new MainClientMessage.AgentToken(ALL));
        while (!stuck.tasks.isEmpty()) {
            stuck.turn();
        }
        long got = data(stuck.take()).length;
        assertTrue(got <= ClientAgent.MAX_QUEUED_BYTES, "got " + got);
        assertTrue(got > ClientAgent.MAX_QUEUED_BYTES - 2L * message.length, "got " + got);
    }

    @Test
    void aSocketThatIsFullHoldsTheAgentsMessagesInABoundedOutbox() {
        feed.connected();
        Client client = client(ALL);
        client.room = 0;
        feed.message(message(4, 4 << 20));
        client.turn();
        client.turn();
        assertTrue(client.connection.outbox().pending() < 128 * 1024);
        assertTrue(client.tasks.isEmpty());
        client.room = Long.MAX_VALUE;
        client.turn();
        while (!client.tasks.isEmpty()) {
            client.turn();
        }
        assertEquals((4 << 20) + AgentHeader.BYTES, data(client.take()).length);
    }

    @Test
    void monitorsGoToTheAgentAndToTheDevice() {
        feed.connected();
        Client client = client(ALL);
        AgentMessage.Monitor left = new AgentMessage.Monitor(800, 600, 32, 7, 9);
        AgentMessage.Monitor off = new AgentMessage.Monitor(0, 0, 0, 0, 0);
        AgentMessage.Monitor right = new AgentMessage.Monitor(640, 480, 32, 99, 3);
        for (int flags = 0; flags < 2; flags++) {
            byte[] bytes = new AgentMessage.MonitorsConfig(flags, List.of(left, off, right)).frame(false);
            sendPieces(client, bytes, 0, bytes.length);
            assertArrayEquals(bytes, fixture.agent.taken.get(flags));
        }
        assertArrayEquals(new int[] {0, 0, 800, 600, 800, 0, 640, 480}, fixture.monitors.get(0));
        assertArrayEquals(new int[] {7, 9, 800, 600, 99, 3, 640, 480}, fixture.monitors.get(1));
    }

    @Test
    void cve2017_7506_aLyingMonitorCountEndsTheClient() {
        feed.connected();
        Client client = client(ALL);
        byte[] bytes =
                new AgentMessage.MonitorsConfig(0, List.of(new AgentMessage.Monitor(800, 600, 32, 0, 0))).frame(false);
        bytes[AgentHeader.BYTES] = 2;
        sendPieces(client, bytes, 0, bytes.length);
        assertTrue(client.closed);
        assertEquals(0, fixture.monitors.size());
    }

    @Test
    void anotherAgentBeginsAfresh() throws Exception {
        feed.connected();
        Client client = client(ALL);
        byte[] old = message(4, 5000);
        sendPieces(client, old, 0, 4096);
        feed.message(message(5, 100));
        feed.disconnected();
        feed.connected();
        client.turn();
        assertArrayEquals(
                new int[] {MainServerMessage.AgentDisconnected.TYPE, MainServerMessage.AgentConnectedTokens.TYPE},
                client.types());
        // What was under way when the agent went is nobody's.
        sendPieces(client, old, 4096, old.length);
        client.take();
        client.send(new MainClientMessage.AgentStart(ALL));
        byte[] fresh = message(6, 3000);
        for (int i = 0; i < 5; i++) {
            sendPieces(client, fresh, 0, fresh.length);
        }
        assertFalse(client.closed);
        assertEquals(5, fixture.agent.taken.size());
        assertArrayEquals(fresh, fixture.agent.taken.getFirst());
        feed.message(fresh);
        client.turn();
        assertArrayEquals(fresh, data(client.take()));
    }

    @Test
    void clientThatIsNotToldItsTokensGoesOnCounting() throws Exception {
        feed.connected();
        Client plain = fixture.main();
        plain.send(new MainClientMessage.AgentStart(ALL));
        byte[] message = message(4, 1);
        for (int i = 0; i < 4; i++) {
            sendPieces(plain, message, 0, message.length);
        }
        feed.disconnected();
        plain.turn();
        for (int i = 0; i < 6; i++) {
            sendPieces(plain, message, 0, message.length);
        }
        plain.take();
        feed.connected();
        plain.turn();
        assertEquals(10, tokens(plain.take()));
    }

    @Test
    void theAgentHearsThatAClientHasGone() {
        feed.connected();
        Client client = client(ALL);
        Client never = fixture.main();
        never.close();
        assertEquals(0, fixture.agent.taken.size());
        client.close();
        assertEquals(1, fixture.agent.taken.size());
        assertEquals(AgentMessage.CLIENT_DISCONNECTED_TYPE, AgentHeader.type(fixture.agent.taken.getFirst()));
        feed.message(message(4, 4));
    }
}
