package org.spiceshm.protocol.agent;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.InputCursor;

/**
 * The agent's serial port. spice-protocol, vd_agent.h: VDIChunkHeader.
 *
 * <pre>
 *  +------+------+----------------+------+------+--------
 *  | port | size | size bytes     | port | size | ...         size &lt;= 2048; a message spans as many chunks
 *  +------+------+----------------+------+------+--------     of its port as it needs
 * </pre>
 */
public final class VdiChunks {
    /** VD_AGENT_MAX_DATA_SIZE: also the most in an AGENT_DATA. */
    public static final int MAX_CHUNK_BYTES = 2048;

    /** VDP_CLIENT_PORT: for and from clients. */
    public static final int CLIENT_PORT = 1;

    /** VDP_SERVER_PORT: for and from the server itself, which has nothing to say. */
    public static final int SERVER_PORT = 2;

    private static final Struct STRUCT = Struct.littleEndian("VDIChunkHeader");
    private static final Struct.U32 PORT = STRUCT.u32("port");
    private static final Struct.U32 SIZE = STRUCT.u32("size");

    /** Length of the header before each chunk. */
    public static final int HEADER_BYTES = (int) STRUCT.size();

    private VdiChunks() {}

    /** A message as its chunks. */
    public static byte[] of(int port, byte[] message) {
        int chunks = Math.ceilDiv(message.length, MAX_CHUNK_BYTES);
        byte[] all = new byte[Math.addExact(message.length, Math.multiplyExact(chunks, HEADER_BYTES))];
        MemorySegment segment = MemorySegment.ofArray(all);
        int target = 0;
        for (int source = 0; source < message.length; source += MAX_CHUNK_BYTES) {
            int size = Math.min(MAX_CHUNK_BYTES, message.length - source);
            PORT.set(segment, target, port);
            SIZE.set(segment, target, size);
            System.arraycopy(message, source, all, target + HEADER_BYTES, size);
            target += HEADER_BYTES + size;
        }
        return all;
    }

    /**
     * Takes what comes out of the port and returns the messages for clients; what is for the server is skipped. Owned by
     * the thread that receives; after an exception of no further use until {@link #reset}.
     */
    public static final class Reader {
        private final AgentAssembler assembler = new AgentAssembler();
        private final MemorySegment header = MemorySegment.ofArray(new byte[HEADER_BYTES]);
        private final InputCursor chunk = new InputCursor();
        private int headerHave;
        private int port;
        private long chunkLeft;

        /** Takes bytes until a message is whole; null if they ended before. */
        public byte @Nullable [] next(InputCursor input) throws MalformedMessageException {
            while (takeHeader(input)) {
                long count = Math.min(chunkLeft, input.remaining());
                chunk.set(input.segment(), input.position(), port == CLIENT_PORT ? count : 0);
                byte[] message = assembler.next(chunk);
                // A message may end inside the chunk: what follows it is the next one's.
                long used = port == CLIENT_PORT ? count - chunk.remaining() : count;
                input.skip(used);
                chunkLeft -= used;
                if (message != null) {
                    return message;
                }
                if (chunkLeft > 0) {
                    return null;
                }
            }
            return null;
        }

        /** How many messages were too long. */
        public long skipped() {
            return assembler.skipped();
        }

        /** Another agent begins: the next byte is a chunk's header's. */
        public void reset() {
            headerHave = 0;
            chunkLeft = 0;
            assembler.reset();
        }

        /** Whether a chunk has begun whose bytes are to be taken, now or later. */
        private boolean takeHeader(InputCursor input) throws MalformedMessageException {
            while (chunkLeft == 0) {
                int count = (int) Math.min(HEADER_BYTES - headerHave, input.remaining());
                MemorySegment.copy(input.segment(), input.position(), header, headerHave, count);
                input.skip(count);
                headerHave += count;
                if (headerHave < HEADER_BYTES) {
                    return false;
                }
                headerHave = 0;
                checkHeader();
            }
            return true;
        }

        private void checkHeader() throws MalformedMessageException {
            port = PORT.get(header, 0);
            if (!(port == CLIENT_PORT || port == SERVER_PORT)) {
                throw MalformedMessageException.at(
                        STRUCT.name(), PORT.name(), PORT.offset(), Integer.toUnsignedString(port), "1 or 2");
            }
            long size = SIZE.getUnsigned(header, 0);
            if (!(size <= MAX_CHUNK_BYTES)) {
                throw MalformedMessageException.at(
                        STRUCT.name(), SIZE.name(), SIZE.offset(), size, "at most " + MAX_CHUNK_BYTES);
            }
            chunkLeft = size;
        }
    }
}
