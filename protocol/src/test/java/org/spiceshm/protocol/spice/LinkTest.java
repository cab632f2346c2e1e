package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.protocol.MalformedMessageException;

class LinkTest {
    private static final byte[] KEY = new byte[LinkReply.PUBLIC_KEY_BYTES];
    private static final byte[] TICKET = new byte[128];
    private static final Capabilities COMMON = Capabilities.of(
            CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);
    private static final LinkMessage MAIN =
            LinkMessage.of(0, ChannelType.MAIN, 0, Capabilities.ofWords(0xd), Capabilities.ofWords(0xf));

    static {
        Arrays.fill(KEY, (byte) 0x30);
        Arrays.fill(TICKET, (byte) 0x77);
    }

    /** The link of a real client. */
    private static final String MAIN_HEX = """
            52454451 02000000 02000000 1a000000 # REDQ 2.2, 26 bytes follow
            00000000 01 00                      # new connection, main channel 0
            01000000 01000000 12000000          # one word each, at 18
            0d000000 0f000000
            """;

    @Test
    void linkMessageHasItsGoldenBytesBothWays() throws MalformedMessageException {
        assertArrayEquals(Hex.bytes(MAIN_HEX), MAIN.encodeWithHeader());
        byte[] body = MAIN.encode();
        assertEquals(MAIN, LinkMessage.decode(MemorySegment.ofArray(body)));
    }

    @Test
    void linkReplyEncodesAndDecodes() throws MalformedMessageException {
        LinkReply reply = new LinkReply(
                LinkError.OK, MemorySegment.ofArray(KEY), Capabilities.ofWords(0xb), Capabilities.ofWords(0x1052));
        byte[] bytes = reply.encodeWithHeader();
        assertEquals("52454451" + "02000000" + "02000000" + "ba000000", Hex.text(Arrays.copyOf(bytes, 16)));
        LinkReply again = LinkReply.decode(MemorySegment.ofArray(reply.encode()));
        assertArrayEquals(reply.encode(), again.encode());
        assertEquals(reply.channelCapabilities(), again.channelCapabilities());
    }

    @Test
    void refusalIsZeroButForTheError() {
        byte[] body = LinkReply.refusal(LinkError.NEED_SECURED).encode();
        byte[] expected = new byte[178];
        expected[0] = 5;
        assertArrayEquals(expected, body);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 100_000})
    void pairLinksWhateverTheChunks(int chunkBytes) {
        SessionPair pair = new SessionPair(
                server(COMMON, LinkError.OK, LinkError.OK),
                new ClientLink(MAIN, key -> {
                    assertArrayEquals(KEY, key);
                    return TICKET;
                }),
                chunkBytes);
        pair.drive();
        ServerLink.State.Linked server = assertInstanceOf(ServerLink.State.Linked.class, pair.server.state());
        ClientLink.State.Linked client = assertInstanceOf(ClientLink.State.Linked.class, pair.client.state());
        assertEquals(MAIN, server.message());
        assertEquals(MessageHeader.MINI, server.header());
        assertEquals(MessageHeader.MINI, client.header());
        assertEquals(COMMON, client.reply().commonCapabilities());
    }

    @Test
    void pairLinksWithoutAuthSelectionAndWithFullHeaders() {
        SessionPair pair = new SessionPair(
                server(Capabilities.NONE, LinkError.OK, LinkError.OK), new ClientLink(MAIN, key -> TICKET), 1);
        pair.drive();
        assertEquals(
                MessageHeader.FULL,
                assertInstanceOf(ServerLink.State.Linked.class, pair.server.state())
                        .header());
        assertInstanceOf(ClientLink.State.Linked.class, pair.client.state());
    }

    @Test
    void whatFollowsTheLinkStaysInTheInput() {
        ServerLink server = server(Capabilities.NONE, LinkError.OK, LinkError.OK);
        byte[] link = MAIN.encodeWithHeader();
        byte[] all = Arrays.copyOf(link, link.length + TICKET.length + 5);
        System.arraycopy(TICKET, 0, all, link.length, TICKET.length);
        InputCursor input = InputCursor.of(all);
        server.receive(input);
        assertInstanceOf(ServerLink.State.Linked.class, server.state());
        assertEquals(5, input.remaining());
        server.receive(input);
        assertEquals(5, input.remaining());
    }

    @Test
    void wrongTicketIsToldAndClosed() {
        refused(COMMON, LinkError.OK, LinkError.PERMISSION_DENIED, LinkError.PERMISSION_DENIED);
    }

    @Test
    void refusalsOfTheJudgeReachTheClient() {
        refused(COMMON, LinkError.NEED_SECURED, LinkError.OK, LinkError.NEED_SECURED);
        refused(COMMON, LinkError.BAD_CONNECTION_ID, LinkError.OK, LinkError.BAD_CONNECTION_ID);
        refused(COMMON, LinkError.CHANNEL_NOT_AVAILABLE, LinkError.OK, LinkError.CHANNEL_NOT_AVAILABLE);
    }

    @Test
    void badConnectionIdIsNotToldToWhoHasNoTicket() {
        refused(COMMON, LinkError.BAD_CONNECTION_ID, LinkError.PERMISSION_DENIED, LinkError.PERMISSION_DENIED);
    }

    @Test
    void otherMechanismsAreRefused() {
        ServerLink server = server(COMMON, LinkError.OK, LinkError.OK);
        server.receive(InputCursor.of(MAIN.encodeWithHeader()));
        assertNotNull(server.pollOutput());
        server.receive(InputCursor.of(Hex.bytes("02000000")));
        assertArrayEquals(Hex.bytes("03000000"), server.pollOutput());
        assertInstanceOf(ServerLink.State.Closed.class, server.state());
    }

    @Test
    void clientRefusesAServerThatTakesNoTicket() {
        ClientLink client = new ClientLink(MAIN, key -> TICKET);
        LinkReply sasl =
                new LinkReply(LinkError.OK, MemorySegment.ofArray(KEY), Capabilities.of(0, 2), Capabilities.NONE);
        client.receive(InputCursor.of(sasl.encodeWithHeader()));
        assertEquals(
                LinkError.PERMISSION_DENIED,
                assertInstanceOf(ClientLink.State.Refused.class, client.state()).error());
    }

    @Test
    void badHeadersGetTheErrorThatUpstreamGives() {
        closed("47455420 02000000 02000000 1a000000", LinkError.INVALID_MAGIC, 194);
        closed("52454451 03000000 02000000 1a000000", LinkError.VERSION_MISMATCH, 194);
        closed("52454451 00000000 02000000 1a000000", LinkError.VERSION_MISMATCH, 0);
        closed("52454451 02000000 02000000 11000000", LinkError.INVALID_DATA, 194);
        closed("52454451 02000000 02000000 01100000", LinkError.INVALID_DATA, 194);
        closed("52454451 02000000 02000000 ffffffff", LinkError.INVALID_DATA, 194);
    }

    @Test
    void cve2016_9578_linkMessageCapabilitiesMustLieInTheMessage() {
        String[] bodies = {
            "00000000 01 00 ffffffff 01000000 12000000 0d000000 0f000000", // count
            "00000000 01 00 00040000 00040000 12000000 0d000000 0f000000", // count allowed, words missing
            "00000000 01 00 01040000 00000000 12000000 0d000000 0f000000", // 1025 words
            "00000000 01 00 01000000 01000000 11000000 0d000000 0f000000", // offset inside the fixed part
            "00000000 01 00 01000000 01000000 13000000 0d000000 0f000000", // one byte too far
            "00000000 01 00 01000000 01000000 ffffffff 0d000000 0f000000",
        };
        for (String body : bodies) {
            assertThrows(MalformedMessageException.class, () -> LinkMessage.decode(Hex.segment(body)), body);
            closed("52454451 02000000 02000000 1a000000" + body, LinkError.INVALID_DATA, 194);
        }
    }

    @Test
    void cve2013_4282_ticketIsExactly128Bytes() {
        ServerLink server = new ServerLink(
                KEY,
                ticket -> ticket.length == 128 ? LinkError.OK : LinkError.ERROR,
                message -> LinkJudge.Verdict.accept(Capabilities.NONE, Capabilities.NONE));
        server.receive(InputCursor.of(MAIN.encodeWithHeader()));
        server.receive(InputCursor.of(new byte[127]));
        assertInstanceOf(ServerLink.State.AwaitTicket.class, server.state());
        InputCursor rest = InputCursor.of(new byte[1000]);
        server.receive(rest);
        assertInstanceOf(ServerLink.State.Linked.class, server.state());
        assertEquals(999, rest.remaining());
    }

    @Test
    void randomBytesNeverEscape() {
        for (long seed = 0; seed < 5000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] fromClient = MAIN.encodeWithHeader();
            byte[] fromServer =
                    new LinkReply(LinkError.OK, MemorySegment.ofArray(KEY), COMMON, COMMON).encodeWithHeader();
            for (int i = 0; i < 3; i++) {
                fromClient[random.nextInt(fromClient.length)] = (byte) random.nextInt();
                fromServer[random.nextInt(random.nextBoolean() ? 20 : fromServer.length)] = (byte) random.nextInt();
            }
            server(COMMON, LinkError.OK, LinkError.OK).receive(InputCursor.of(fromClient));
            new ClientLink(MAIN, key -> TICKET).receive(InputCursor.of(fromServer));
        }
    }

    private static ServerLink server(Capabilities common, LinkError judged, LinkError ticket) {
        return new ServerLink(
                KEY,
                encrypted -> Arrays.equals(TICKET, encrypted) ? ticket : LinkError.ERROR,
                message -> new LinkJudge.Verdict(judged, common, Capabilities.NONE));
    }

    private static void refused(Capabilities common, LinkError judged, LinkError ticket, LinkError expected) {
        SessionPair pair = new SessionPair(server(common, judged, ticket), new ClientLink(MAIN, key -> TICKET), 5);
        pair.drive();
        assertEquals(
                expected,
                assertInstanceOf(ServerLink.State.Closed.class, pair.server.state())
                        .error());
        assertEquals(
                expected,
                assertInstanceOf(ClientLink.State.Refused.class, pair.client.state())
                        .error());
    }

    private static void closed(String hex, LinkError expected, int replyBytes) {
        ServerLink server = server(COMMON, LinkError.OK, LinkError.OK);
        server.receive(InputCursor.of(Hex.bytes(hex)));
        assertEquals(
                expected,
                assertInstanceOf(ServerLink.State.Closed.class, server.state()).error());
        byte[] reply = server.pollOutput();
        assertEquals(replyBytes, reply == null ? 0 : reply.length);
        assertNull(server.pollOutput());
    }
}
