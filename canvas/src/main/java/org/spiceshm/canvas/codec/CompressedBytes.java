package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A decoder's own copy of the bytes that it reads, in a Java array: read once from the message, and followed by
 * {@link #SLACK_BYTES} zero bytes, so that a token may be read before it is known to be complete, and
 * short runs be copied in words.
 *
 * <p>Reused; owned by the decoder's thread.
 */
final class CompressedBytes {
    /** Zero bytes after the last one. */
    static final int SLACK_BYTES = 32;

    /** Four bytes of an array as a little-endian int, at any index. */
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] array = new byte[SLACK_BYTES];
    private MemorySegment segment = MemorySegment.ofArray(array);
    private int length;

    /** Takes a copy. The data is part of a message, so its length fits an int. */
    void load(MemorySegment data) {
        MemorySegment.copy(data, 0, room(Math.toIntExact(data.byteSize())), 0, length);
    }

    /** Makes room for {@code newLength} bytes, which the caller writes to the start of what is returned. */
    MemorySegment room(int newLength) {
        if (array.length - SLACK_BYTES < newLength) {
            array = new byte[Math.addExact(newLength, SLACK_BYTES)];
            segment = MemorySegment.ofArray(array);
        }
        length = newLength;
        Arrays.fill(array, length, length + SLACK_BYTES, (byte) 0);
        return segment;
    }

    /** The bytes, from index 0 on. */
    byte[] array() {
        return array;
    }

    /** The same as a segment. */
    MemorySegment segment() {
        return segment;
    }

    /** How many there are. */
    int length() {
        return length;
    }
}
