package org.spiceshm.client;

import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MessageFramer;

/**
 * Every byte that a server once sent on a display channel, drawn again: link reply, result of the ticket, messages. The
 * client of the time is taken to have asked for mini headers, as all do.
 */
public final class CapturedStream {
    /** No message of a display channel is longer. */
    private static final int MAX_BODY_BYTES = 1 << 28;

    private static final int TICKET_BYTES = 128;

    private CapturedStream() {}

    /**
     * Applies all messages; returns how many there were.
     *
     * @throws MalformedMessageException when the bytes are no such stream, or end inside a message
     */
    public static int play(byte[] bytes, SurfaceReplay replay) throws MalformedMessageException {
        InputCursor input = InputCursor.of(bytes);
        LinkMessage message = LinkMessage.of(
                0,
                ChannelType.DISPLAY,
                0,
                Capabilities.of(CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.MINI_HEADER),
                Capabilities.NONE);
        ClientLink link = new ClientLink(message, key -> new byte[TICKET_BYTES]);
        link.receive(input);
        if (!(link.state() instanceof ClientLink.State.Linked linked)) {
            throw new MalformedMessageException(
                    "stream", "link", "got " + link.state() + ", expected a link that was made");
        }
        MessageFramer framer = MessageFramer.fromServer(linked.header(), MAX_BODY_BYTES);
        int messages = 0;
        while (framer.next(input)) {
            replay.apply(framer.type(), framer.body());
            messages++;
        }
        if (framer.isInsideMessage() || input.remaining() != 0) {
            throw new MalformedMessageException(
                    "stream", "end", "got half a message after " + messages + ", expected a whole one");
        }
        return messages;
    }
}
