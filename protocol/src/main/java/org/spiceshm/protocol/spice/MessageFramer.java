package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * Cuts a channel's stream into messages, however the reads fell.
 *
 * <pre>{@code
 * while (framer.next(input)) {
 *     handle(framer.type(), framer.body());
 * }
 * }</pre>
 *
 * A message that lies whole in the input is not copied; others gather in a buffer that grows with what has really
 * come, up to the limit. {@code next} consumes one message and no byte more, so that the byte which carries a
 * descriptor is left in the input. Sub-messages (of a full header's list, or of LIST in mini mode) are yielded before
 * the message that carries them. All accessors are valid until the next call of {@code next}; once the buffer is large
 * enough nothing is allocated, unless {@link #body} is asked for.
 *
 * <p>Owned by the connection's thread; lives as long as the channel. After an exception it is of no further use.
 */
public final class MessageFramer {
    /** SPICE_MSG_LIST: a message that is nothing but sub-messages. */
    private static final int LIST_TYPE = 8;

    private static final Struct SUB_MESSAGE_LIST = Struct.littleEndian("SpiceSubMessageList");
    private static final Struct.U16 SUB_MESSAGE_COUNT = SUB_MESSAGE_LIST.u16("size");
    private static final Struct SUB_MESSAGE_OFFSET = Struct.littleEndian("SpiceSubMessageList");
    private static final Struct.U32 SUB_MESSAGE = SUB_MESSAGE_OFFSET.u32("sub_messages");
    private static final Struct SUB_HEADER = Struct.littleEndian("SpiceSubMessage");
    private static final Struct.U16 SUB_TYPE = SUB_HEADER.u16("type");
    private static final Struct.U32 SUB_SIZE = SUB_HEADER.u32("size");

    private static final int FIRST_BUFFER_BYTES = 4096;

    private final MessageHeader header;
    private final boolean subMessagesAllowed;
    private final int maxBodyBytes;
    private final MemorySegment headerBytes;
    private int headerHave;
    private MemorySegment buffer = MemorySegment.ofArray(new byte[0]);
    private long bodyHave;
    private boolean headerDone;

    // The carrying message.
    private int messageType;
    private long messageSerial;
    private long messageSubList;
    private long messageBytes;
    private MemorySegment message = buffer;
    private long messageOffset;

    // Its sub-messages, and where among them we are.
    private boolean carrierPending;
    private long subPosition;
    private int subLeft;

    // What the accessors tell.
    private int type;
    private long bodyOffset;
    private long bodyBytes;
    private boolean subMessage;

    private MessageFramer(MessageHeader header, boolean subMessagesAllowed, int maxBodyBytes) {
        this.header = header;
        this.subMessagesAllowed = subMessagesAllowed;
        this.maxBodyBytes = maxBodyBytes;
        this.headerBytes = MemorySegment.ofArray(new byte[header.sizeBytes()]);
    }

    /** For what a server sends: sub-messages may occur. */
    public static MessageFramer fromServer(MessageHeader header, int maxBodyBytes) {
        return new MessageFramer(header, true, maxBodyBytes);
    }

    /** For what a client sends: it has no use for sub-messages, so a list of them is refused. */
    public static MessageFramer fromClient(MessageHeader header, int maxBodyBytes) {
        return new MessageFramer(header, false, maxBodyBytes);
    }

    /** Goes to the next message if it has come whole; consumes what belongs to it. */
    public boolean next(InputCursor input) throws MalformedMessageException {
        if (subLeft > 0) {
            nextSubMessage();
            return true;
        }
        if (carrierPending) {
            yieldCarrier();
            return true;
        }
        if (!(readHeader(input) && readBody(input))) {
            return false;
        }
        headerDone = false;
        openSubMessages();
        if (subLeft > 0) {
            carrierPending = true;
            nextSubMessage();
        } else {
            yieldCarrier();
        }
        return true;
    }

    /** The message's number. */
    public int type() {
        return type;
    }

    /** The serial of the message, or of the one that carries it: counted from 1, or as a full header says. */
    public long serial() {
        return messageSerial;
    }

    /** Whether it came inside another: acks count only the one that carries it. */
    public boolean isSubMessage() {
        return subMessage;
    }

    /** What the body lies in; read it, at {@link #bodyOffset}, for {@link #bodyBytes}. */
    public MemorySegment segment() {
        return message;
    }

    /** Where in {@link #segment} the body begins. */
    public long bodyOffset() {
        return bodyOffset;
    }

    /** The body's length. */
    public long bodyBytes() {
        return bodyBytes;
    }

    /** The body as a read-only slice, a new object at each call. */
    public MemorySegment body() {
        return message.asSlice(bodyOffset, bodyBytes).asReadOnly();
    }

    /** Whether a message has begun and not ended: an end of stream here is a truncation. */
    public boolean isInsideMessage() {
        return headerHave > 0 || headerDone;
    }

    private boolean readHeader(InputCursor input) throws MalformedMessageException {
        if (headerDone) {
            return true;
        }
        if (headerHave == 0 && header.sizeBytes() <= input.remaining()) {
            parseHeader(input.segment(), input.position());
            input.skip(header.sizeBytes());
            return true;
        }
        headerHave += (int) input.read(headerBytes, headerHave, header.sizeBytes() - headerHave);
        if (headerHave < header.sizeBytes()) {
            return false;
        }
        parseHeader(headerBytes, 0);
        headerHave = 0;
        return true;
    }

    private void parseHeader(MemorySegment from, long base) throws MalformedMessageException {
        long size = header.bodyBytes(from, base);
        long subList = header.subList(from, base);
        if (!(size <= maxBodyBytes)) {
            throw malformedHeader(header.sizeField(), size, "at most " + maxBodyBytes);
        }
        if (!(subList == 0 || subMessagesAllowed)) {
            throw malformedHeader(header.subListField(), subList, "no sub-messages from a client");
        }
        messageType = header.type(from, base);
        messageBytes = size;
        messageSubList = subList;
        messageSerial = header == MessageHeader.MINI ? messageSerial + 1 : header.serial(from, base);
        bodyHave = 0;
        headerDone = true;
    }

    private boolean readBody(InputCursor input) {
        if (bodyHave == 0 && messageBytes <= input.remaining()) {
            message = input.segment();
            messageOffset = input.position();
            input.skip(messageBytes);
            return true;
        }
        ensureBuffer(Math.min(messageBytes, bodyHave + input.remaining()));
        bodyHave += input.read(buffer, bodyHave, messageBytes - bodyHave);
        if (bodyHave < messageBytes) {
            return false;
        }
        message = buffer;
        messageOffset = 0;
        return true;
    }

    private void ensureBuffer(long wanted) {
        if (!(wanted <= buffer.byteSize())) {
            // INVARIANT: wanted <= messageBytes <= maxBodyBytes, an int.
            long doubled = Math.max(FIRST_BUFFER_BYTES, 2 * buffer.byteSize());
            int size = (int) Math.max(wanted, Math.min(doubled, maxBodyBytes));
            MemorySegment larger = MemorySegment.ofArray(new byte[size]);
            MemorySegment.copy(buffer, 0, larger, 0, bodyHave);
            buffer = larger;
        }
    }

    private void yieldCarrier() {
        carrierPending = false;
        subMessage = false;
        type = messageType;
        bodyOffset = messageOffset;
        bodyBytes = messageBytes;
    }

    /** Finds the list, and checks all of it before any of it is yielded. */
    private void openSubMessages() throws MalformedMessageException {
        subLeft = 0;
        long list = messageSubList;
        boolean isList = subMessagesAllowed && header == MessageHeader.MINI && messageType == LIST_TYPE;
        if (list == 0 && !isList) {
            return;
        }
        if (!(list + SUB_MESSAGE_LIST.size() <= messageBytes)) {
            throw malformedList(SUB_MESSAGE_COUNT, list, "the end of the message", "2 bytes");
        }
        int count = SUB_MESSAGE_COUNT.get(message, messageOffset + list);
        long first = list + SUB_MESSAGE_LIST.size();
        if (!(first + count * SUB_MESSAGE_OFFSET.size() <= messageBytes)) {
            throw malformedList(
                    SUB_MESSAGE_COUNT, list, count, "no more than fit the " + messageBytes + " bytes of the message");
        }
        // Sub-messages may not overlap in sum: else a small message could stand for a huge one.
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += checkSubMessage(first + i * SUB_MESSAGE_OFFSET.size());
        }
        if (!(total <= messageBytes)) {
            throw malformedList(SUB_MESSAGE_COUNT, list, total + " bytes in all", "at most " + messageBytes);
        }
        subPosition = first;
        subLeft = count;
    }

    private long checkSubMessage(long at) throws MalformedMessageException {
        long offset = SUB_MESSAGE.getUnsigned(message, messageOffset + at);
        if (!(offset + SUB_HEADER.size() <= messageBytes)) {
            throw malformedList(SUB_MESSAGE, at, offset, "a sub-message inside the " + messageBytes + " bytes");
        }
        int subType = SUB_TYPE.get(message, messageOffset + offset);
        if (subType == LIST_TYPE) {
            throw malformedList(SUB_TYPE, offset, subType, "no list inside a list");
        }
        long size = SUB_HEADER.size() + SUB_SIZE.getUnsigned(message, messageOffset + offset);
        if (!(offset + size <= messageBytes)) {
            throw malformedList(SUB_SIZE, offset + SUB_SIZE.offset(), size, "at most " + (messageBytes - offset));
        }
        return size;
    }

    private void nextSubMessage() {
        long offset = SUB_MESSAGE.getUnsigned(message, messageOffset + subPosition);
        subPosition += SUB_MESSAGE_OFFSET.size();
        subLeft--;
        subMessage = true;
        type = SUB_TYPE.get(message, messageOffset + offset);
        bodyOffset = messageOffset + offset + SUB_HEADER.size();
        bodyBytes = SUB_SIZE.getUnsigned(message, messageOffset + offset);
    }

    private MalformedMessageException malformedHeader(Struct.Field field, Object got, Object expected) {
        return MalformedMessageException.at(header.specificationName(), field.name(), field.offset(), got, expected);
    }

    private static MalformedMessageException malformedList(
            Struct.Field field, long offset, Object got, Object expected) {
        return MalformedMessageException.at(field.struct(), field.name(), offset, got, expected);
    }
}
