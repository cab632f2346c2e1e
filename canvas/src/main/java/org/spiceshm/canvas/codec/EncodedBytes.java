package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What an encoder writes to: a Java array that grows, and is used again for the next picture.
 *
 * <p>Owned by whoever encodes.
 */
public final class EncodedBytes {
    private static final int INITIAL_BYTES = 4096;

    private byte[] array = new byte[INITIAL_BYTES];
    private MemorySegment segment = MemorySegment.ofArray(array);
    private int length;

    /** Forgets what is there. */
    public void clear() {
        length = 0;
    }

    /** The bytes, from index 0 on; another array after the next write. */
    public byte[] array() {
        return array;
    }

    /** How many bytes there are. */
    public int length() {
        return length;
    }

    /** The bytes as a segment of the heap, until the next write. */
    public MemorySegment bytes() {
        return segment.asSlice(0, length);
    }

    /** The whole array as a segment. */
    MemorySegment segment() {
        return segment;
    }

    /** Makes room for {@code count} bytes after {@code used}; keeps the bytes before. Returns the array. */
    byte[] ensure(int used, long count) {
        long needed = used + count;
        if (array.length < needed) {
            if (!(needed <= Integer.MAX_VALUE - Long.BYTES)) {
                throw new IllegalArgumentException(
                        "encoded picture: got " + needed + " bytes, expected less than 2^31");
            }
            array = Arrays.copyOf(
                    array, (int) Math.min(Integer.MAX_VALUE - Long.BYTES, Math.max(needed, 2L * array.length)));
            segment = MemorySegment.ofArray(array);
        }
        return array;
    }

    /** So many bytes are there now. */
    void length(int newLength) {
        length = newLength;
    }
}
