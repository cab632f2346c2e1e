package org.spiceshm.server;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way to one client, and at most one descriptor among them: the byte that carries it has to leave in a
 * write of its own. It grows to the largest message and shrinks again when it runs empty. Owned by the connection's
 * thread.
 */
final class Outbox {
    /** Kept when empty. */
    private static final int SMALL_BYTES = 64 * 1024;
    /** The longest array that every Java can have. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;
    /** SHM_OFFER's descriptor travels with this byte, as upstream's scanout descriptors do. */
    static final byte DESCRIPTOR_BYTE = '@';

    private static final int NONE = -1;

    /** Where bytes go. */
    interface Writer {
        /** Writes some of the bytes; returns how many, or 0 if none can be taken now. */
        int write(MemorySegment segment, int offset, int length) throws IOException;

        /** Writes exactly one byte with the descriptor; false if it cannot be taken now. */
        boolean writeDescriptor(MemorySegment segment, int offset, int fd) throws IOException;
    }

    private byte[] bytes = new byte[SMALL_BYTES];
    private MemorySegment segment = MemorySegment.ofArray(bytes);
    private int head;
    private int tail;
    private int descriptorAt = NONE;
    private @Nullable SharedSegment descriptor;

    /** Bytes not yet written. */
    int pending() {
        return tail - head;
    }

    /** What {@link #reserve} gives offsets into; ask again after every call. */
    MemorySegment segment() {
        return segment;
    }

    /** Appends room for {@code length} bytes and returns its offset. */
    int reserve(int length) {
        if (bytes.length - tail < length) {
            makeRoom(length);
        }
        int offset = tail;
        tail += length;
        return offset;
    }

    /** Takes back the end of the last reservation. */
    void trim(int length) {
        tail -= length;
    }

    void append(byte[] message) {
        int offset = reserve(message.length);
        System.arraycopy(message, 0, bytes, offset, message.length);
    }

    /** Appends the byte that carries the segment's descriptor; the caller holds the segment for it. */
    void appendDescriptor(SharedSegment shared) {
        if (descriptorAt != NONE) {
            throw new IllegalStateException("a second descriptor before the first has left");
        }
        descriptorAt = reserve(1);
        bytes[descriptorAt] = DESCRIPTOR_BYTE;
        descriptor = shared;
    }

    private void makeRoom(int length) {
        if (head > 0) {
            System.arraycopy(bytes, head, bytes, 0, pending());
            tail -= head;
            descriptorAt = descriptorAt == NONE ? NONE : descriptorAt - head;
            head = 0;
        }
        long needed = (long) tail + length;
        if (!(needed <= MAX_BYTES)) {
            throw new IllegalStateException("outbox: got " + needed + " bytes, expected at most " + MAX_BYTES);
        }
        if (needed > bytes.length) {
            // INVARIANT: needed <= MAX_BYTES, so both sides of the minimum fit an int.
            bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_BYTES, Math.max(needed, 2L * bytes.length)));
            segment = MemorySegment.ofArray(bytes);
        }
    }

    /** Writes what can be written; true when nothing is left. */
    boolean flush(Writer writer) throws IOException {
        while (head < tail) {
            SharedSegment carried = descriptor;
            if (carried != null && head == descriptorAt) {
                if (!writer.writeDescriptor(
                        segment, head, carried.readOnlyFile().fd())) {
                    return false;
                }
                head++;
                dropDescriptor();
            } else {
                int end = descriptorAt == NONE ? tail : descriptorAt;
                int written = writer.write(segment, head, end - head);
                if (written == 0) {
                    return false;
                }
                head += written;
            }
        }
        head = 0;
        tail = 0;
        if (bytes.length > SMALL_BYTES) {
            bytes = new byte[SMALL_BYTES];
            segment = MemorySegment.ofArray(bytes);
        }
        return true;
    }

    private void dropDescriptor() {
        SharedSegment carried = descriptor;
        descriptor = null;
        descriptorAt = NONE;
        if (carried != null) {
            carried.release();
        }
    }

    /** Forgets everything. */
    void close() {
        head = 0;
        tail = 0;
        dropDescriptor();
    }
}
