package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.RectLayout;

/**
 * SHM_DAMAGE in place: the hot message, sent after every batch.
 *
 * <pre>
 *  0 u32 surface_id | 4 u64 sequence | 12 u64 read_nanos | 20 u32 rect_count, 1..64 | 24 rect[rect_count], 16 bytes each
 * </pre>
 *
 * Between the renderer's damage and the socket on the server, between the socket and the screen on the client. A writer
 * calls {@link #begin}, {@link #addRect} for each, and sends {@link #bytes}; a reader calls {@link #wrap}, and
 * {@link #requireInside} with the surface's size. Allocates nothing (but the exception). Owned by one thread; reusable.
 */
public final class ShmDamageFlyweight {
    /** No message has more rectangles. */
    public static final int MAX_RECTS = 64;

    static final Struct STRUCT = Struct.littleEndian("SHM_DAMAGE");
    private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
    private static final Struct.U64 SEQUENCE = STRUCT.u64("sequence");
    private static final Struct.U64 READ_NANOS = STRUCT.u64("read_nanos");
    private static final Struct.U32 RECT_COUNT = STRUCT.u32("rect_count");
    private static final Struct LONGEST = Struct.littleEndian("SHM_DAMAGE");
    private static final Struct.Nested HEAD = LONGEST.struct("head", STRUCT);
    private static final Struct.Array RECTS = LONGEST.array("rects", RectLayout.STRUCT, MAX_RECTS);

    /** The longest body. */
    public static final int MAX_BYTES = (int) LONGEST.size();

    private MemorySegment segment = MemorySegment.NULL;
    private long offset;
    private int rectCount;

    /** Starts to write a body at {@code at} of {@code target}, which has {@link #MAX_BYTES} there. */
    public void begin(MemorySegment target, long at, int surfaceId, long sequence, long readNanos) {
        segment = target;
        offset = at;
        rectCount = 0;
        SURFACE_ID.set(target, HEAD.at(at), surfaceId);
        SEQUENCE.set(target, HEAD.at(at), sequence);
        READ_NANOS.set(target, HEAD.at(at), readNanos);
        RECT_COUNT.set(target, HEAD.at(at), 0);
    }

    /** Appends a rectangle that is not empty; at most {@link #MAX_RECTS}. */
    public void addRect(int top, int left, int bottom, int right) {
        if (!(rectCount < MAX_RECTS && 0 <= top && top < bottom && 0 <= left && left < right)) {
            throw badRect(top, left, bottom, right);
        }
        RectLayout.set(segment, RECTS.at(offset, rectCount), top, left, bottom, right);
        rectCount++;
        RECT_COUNT.set(segment, HEAD.at(offset), rectCount);
    }

    /** Reads a body of exactly {@code length} bytes at {@code at}, after checking all that needs no surface. */
    public ShmDamageFlyweight wrap(MemorySegment source, long at, long length) throws MalformedMessageException {
        if (!(STRUCT.size() <= length)) {
            throw malformed(RECT_COUNT, length + " bytes", "at least " + STRUCT.size() + " bytes");
        }
        long count = RECT_COUNT.getUnsigned(source, HEAD.at(at));
        if (!(1 <= count && count <= MAX_RECTS)) {
            throw malformed(RECT_COUNT, count, "1 to " + MAX_RECTS);
        }
        if (!(length == STRUCT.size() + count * RectLayout.STRUCT.size())) {
            throw malformed(RECTS, length + " bytes", count + " rectangles and no more");
        }
        for (int i = 0; i < count; i++) {
            checkOrder(source, RECTS.at(at, i), i);
        }
        segment = source;
        offset = at;
        rectCount = (int) count;
        return this;
    }

    /** Refuses a rectangle that leaves a surface of this size. */
    public void requireInside(int widthPixels, int heightPixels) throws MalformedMessageException {
        for (int i = 0; i < rectCount; i++) {
            if (!(right(i) <= widthPixels && bottom(i) <= heightPixels)) {
                throw malformedRect(segment, RECTS.at(offset, i), i, "a rectangle inside the surface");
            }
        }
    }

    /** Where the message's bytes are. */
    public MemorySegment segment() {
        return segment;
    }

    /** Where in {@link #segment} they begin. */
    public long offset() {
        return offset;
    }

    /** The body's length. */
    public int bytes() {
        return (int) (STRUCT.size() + rectCount * RectLayout.STRUCT.size());
    }

    /** The surface that has changed. */
    public int surfaceId() {
        return SURFACE_ID.get(segment, HEAD.at(offset));
    }

    /** The newest batch covered. */
    public long sequence() {
        return SEQUENCE.get(segment, HEAD.at(offset));
    }

    /** CLOCK_MONOTONIC when the oldest command of the batch was read. */
    public long readNanos() {
        return READ_NANOS.get(segment, HEAD.at(offset));
    }

    /** 1 to {@link #MAX_RECTS}, or 0 just after {@link #begin}. */
    public int rectCount() {
        return rectCount;
    }

    /** {@code 0 <= index && index < rectCount()}, here and below. */
    public int top(int index) {
        return RectLayout.TOP.get(segment, RECTS.at(offset, index));
    }

    public int left(int index) {
        return RectLayout.LEFT.get(segment, RECTS.at(offset, index));
    }

    public int bottom(int index) {
        return RectLayout.BOTTOM.get(segment, RECTS.at(offset, index));
    }

    public int right(int index) {
        return RectLayout.RIGHT.get(segment, RECTS.at(offset, index));
    }

    private static void checkOrder(MemorySegment source, long rect, int index) throws MalformedMessageException {
        int top = RectLayout.TOP.get(source, rect);
        int left = RectLayout.LEFT.get(source, rect);
        int bottom = RectLayout.BOTTOM.get(source, rect);
        int right = RectLayout.RIGHT.get(source, rect);
        if (!(0 <= top && top < bottom && 0 <= left && left < right)) {
            throw malformedRect(source, rect, index, "a rectangle that is not empty and not negative");
        }
    }

    private static MalformedMessageException malformed(Struct.Field field, Object got, Object expected) {
        return MalformedMessageException.at(STRUCT.name(), field.name(), field.offset(), got, expected);
    }

    private static MalformedMessageException malformedRect(MemorySegment source, long at, int index, String expected) {
        Rect rect = RectLayout.get(source, at);
        return MalformedMessageException.at(STRUCT.name(), "rects[" + index + "]", RECTS.at(0, index), rect, expected);
    }

    private IllegalStateException badRect(int top, int left, int bottom, int right) {
        return new IllegalStateException(
                "damage " + new Rect(top, left, bottom, right) + " after " + rectCount + " rectangles");
    }
}
