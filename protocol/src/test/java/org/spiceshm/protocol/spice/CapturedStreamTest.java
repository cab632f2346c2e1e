package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;

class CapturedStreamTest {
    @Test
    void serverStreamsDecodeWholeAndEncodeToTheSameBytes() throws MalformedMessageException {
        serverStream("main.s2c.bin", ChannelType.MAIN, Decoder.MAIN_SERVER);
        serverStream("inputs.s2c.bin", ChannelType.INPUTS, Decoder.INPUTS_SERVER);
        serverStream("cursor.s2c.bin", ChannelType.CURSOR, Decoder.CURSOR_SERVER);
    }

    @Test
    void clientStreamsDecodeWholeAndEncodeToTheSameBytes() throws MalformedMessageException {
        clientStream("main.c2s.bin", ChannelType.MAIN, Decoder.MAIN_CLIENT);
        clientStream("display.c2s.bin", ChannelType.DISPLAY, Decoder.DISPLAY_CLIENT);
        clientStream("inputs.c2s.bin", ChannelType.INPUTS, Decoder.INPUTS_CLIENT);
        clientStream("cursor.c2s.bin", ChannelType.CURSOR, Decoder.CURSOR_CLIENT);
    }

    @Test
    void displayMessagesDecodeAndEncodeToTheSameBytes() throws MalformedMessageException {
        InputCursor input = InputCursor.of(Captures.read("display.messages.bin"));
        assertEquals(55, messages(input, MessageHeader.MINI, Decoder.DISPLAY_SERVER, true));
    }

    private static void serverStream(String name, ChannelType type, Decoder decoder) throws MalformedMessageException {
        InputCursor input = InputCursor.of(Captures.read(name));
        LinkMessage message = LinkMessage.of(
                0,
                type,
                0,
                Capabilities.of(CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.MINI_HEADER),
                Capabilities.NONE);
        ClientLink link = new ClientLink(message, key -> new byte[128]);
        link.receive(input);
        ClientLink.State.Linked linked = assertInstanceOf(ClientLink.State.Linked.class, link.state());
        assertTrue(messages(input, linked.header(), decoder, true) > 0);
    }

    private static void clientStream(String name, ChannelType type, Decoder decoder) throws MalformedMessageException {
        InputCursor input = InputCursor.of(Captures.read(name));
        ServerLink link = new ServerLink(
                new byte[LinkReply.PUBLIC_KEY_BYTES],
                ticket -> LinkError.OK,
                message -> LinkJudge.Verdict.accept(
                        Capabilities.of(
                                CommonCapability.PROTOCOL_AUTH_SELECTION,
                                CommonCapability.AUTH_SPICE,
                                CommonCapability.MINI_HEADER),
                        Capabilities.NONE));
        link.receive(input);
        ServerLink.State.Linked linked = assertInstanceOf(ServerLink.State.Linked.class, link.state());
        assertEquals(type, linked.message().channel());
        assertTrue(messages(input, linked.header(), decoder, false) > 0);
    }

    private static int messages(InputCursor input, MessageHeader header, Decoder decoder, boolean fromServer)
            throws MalformedMessageException {
        MessageFramer framer =
                fromServer ? MessageFramer.fromServer(header, 1 << 26) : MessageFramer.fromClient(header, 1 << 16);
        int count = 0;
        while (framer.next(input)) {
            WireMessage message = decoder.decode(framer.type(), framer.body());
            assertFalse(message instanceof UnknownMessage, "type " + framer.type());
            assertEquals(framer.type(), message.type(Numbering.CURRENT));
            byte[] body = framer.body().toArray(ValueLayout.JAVA_BYTE);
            assertEquals(Hex.text(body), Hex.text(message.encode()), "type " + framer.type());
            count++;
        }
        assertEquals(0, input.remaining());
        assertFalse(framer.isInsideMessage());
        return count;
    }
}
