package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** Video. spice.proto: DisplayChannel, stream_*. */
public sealed interface StreamMessage extends DisplayServerMessage {
    /** Stream ids are smaller; clients keep that many slots. */
    int MAX_STREAMS = 64;

    /** The message of this type, or null if it is none of these. */
    static @Nullable StreamMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        return switch (type) {
            case Create.TYPE -> Create.decode(body);
            case Data.TYPE -> Data.decode(body);
            case ClipTo.TYPE -> ClipTo.decode(body);
            case Destroy.TYPE -> Destroy.decode(body);
            case DestroyAll.TYPE -> new DestroyAll();
            case DataSized.TYPE -> DataSized.decode(body);
            case ActivateReport.TYPE -> ActivateReport.decode(body);
            default -> null;
        };
    }

    private static int streamId(BodyReader reader, Struct.U32 field, long base) throws MalformedMessageException {
        long id = field.getUnsigned(reader.body(), base);
        if (!(id < MAX_STREAMS)) {
            throw reader.malformed(field, base, id, "less than " + MAX_STREAMS);
        }
        return (int) id;
    }

    /**
     * A stream begins.
     *
     * @param flags 1 top down
     * @param codec 1 MJPEG, 2 VP8, 3 H.264, 4 VP9, 5 H.265
     */
    record Create(
            int surfaceId,
            int id,
            int flags,
            int codec,
            long stamp,
            int streamWidth,
            int streamHeight,
            int sourceWidth,
            int sourceHeight,
            Rect target,
            Clip clip)
            implements StreamMessage {
        public static final int TYPE = 122;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_CREATE");
        private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
        private static final Struct.U32 ID = STRUCT.u32("id");
        private static final Struct.U8 FLAGS = STRUCT.u8("flags");
        private static final Struct.U8 CODEC_TYPE = STRUCT.u8("codec_type");
        private static final Struct.U64 STAMP = STRUCT.u64("stamp");
        private static final Struct.U32 STREAM_WIDTH = STRUCT.u32("stream_width");
        private static final Struct.U32 STREAM_HEIGHT = STRUCT.u32("stream_height");
        private static final Struct.U32 SRC_WIDTH = STRUCT.u32("src_width");
        private static final Struct.U32 SRC_HEIGHT = STRUCT.u32("src_height");
        private static final Struct.Nested DEST = STRUCT.struct("dest", RectLayout.STRUCT);

        static Create decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Create(
                    SURFACE_ID.get(body, base),
                    streamId(reader, ID, base),
                    FLAGS.get(body, base),
                    CODEC_TYPE.get(body, base),
                    STAMP.get(body, base),
                    STREAM_WIDTH.get(body, base),
                    STREAM_HEIGHT.get(body, base),
                    SRC_WIDTH.get(body, base),
                    SRC_HEIGHT.get(body, base),
                    RectLayout.get(body, DEST.at(base)),
                    Clip.read(reader));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SURFACE_ID.set(segment, base, surfaceId);
            ID.set(segment, base, id);
            FLAGS.set(segment, base, flags);
            CODEC_TYPE.set(segment, base, codec);
            STAMP.set(segment, base, stamp);
            STREAM_WIDTH.set(segment, base, streamWidth);
            STREAM_HEIGHT.set(segment, base, streamHeight);
            SRC_WIDTH.set(segment, base, sourceWidth);
            SRC_HEIGHT.set(segment, base, sourceHeight);
            RectLayout.set(segment, DEST.at(base), target);
            clip.write(out);
        }
    }

    /** One frame. */
    record Data(int id, int multiMediaTime, MemorySegment data) implements StreamMessage {
        public static final int TYPE = 123;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_DATA");
        private static final Struct.U32 ID = STRUCT.u32("id");
        private static final Struct.U32 MULTI_MEDIA_TIME = STRUCT.u32("multi_media_time");
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        static Data decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            int id = streamId(reader, ID, base);
            long size = DATA_SIZE.getUnsigned(body, base);
            return new Data(
                    id,
                    MULTI_MEDIA_TIME.get(body, base),
                    reader.slice("data", size).asReadOnly());
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            ID.set(out.segment(), base, id);
            MULTI_MEDIA_TIME.set(out.segment(), base, multiMediaTime);
            DATA_SIZE.set(out.segment(), base, (int) data.byteSize());
            out.putBytes(data);
        }
    }

    /** Where a stream shows. */
    record ClipTo(int id, Clip clip) implements StreamMessage {
        public static final int TYPE = 124;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_CLIP");
        private static final Struct.U32 ID = STRUCT.u32("id");

        static ClipTo decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            int id = streamId(reader, ID, reader.take(STRUCT));
            return new ClipTo(id, Clip.read(reader));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            ID.set(out.segment(), base, id);
            clip.write(out);
        }
    }

    /** A stream ends. */
    record Destroy(int id) implements StreamMessage {
        public static final int TYPE = 125;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_DESTROY");
        private static final Struct.U32 ID = STRUCT.u32("id");

        static Destroy decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            return new Destroy(streamId(reader, ID, reader.take(STRUCT)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            ID.set(out.segment(), base, id);
        }
    }

    /** All streams end. */
    record DestroyAll() implements StreamMessage {
        public static final int TYPE = 126;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** One frame of another size or place than the stream began with. */
    record DataSized(int id, int multiMediaTime, int width, int height, Rect target, MemorySegment data)
            implements StreamMessage {
        public static final int TYPE = 316;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_DATA_SIZED");
        private static final Struct.U32 ID = STRUCT.u32("id");
        private static final Struct.U32 MULTI_MEDIA_TIME = STRUCT.u32("multi_media_time");
        private static final Struct.U32 WIDTH = STRUCT.u32("width");
        private static final Struct.U32 HEIGHT = STRUCT.u32("height");
        private static final Struct.Nested DEST = STRUCT.struct("dest", RectLayout.STRUCT);
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        static DataSized decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            int id = streamId(reader, ID, base);
            long size = DATA_SIZE.getUnsigned(body, base);
            return new DataSized(
                    id,
                    MULTI_MEDIA_TIME.get(body, base),
                    WIDTH.get(body, base),
                    HEIGHT.get(body, base),
                    RectLayout.get(body, DEST.at(base)),
                    reader.slice("data", size).asReadOnly());
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            ID.set(segment, base, id);
            MULTI_MEDIA_TIME.set(segment, base, multiMediaTime);
            WIDTH.set(segment, base, width);
            HEIGHT.set(segment, base, height);
            RectLayout.set(segment, DEST.at(base), target);
            DATA_SIZE.set(segment, base, (int) data.byteSize());
            out.putBytes(data);
        }
    }

    /** The client is to report how the stream plays. */
    record ActivateReport(int streamId, int uniqueId, int maxWindowSize, int timeoutMs) implements StreamMessage {
        public static final int TYPE = 319;
        private static final Struct STRUCT = Struct.littleEndian("STREAM_ACTIVATE_REPORT");
        private static final Struct.U32 STREAM_ID = STRUCT.u32("stream_id");
        private static final Struct.U32 UNIQUE_ID = STRUCT.u32("unique_id");
        private static final Struct.U32 MAX_WINDOW_SIZE = STRUCT.u32("max_window_size");
        private static final Struct.U32 TIMEOUT_MS = STRUCT.u32("timeout_ms");

        static ActivateReport decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new ActivateReport(
                    STREAM_ID.get(body, base),
                    UNIQUE_ID.get(body, base),
                    MAX_WINDOW_SIZE.get(body, base),
                    TIMEOUT_MS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            STREAM_ID.set(segment, base, streamId);
            UNIQUE_ID.set(segment, base, uniqueId);
            MAX_WINDOW_SIZE.set(segment, base, maxWindowSize);
            TIMEOUT_MS.set(segment, base, timeoutMs);
        }
    }
}
