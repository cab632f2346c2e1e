package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Received bytes and how far they have been consumed. The shell sets it after each read; the link stage and then the
 * {@link MessageFramer} take exactly what is theirs, so that what follows (the channel's messages, or the one byte that
 * carries a descriptor) stays for whoever comes next.
 *
 * <p>Owned by the connection's thread; reusable, so that a read allocates nothing.
 */
public final class InputCursor {
    private MemorySegment segment = MemorySegment.ofArray(new byte[0]);
    private long position;
    private long limit;

    /** All bytes of an array. */
    public static InputCursor of(byte[] bytes) {
        InputCursor input = new InputCursor();
        input.set(MemorySegment.ofArray(bytes), 0, bytes.length);
        return input;
    }

    /** Now stands for {@code length} bytes of {@code segment} from {@code offset} on. */
    public void set(MemorySegment segment, long offset, long length) {
        Objects.checkFromIndexSize(offset, length, segment.byteSize());
        this.segment = segment;
        this.position = offset;
        this.limit = offset + length;
    }

    /** Where the bytes are. */
    public MemorySegment segment() {
        return segment;
    }

    /** Offset of the next byte in {@link #segment}. */
    public long position() {
        return position;
    }

    /** Bytes not yet consumed. */
    public long remaining() {
        return limit - position;
    }

    /** Consumes {@code count} bytes, which must be there. */
    public void skip(long count) {
        Objects.checkIndex(count, remaining() + 1);
        position += count;
    }

    /** Consumes up to {@code wanted} bytes into {@code target} at {@code offset}; returns how many. */
    long read(MemorySegment target, long offset, long wanted) {
        long count = Math.min(wanted, remaining());
        MemorySegment.copy(segment, position, target, offset, count);
        position += count;
        return count;
    }
}
