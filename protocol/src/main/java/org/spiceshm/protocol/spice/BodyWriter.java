package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;
import org.spiceshm.protocol.Struct;

/**
 * Writes one message body: fixed parts by their {@link Struct}, lists, and pointers, whose targets are laid down after
 * the fixed part in the order in which they were asked for, as upstream's marshaller does.
 *
 * <p>For cold messages; owned by the thread that encodes.
 */
public final class BodyWriter {
    private byte[] bytes = new byte[256];
    private MemorySegment segment = MemorySegment.ofArray(bytes);
    private int length;
    private final ArrayDeque<Pointer> pointers = new ArrayDeque<>();

    private record Pointer(Struct.U32 field, long base, Consumer<BodyWriter> target) {}

    /** Reserves a zeroed fixed part and returns its base, for field accessors on {@link #segment}. */
    public long put(Struct part) {
        return reserve(part.size());
    }

    /** What field accessors write to; ask again after every {@code put}. */
    public MemorySegment segment() {
        return segment;
    }

    /** Bytes so far. */
    public long length() {
        return length;
    }

    /** Appends bytes as they are. */
    public void putBytes(MemorySegment data) {
        long base = reserve(data.byteSize());
        MemorySegment.copy(data, 0, segment, base, data.byteSize());
    }

    /** Appends UTF-8 text and a NUL. */
    public void putText(String text) {
        putBytes(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
        reserve(1);
    }

    /** Sets the pointer, once the fixed part is complete, to where {@code target} then writes. */
    public void point(Struct.U32 field, long base, Consumer<BodyWriter> target) {
        pointers.add(new Pointer(field, base, target));
    }

    /** The body, with all that was pointed to. */
    public byte[] finish() {
        while (!pointers.isEmpty()) {
            Pointer pointer = pointers.remove();
            pointer.field.set(segment, pointer.base, length);
            pointer.target.accept(this);
        }
        return Arrays.copyOf(bytes, length);
    }

    private long reserve(long size) {
        int base = length;
        length = Math.toIntExact(base + size);
        if (!(length <= bytes.length)) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(2L * bytes.length, length)));
            segment = MemorySegment.ofArray(bytes);
        }
        return base;
    }
}
