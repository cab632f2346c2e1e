package org.spiceshm.protocol.agent;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.InputCursor;

/**
 * Gathers whole agent messages from pieces of any length: {@code AGENT_DATA} of a client, or the chunks of the agent's
 * port. What it returns is a message with its {@link AgentHeader}.
 *
 * <p>A message longer than {@link #MAX_DATA_BYTES} is skipped to its end and counted; whoever sent it is not disconnected
 * for it. Memory grows with what has really come, never with what was announced.
 *
 * <p>Owned by the thread that receives; after an exception of no further use until {@link #reset}.
 */
public final class AgentAssembler {
    /**
     * The longest message that is gathered. Pieces of a file are at most 64 KiB, and what is more is a clipboard: an
     * uncompressed picture of 2560x1600 pixels just fits. It has to be gathered whole so that two clients' messages
     * cannot interleave, so the limit is what one client can make us hold.
     */
    public static final int MAX_DATA_BYTES = 16 << 20;

    private static final int FIRST_BYTES = 2048;

    private byte[] message = new byte[FIRST_BYTES];
    private MemorySegment segment = MemorySegment.ofArray(message);
    private int have;
    private boolean headerDone;
    private int wholeBytes;
    private long skipLeft;
    private long skipped;

    /** Takes bytes until a message is whole; null if they ended before. */
    public byte @Nullable [] next(InputCursor input) throws MalformedMessageException {
        while (!headerDone) {
            skip(input);
            fill(input, AgentHeader.BYTES);
            if (have < AgentHeader.BYTES) {
                return null;
            }
            takeHeader();
        }
        fill(input, wholeBytes);
        return have < wholeBytes ? null : take();
    }

    /** How many messages were too long. */
    public long skipped() {
        return skipped;
    }

    /** Whether a message has begun and not ended. */
    public boolean isInside() {
        return have != 0 || skipLeft != 0;
    }

    /** Forgets what has begun: the next byte is a header's. */
    public void reset() {
        skipLeft = 0;
        startOver();
    }

    private void skip(InputCursor input) {
        long count = Math.min(skipLeft, input.remaining());
        input.skip(count);
        skipLeft -= count;
    }

    private void takeHeader() throws MalformedMessageException {
        int protocol = AgentHeader.PROTOCOL.get(segment, 0);
        if (!(protocol == AgentHeader.PROTOCOL_NUMBER)) {
            throw MalformedMessageException.at(
                    "VDAgentMessage",
                    AgentHeader.PROTOCOL.name(),
                    AgentHeader.PROTOCOL.offset(),
                    Integer.toUnsignedString(protocol),
                    AgentHeader.PROTOCOL_NUMBER);
        }
        long dataBytes = AgentHeader.SIZE.getUnsigned(segment, 0);
        if (!(dataBytes <= MAX_DATA_BYTES)) {
            skipped++;
            skipLeft = dataBytes;
            have = 0;
            return;
        }
        // INVARIANT: dataBytes <= MAX_DATA_BYTES, so the sum fits an int.
        wholeBytes = AgentHeader.BYTES + (int) dataBytes;
        headerDone = true;
    }

    private void fill(InputCursor input, int target) {
        int count = (int) Math.min(target - have, input.remaining());
        if (message.length - have < count) {
            // INVARIANT: target <= BYTES + MAX_DATA_BYTES, so twice a length that was too short fits an int.
            message = Arrays.copyOf(message, Math.min(Math.max(2 * message.length, have + count), target));
            segment = MemorySegment.ofArray(message);
        }
        MemorySegment.copy(input.segment(), ValueLayout.JAVA_BYTE, input.position(), message, have, count);
        input.skip(count);
        have += count;
    }

    private byte[] take() {
        byte[] whole = Arrays.copyOf(message, wholeBytes);
        startOver();
        return whole;
    }

    private void startOver() {
        have = 0;
        headerDone = false;
        if (message.length > FIRST_BYTES) {
            message = new byte[FIRST_BYTES];
            segment = MemorySegment.ofArray(message);
        }
    }
}
