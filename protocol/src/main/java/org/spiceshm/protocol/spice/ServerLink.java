package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * The server's side of the link stage: header, link message, reply, mechanism, ticket, result. It consumes exactly what
 * belongs to it; what follows in the input are the channel's messages.
 *
 * <pre>
 *  AwaitHeader → AwaitMessage → AwaitMechanism → AwaitTicket → Linked
 *                                    └ only if both have AUTH_SELECTION
 *  any of them → Closed: send what {@link #pollOutput} still has, then close
 * </pre>
 *
 * Owned by the connection's thread; lives until Linked or Closed. No deadline of its own: the shell closes a connection
 * that stays here too long.
 */
public final class ServerLink {
    private final byte[] publicKey;
    private final TicketCheck ticketCheck;
    private final LinkJudge judge;
    private final LinkBuffer buffer = new LinkBuffer();
    private final ArrayDeque<byte[]> output = new ArrayDeque<>();
    private State state = new State.AwaitHeader();

    /** Where the link stands. */
    public sealed interface State {
        /** Nothing, or a part of the header, has come. */
        record AwaitHeader() implements State {}

        /** The header has come and promises this many bytes. */
        record AwaitMessage(int sizeBytes) implements State {}

        /** The client is to choose a mechanism. */
        record AwaitMechanism(LinkMessage message, LinkJudge.Verdict verdict) implements State {}

        /** The client is to send its ticket. */
        record AwaitTicket(LinkMessage message, LinkJudge.Verdict verdict) implements State {}

        /** The channel may speak; both sides' capabilities are in effect. */
        record Linked(LinkMessage message, Capabilities commonCapabilities, Capabilities channelCapabilities)
                implements State {
            /** Which header both sides use. */
            public MessageHeader header() {
                return MessageHeader.negotiated(message.commonCapabilities(), commonCapabilities);
            }
        }

        /** It came to nothing. */
        record Closed(LinkError error, String reason) implements State {}
    }

    /** A link that will offer {@code publicKey}, {@link LinkReply#PUBLIC_KEY_BYTES} long. */
    public ServerLink(byte[] publicKey, TicketCheck ticketCheck, LinkJudge judge) {
        if (!(publicKey.length == LinkReply.PUBLIC_KEY_BYTES)) {
            throw new IllegalArgumentException("a public key of " + publicKey.length + " bytes");
        }
        this.publicKey = publicKey.clone();
        this.ticketCheck = ticketCheck;
        this.judge = judge;
        buffer.expect(LinkHeader.STRUCT.size());
    }

    /** Consumes what belongs to the link stage; after Linked or Closed, nothing. */
    public void receive(InputCursor input) {
        boolean more = true;
        while (more) {
            more = switch (state) {
                case State.AwaitHeader() -> buffer.fill(input) && header();
                case State.AwaitMessage(int sizeBytes) -> buffer.fill(input) && message();
                case State.AwaitMechanism awaiting -> buffer.fill(input) && mechanism(awaiting);
                case State.AwaitTicket awaiting -> buffer.fill(input) && ticket(awaiting);
                case State.Linked linked -> false;
                case State.Closed closed -> false;
            };
        }
    }

    /** The next bytes to send, or null. */
    public byte @Nullable [] pollOutput() {
        return output.poll();
    }

    /** Where the link stands. */
    public State state() {
        return state;
    }

    private boolean header() {
        MemorySegment header = buffer.segment();
        int magic = LinkHeader.MAGIC.get(header, 0);
        long major = LinkHeader.MAJOR_VERSION.getUnsigned(header, 0);
        long size = LinkHeader.SIZE.getUnsigned(header, 0);
        if (!(magic == LinkHeader.MAGIC_VALUE)) {
            return refuse(LinkError.INVALID_MAGIC, String.format("SpiceLinkHeader.magic: got %08x", magic));
        }
        if (!(major == LinkHeader.MAJOR)) {
            String reason = "SpiceLinkHeader.major_version: got " + major + ", expected " + LinkHeader.MAJOR;
            // Version 0 never had this reply (spice-server closes silently too).
            return major == 0 ? close(LinkError.VERSION_MISMATCH, reason) : refuse(LinkError.VERSION_MISMATCH, reason);
        }
        if (!(LinkMessage.STRUCT.size() <= size && size <= LinkMessage.MAX_BYTES)) {
            return refuse(
                    LinkError.INVALID_DATA,
                    "SpiceLinkHeader.size: got " + size + ", expected " + LinkMessage.STRUCT.size() + " to "
                            + LinkMessage.MAX_BYTES);
        }
        buffer.expect(size);
        state = new State.AwaitMessage((int) size);
        return true;
    }

    private boolean message() {
        LinkMessage message;
        try {
            message = LinkMessage.decode(buffer.segment());
        } catch (MalformedMessageException e) {
            return refuse(LinkError.INVALID_DATA, String.valueOf(e.getMessage()));
        }
        LinkJudge.Verdict verdict = judge.judge(message);
        if (verdict.error() != LinkError.OK && !toldAfterTicket(verdict.error())) {
            return refuse(verdict.error(), "link message refused");
        }
        output.add(new LinkReply(
                        LinkError.OK,
                        MemorySegment.ofArray(publicKey),
                        verdict.commonCapabilities(),
                        verdict.channelCapabilities())
                .encodeWithHeader());
        if (message.commonCapabilities().has(CommonCapability.PROTOCOL_AUTH_SELECTION)
                && verdict.commonCapabilities().has(CommonCapability.PROTOCOL_AUTH_SELECTION)) {
            buffer.expect(LinkTail.MECHANISM.size());
            state = new State.AwaitMechanism(message, verdict);
        } else {
            buffer.expect(LinkTail.TICKET.size());
            state = new State.AwaitTicket(message, verdict);
        }
        return true;
    }

    private boolean mechanism(State.AwaitMechanism awaiting) {
        long mechanism = LinkTail.AUTH_MECHANISM.getUnsigned(buffer.segment(), 0);
        if (!(mechanism == CommonCapability.AUTH_SPICE)) {
            return end(
                    LinkError.INVALID_DATA,
                    "SpiceLinkAuthMechanism.auth_mechanism: got " + mechanism + ", expected "
                            + CommonCapability.AUTH_SPICE);
        }
        buffer.expect(LinkTail.TICKET.size());
        state = new State.AwaitTicket(awaiting.message(), awaiting.verdict());
        return true;
    }

    private boolean ticket(State.AwaitTicket awaiting) {
        LinkError ticket = ticketCheck.check(buffer.bytes());
        if (ticket != LinkError.OK) {
            return end(ticket, "ticket refused");
        }
        LinkJudge.Verdict verdict = awaiting.verdict();
        if (verdict.error() != LinkError.OK) {
            return end(verdict.error(), "link message refused");
        }
        output.add(LinkTail.number(LinkError.OK.number()));
        state = new State.Linked(awaiting.message(), verdict.commonCapabilities(), verdict.channelCapabilities());
        return false;
    }

    private static boolean toldAfterTicket(LinkError error) {
        return error == LinkError.BAD_CONNECTION_ID || error == LinkError.CHANNEL_NOT_AVAILABLE;
    }

    private boolean refuse(LinkError error, String reason) {
        output.add(LinkReply.refusal(error).encodeWithHeader());
        return close(error, reason);
    }

    private boolean end(LinkError error, String reason) {
        output.add(LinkTail.number(error.number()));
        return close(error, reason);
    }

    private boolean close(LinkError error, String reason) {
        state = new State.Closed(error, reason);
        return false;
    }
}
