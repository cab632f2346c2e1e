package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * Walks one message body: fixed parts by their {@link Struct}, counted lists, and the "pointers" of the SPICE wire, which
 * are offsets from the body's start. Every step is checked against the bytes that are there, in {@code long}, before
 * anything is read or allocated (CVE-2017-12194, CVE-2018-10873).
 *
 * <p>Owned by the thread that decodes; lives as long as one decode. Bytes after the last field are ignored, as
 * upstream's generated parsers do; {@link #requireEnd} is for messages that promise there are none.
 */
public final class BodyReader {
    private final String message;
    private final MemorySegment body;
    private long position;

    /** Reads {@code body} from its start; {@code message} is the name that error texts carry. */
    public BodyReader(String message, MemorySegment body) {
        this(message, body, 0);
    }

    private BodyReader(String message, MemorySegment body, long position) {
        this.message = message;
        this.body = body;
        this.position = position;
    }

    /** The whole body: what field accessors read from, at the bases that {@link #take} returns. */
    public MemorySegment body() {
        return body;
    }

    /** Where the next part begins. */
    public long position() {
        return position;
    }

    /** Bytes from here to the body's end. */
    public long remaining() {
        return body.byteSize() - position;
    }

    /** Steps over a fixed part and returns its base. */
    public long take(Struct part) throws MalformedMessageException {
        long base = position;
        if (!(part.size() <= remaining())) {
            throw truncated(part);
        }
        position += part.size();
        return base;
    }

    /** Steps over {@code count} equal parts and returns the first one's base; {@code 0 <= count && count < 2^32}. */
    public long takeList(String field, Struct element, long count) throws MalformedMessageException {
        return takeBytes(field, count * element.size());
    }

    /** The next {@code length} bytes as a slice; {@code 0 <= length}. */
    public MemorySegment slice(String field, long length) throws MalformedMessageException {
        return body.asSlice(takeBytes(field, length), length);
    }

    /** All that is left, as a slice. */
    public MemorySegment rest() {
        MemorySegment rest = body.asSlice(position);
        position = body.byteSize();
        return rest;
    }

    /** The next {@code length} bytes as text, up to a NUL if one stands in it. */
    public String text(String field, long length) throws MalformedMessageException {
        return textOf(slice(field, length));
    }

    /** Whether the pointer is null. */
    public boolean isNull(Struct.U32 pointer, long base) {
        return pointer.get(body, base) == 0;
    }

    /** A reader at the pointer's target; the target must lie inside the body. */
    public BodyReader follow(Struct.U32 pointer, long base) throws MalformedMessageException {
        long target = pointer.getUnsigned(body, base);
        if (!(0 < target && target < body.byteSize())) {
            throw malformed(pointer, base, target, "an offset inside the " + body.byteSize() + " bytes of the body");
        }
        return new BodyReader(message, body, target);
    }

    /** As {@link #follow}, or null for a null pointer. */
    public @Nullable BodyReader followNullable(Struct.U32 pointer, long base) throws MalformedMessageException {
        return isNull(pointer, base) ? null : follow(pointer, base);
    }

    /** Refuses bytes after the last field. */
    public void requireEnd() throws MalformedMessageException {
        if (!(remaining() == 0)) {
            throw MalformedMessageException.at(
                    message, "(end)", position, remaining() + " more bytes", "the end of the message");
        }
    }

    /** What to throw when a field's value is not as specified. */
    public MalformedMessageException malformed(Struct.Field field, long base, Object got, Object expected) {
        return MalformedMessageException.at(message, field.name(), base + field.offset(), got, expected);
    }

    static String textOf(MemorySegment bytes) {
        byte[] text = bytes.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    private long takeBytes(String field, long length) throws MalformedMessageException {
        long base = position;
        if (!(length <= remaining())) {
            throw MalformedMessageException.at(message, field, base, remaining() + " bytes", length + " bytes");
        }
        position += length;
        return base;
    }

    private MalformedMessageException truncated(Struct part) {
        for (Struct.Field field : part.fields()) {
            if (!(field.offset() + field.length() <= remaining())) {
                long got = Math.max(0, remaining() - field.offset());
                return malformed(field, position, got + " bytes", field.length() + " bytes");
            }
        }
        throw new IllegalStateException(part.name() + " is longer than its fields");
    }
}
