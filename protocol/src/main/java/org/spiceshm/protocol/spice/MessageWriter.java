package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.shm.Numbering;

/**
 * Puts the right header before each body and counts serials from 1. {@link #writeHeader} is for hot messages whose body
 * the caller writes itself, {@link #frame} for cold ones.
 *
 * <p>Owned by the connection's thread; lives as long as the channel. Messages must be sent in the order in which they
 * were framed.
 */
public final class MessageWriter {
    private final MessageHeader header;
    private long serial;

    /** Counts from 1. */
    public MessageWriter(MessageHeader header) {
        this.header = header;
    }

    /** Bytes that {@link #writeHeader} writes. */
    public int headerBytes() {
        return header.sizeBytes();
    }

    /** The serial of the newest message framed; 0 before the first. */
    public long serial() {
        return serial;
    }

    /** Writes the header of the next message at {@code offset}; allocates nothing. */
    public void writeHeader(MemorySegment target, long offset, int type, int bodyBytes) {
        serial++;
        header.write(target, offset, serial, type, bodyBytes);
    }

    /** Header and body in one array. */
    public byte[] frame(int type, byte[] body) {
        byte[] whole = new byte[Math.addExact(headerBytes(), body.length)];
        writeHeader(MemorySegment.ofArray(whole), 0, type, body.length);
        System.arraycopy(body, 0, whole, headerBytes(), body.length);
        return whole;
    }

    /** Header and body in one array. */
    public byte[] frame(WireMessage message, Numbering numbering) {
        return frame(message.type(numbering), message.encode());
    }
}
