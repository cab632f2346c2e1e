package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmReply;

/** What a client says on the display channel. spice.proto: DisplayChannel; and the shared-memory extension's answers. */
public sealed interface DisplayClientMessage extends WireMessage
        permits CommonClientMessage,
                UnknownMessage,
                DisplayClientMessage.Init,
                DisplayClientMessage.StreamReport,
                DisplayClientMessage.PreferredCompression,
                DisplayClientMessage.PreferredVideoCodecType,
                ShmReply,
                ShmDamageHandled {
    /** Reads a body completely. */
    static DisplayClientMessage decode(int type, MemorySegment body, Numbering numbering)
            throws MalformedMessageException {
        CommonClientMessage common = CommonClientMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        // Before upstream's numbers: with RFC_2013 these are two of them.
        if (type == numbering.reply()) {
            return ShmReply.decode(body);
        }
        if (type == numbering.damageHandled()) {
            return ShmDamageHandled.decode(body);
        }
        return switch (type) {
            case Init.TYPE -> Init.decode(body);
            case StreamReport.TYPE -> StreamReport.decode(body);
            case PreferredCompression.TYPE -> PreferredCompression.decode(body);
            case PreferredVideoCodecType.TYPE -> PreferredVideoCodecType.decode(body);
            default -> new UnknownMessage(type);
        };
    }

    /** Which caches the client has, in pixels; the server sends nothing to draw before it. */
    record Init(int pixmapCacheId, long pixmapCacheSize, int glzDictionaryId, int glzDictionaryWindowSize)
            implements DisplayClientMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_INIT");
        private static final Struct.U8 PIXMAP_CACHE_ID = STRUCT.u8("pixmap_cache_id");
        private static final Struct.U64 PIXMAP_CACHE_SIZE = STRUCT.u64("pixmap_cache_size");
        private static final Struct.U8 GLZ_DICTIONARY_ID = STRUCT.u8("glz_dictionary_id");
        private static final Struct.I32 GLZ_DICTIONARY_WINDOW_SIZE = STRUCT.i32("glz_dictionary_window_size");

        static Init decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            long cacheSize = PIXMAP_CACHE_SIZE.get(body, base);
            int windowSize = GLZ_DICTIONARY_WINDOW_SIZE.get(body, base);
            if (!(0 <= cacheSize)) {
                throw reader.malformed(PIXMAP_CACHE_SIZE, base, cacheSize, "at least 0");
            }
            if (!(0 <= windowSize)) {
                throw reader.malformed(GLZ_DICTIONARY_WINDOW_SIZE, base, windowSize, "at least 0");
            }
            return new Init(PIXMAP_CACHE_ID.get(body, base), cacheSize, GLZ_DICTIONARY_ID.get(body, base), windowSize);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            PIXMAP_CACHE_ID.set(out.segment(), base, pixmapCacheId);
            PIXMAP_CACHE_SIZE.set(out.segment(), base, pixmapCacheSize);
            GLZ_DICTIONARY_ID.set(out.segment(), base, glzDictionaryId);
            GLZ_DICTIONARY_WINDOW_SIZE.set(out.segment(), base, glzDictionaryWindowSize);
        }
    }

    /** How well a stream plays; no frames and 2^32-1 drops mean that it cannot be decoded. */
    record StreamReport(
            int streamId,
            int uniqueId,
            int startFrameMmTime,
            int endFrameMmTime,
            int numFrames,
            int numDrops,
            int lastFrameDelay,
            int audioDelay)
            implements DisplayClientMessage {
        public static final int TYPE = 102;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_STREAM_REPORT");
        private static final Struct.U32 STREAM_ID = STRUCT.u32("stream_id");
        private static final Struct.U32 UNIQUE_ID = STRUCT.u32("unique_id");
        private static final Struct.U32 START_FRAME_MM_TIME = STRUCT.u32("start_frame_mm_time");
        private static final Struct.U32 END_FRAME_MM_TIME = STRUCT.u32("end_frame_mm_time");
        private static final Struct.U32 NUM_FRAMES = STRUCT.u32("num_frames");
        private static final Struct.U32 NUM_DROPS = STRUCT.u32("num_drops");
        private static final Struct.I32 LAST_FRAME_DELAY = STRUCT.i32("last_frame_delay");
        private static final Struct.U32 AUDIO_DELAY = STRUCT.u32("audio_delay");

        static StreamReport decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new StreamReport(
                    STREAM_ID.get(body, base),
                    UNIQUE_ID.get(body, base),
                    START_FRAME_MM_TIME.get(body, base),
                    END_FRAME_MM_TIME.get(body, base),
                    NUM_FRAMES.get(body, base),
                    NUM_DROPS.get(body, base),
                    LAST_FRAME_DELAY.get(body, base),
                    AUDIO_DELAY.get(body, base));
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
            START_FRAME_MM_TIME.set(segment, base, startFrameMmTime);
            END_FRAME_MM_TIME.set(segment, base, endFrameMmTime);
            NUM_FRAMES.set(segment, base, numFrames);
            NUM_DROPS.set(segment, base, numDrops);
            LAST_FRAME_DELAY.set(segment, base, lastFrameDelay);
            AUDIO_DELAY.set(segment, base, audioDelay);
        }
    }

    /** 1 off, 2 auto GLZ, 3 auto LZ, 4 QUIC, 5 GLZ, 6 LZ, 7 LZ4. */
    record PreferredCompression(int imageCompression) implements DisplayClientMessage {
        public static final int TYPE = 103;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_PREFERRED_COMPRESSION");
        private static final Struct.U8 IMAGE_COMPRESSION = STRUCT.u8("image_compression");

        static PreferredCompression decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new PreferredCompression(IMAGE_COMPRESSION.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            IMAGE_COMPRESSION.set(segment, base, imageCompression);
        }
    }

    /** Which video codecs the client likes best, in order. */
    record PreferredVideoCodecType(List<Integer> codecs) implements DisplayClientMessage {
        public static final int TYPE = 105;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_PREFERRED_VIDEO_CODEC_TYPE");
        private static final Struct.U8 NUM_OF_CODECS = STRUCT.u8("num_of_codecs");
        private static final Struct ELEMENT = Struct.littleEndian("DISPLAY_PREFERRED_VIDEO_CODEC_TYPE");
        private static final Struct.U8 CODEC = ELEMENT.u8("codecs");

        public PreferredVideoCodecType {
            codecs = List.copyOf(codecs);
        }

        static PreferredVideoCodecType decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            int count = NUM_OF_CODECS.get(body, reader.take(STRUCT));
            long base = reader.takeList("codecs", ELEMENT, count);
            List<Integer> codecs = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                codecs.add(CODEC.get(body, base + i * ELEMENT.size()));
            }
            return new PreferredVideoCodecType(codecs);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long count = out.put(STRUCT);
            NUM_OF_CODECS.set(out.segment(), count, codecs.size());
            for (int codec : codecs) {
                long base = out.put(ELEMENT);
                CODEC.set(out.segment(), base, codec);
            }
        }
    }
}
