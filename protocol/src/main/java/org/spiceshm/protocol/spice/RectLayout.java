package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;

/** How a rectangle lies on the wire, 16 bytes. spice.proto: Rect. */
public final class RectLayout {
    public static final Struct STRUCT = Struct.littleEndian("Rect");
    public static final Struct.I32 TOP = STRUCT.i32("top");
    public static final Struct.I32 LEFT = STRUCT.i32("left");
    public static final Struct.I32 BOTTOM = STRUCT.i32("bottom");
    public static final Struct.I32 RIGHT = STRUCT.i32("right");

    private RectLayout() {}

    /** The rectangle at {@code base}. */
    public static Rect get(MemorySegment segment, long base) {
        return new Rect(
                TOP.get(segment, base), LEFT.get(segment, base), BOTTOM.get(segment, base), RIGHT.get(segment, base));
    }

    /** Stores a rectangle at {@code base}; allocates nothing. */
    public static void set(MemorySegment segment, long base, int top, int left, int bottom, int right) {
        TOP.set(segment, base, top);
        LEFT.set(segment, base, left);
        BOTTOM.set(segment, base, bottom);
        RIGHT.set(segment, base, right);
    }

    /** As above. */
    public static void set(MemorySegment segment, long base, Rect rect) {
        set(segment, base, rect.top(), rect.left(), rect.bottom(), rect.right());
    }

    /** {@code count} rectangles from {@code base}, which the caller has checked to be there. */
    public static List<Rect> getList(MemorySegment segment, long base, int count) {
        List<Rect> rects = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rects.add(get(segment, base + i * STRUCT.size()));
        }
        return rects;
    }

    /** Appends rectangles. */
    public static void putList(BodyWriter out, List<Rect> rects) {
        for (Rect rect : rects) {
            long base = out.put(STRUCT);
            set(out.segment(), base, rect);
        }
    }
}
