package org.spiceshm.protocol.spice;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * The client's side of the link stage. The first {@link #pollOutput} is the link message; afterwards whatever
 * {@link #receive} called for.
 *
 * <pre>
 *  AwaitHeader → AwaitReply → AwaitResult → Linked
 *  any of them → Refused
 * </pre>
 *
 * Owned by the connection's thread; lives until Linked or Refused. The shell keeps the deadline.
 */
public final class ClientLink {
    private final LinkMessage message;
    private final TicketSealer sealer;
    private final LinkBuffer buffer = new LinkBuffer();
    private final ArrayDeque<byte[]> output = new ArrayDeque<>();
    private State state = new State.AwaitHeader();

    /** Where the link stands. */
    public sealed interface State {
        /** The reply's header has not come yet. */
        record AwaitHeader() implements State {}

        /** The header has come and promises this many bytes. */
        record AwaitReply(int sizeBytes) implements State {}

        /** The ticket is on its way. */
        record AwaitResult(LinkReply reply) implements State {}

        /** The channel may speak. */
        record Linked(LinkMessage message, LinkReply reply) implements State {
            /** Which header both sides use. */
            public MessageHeader header() {
                return MessageHeader.negotiated(message.commonCapabilities(), reply.commonCapabilities());
            }
        }

        /** The server said no, or something that is no answer: then the error is INVALID_DATA. */
        record Refused(LinkError error, String reason) implements State {}
    }

    /** A link that asks for {@code message}. */
    public ClientLink(LinkMessage message, TicketSealer sealer) {
        this.message = message;
        this.sealer = sealer;
        output.add(message.encodeWithHeader());
        buffer.expect(LinkHeader.STRUCT.size());
    }

    /** Consumes what belongs to the link stage; after Linked or Refused, nothing. */
    public void receive(InputCursor input) {
        boolean more = true;
        while (more) {
            more = switch (state) {
                case State.AwaitHeader() -> buffer.fill(input) && header();
                case State.AwaitReply(int sizeBytes) -> buffer.fill(input) && reply();
                case State.AwaitResult(LinkReply reply) -> buffer.fill(input) && result(reply);
                case State.Linked linked -> false;
                case State.Refused refused -> false;
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
            return refused(LinkError.INVALID_MAGIC, String.format("SpiceLinkHeader.magic: got %08x", magic));
        }
        if (!(major == LinkHeader.MAJOR)) {
            return refused(
                    LinkError.VERSION_MISMATCH,
                    "SpiceLinkHeader.major_version: got " + major + ", expected " + LinkHeader.MAJOR);
        }
        if (!(LinkReply.STRUCT.size() <= size && size <= LinkReply.MAX_BYTES)) {
            return refused(
                    LinkError.INVALID_DATA,
                    "SpiceLinkHeader.size: got " + size + ", expected " + LinkReply.STRUCT.size() + " to "
                            + LinkReply.MAX_BYTES);
        }
        buffer.expect(size);
        state = new State.AwaitReply((int) size);
        return true;
    }

    private boolean reply() {
        try {
            LinkReply reply = LinkReply.decode(buffer.segment());
            return reply.error() == LinkError.OK
                    ? authenticate(reply)
                    : refused(reply.error(), "the server refused the link");
        } catch (MalformedMessageException e) {
            return refused(LinkError.INVALID_DATA, String.valueOf(e.getMessage()));
        }
    }

    private boolean authenticate(LinkReply reply) throws MalformedMessageException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        if (message.commonCapabilities().has(CommonCapability.PROTOCOL_AUTH_SELECTION)
                && reply.commonCapabilities().has(CommonCapability.PROTOCOL_AUTH_SELECTION)) {
            if (!reply.commonCapabilities().has(CommonCapability.AUTH_SPICE)) {
                return refused(LinkError.PERMISSION_DENIED, "the server takes no ticket (no AUTH_SPICE)");
            }
            answer.writeBytes(LinkTail.number(CommonCapability.AUTH_SPICE));
        }
        byte[] ticket = sealer.seal(reply.publicKey().toArray(ValueLayout.JAVA_BYTE));
        if (!(ticket.length == LinkTail.TICKET.size())) {
            throw new IllegalStateException("a ticket of " + ticket.length + " bytes");
        }
        answer.writeBytes(ticket);
        output.add(answer.toByteArray());
        buffer.expect(LinkTail.RESULT.size());
        state = new State.AwaitResult(reply);
        return true;
    }

    private boolean result(LinkReply reply) {
        int number = LinkTail.ERROR.get(buffer.segment(), 0);
        LinkError error = LinkError.ofNumber(number);
        if (error == null) {
            return refused(LinkError.INVALID_DATA, "link result: got " + number + ", expected 0 to 9");
        }
        if (error != LinkError.OK) {
            return refused(error, "the server refused the ticket or the channel");
        }
        state = new State.Linked(message, reply);
        return false;
    }

    private boolean refused(LinkError error, String reason) {
        state = new State.Refused(error, reason);
        return false;
    }
}
