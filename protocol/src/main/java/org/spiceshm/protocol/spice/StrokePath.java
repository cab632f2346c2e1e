package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** Lines and curves. spice.proto: Path. */
public record StrokePath(List<Segment> segments) {
    private static final Struct STRUCT = Struct.littleEndian("Path");
    private static final Struct.U32 NUM_SEGMENTS = STRUCT.u32("num_segments");

    /**
     * A run of points in 28.4 fixed point.
     *
     * @param flags of BEGIN 1, END 2, CLOSE 8, BEZIER 16
     */
    public record Segment(int flags, List<Point> points) {
        private static final Struct STRUCT = Struct.littleEndian("PathSegment");
        private static final Struct.U8 FLAGS = STRUCT.u8("flags");
        private static final Struct.U32 COUNT = STRUCT.u32("count");

        public Segment {
            points = List.copyOf(points);
        }
    }

    public StrokePath {
        segments = List.copyOf(segments);
    }

    static StrokePath read(BodyReader reader) throws MalformedMessageException {
        MemorySegment body = reader.body();
        long head = reader.take(STRUCT);
        long count = NUM_SEGMENTS.getUnsigned(body, head);
        if (!(count * Segment.STRUCT.size() <= reader.remaining())) {
            throw reader.malformed(NUM_SEGMENTS, head, count, "no more than fit " + reader.remaining() + " bytes");
        }
        List<Segment> segments = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            segments.add(readSegment(reader));
        }
        return new StrokePath(segments);
    }

    private static Segment readSegment(BodyReader reader) throws MalformedMessageException {
        MemorySegment body = reader.body();
        long base = reader.take(Segment.STRUCT);
        long count = Segment.COUNT.getUnsigned(body, base);
        long at = reader.takeList("points", Point.STRUCT, count);
        List<Point> points = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            points.add(Point.get(body, at + i * Point.STRUCT.size()));
        }
        return new Segment(Segment.FLAGS.get(body, base), points);
    }

    void write(BodyWriter out) {
        long head = out.put(STRUCT);
        NUM_SEGMENTS.set(out.segment(), head, segments.size());
        for (Segment segment : segments) {
            long base = out.put(Segment.STRUCT);
            Segment.FLAGS.set(out.segment(), base, segment.flags);
            Segment.COUNT.set(out.segment(), base, segment.points.size());
            for (Point point : segment.points) {
                long at = out.put(Point.STRUCT);
                point.set(out.segment(), at);
            }
        }
    }
}
