package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a client may say on any channel. spice.proto: BaseChannel, client messages 1 to 6. */
public sealed interface CommonClientMessage
        extends MainClientMessage, DisplayClientMessage, CursorClientMessage, InputsClientMessage {

    /** The message of this type, or null if it is none of these. */
    static @Nullable CommonClientMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        return switch (type) {
            case AckSync.TYPE -> AckSync.decode(body);
            case Ack.TYPE -> new Ack();
            case Pong.TYPE -> Pong.decode(body);
            case MigrateFlushMark.TYPE -> new MigrateFlushMark();
            case MigrateData.TYPE -> new MigrateData(body.asReadOnly());
            case Disconnecting.TYPE -> Disconnecting.decode(body);
            default -> null;
        };
    }

    /** The answer to SET_ACK. */
    record AckSync(int generation) implements CommonClientMessage {
        public static final int TYPE = 1;
        private static final Struct STRUCT = Struct.littleEndian("ACK_SYNC");
        private static final Struct.U32 GENERATION = STRUCT.u32("generation");

        static AckSync decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new AckSync(GENERATION.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            GENERATION.set(segment, base, generation);
        }
    }

    /** Another window of messages has been processed. */
    record Ack() implements CommonClientMessage {
        public static final int TYPE = 2;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The answer to PING. */
    record Pong(int id, long timestamp) implements CommonClientMessage {
        public static final int TYPE = 3;
        private static final Struct STRUCT = Struct.littleEndian("PONG");
        private static final Struct.U32 ID = STRUCT.u32("id");
        private static final Struct.U64 TIMESTAMP = STRUCT.u64("timestamp");

        static Pong decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Pong(ID.get(body, base), TIMESTAMP.get(body, base));
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
            TIMESTAMP.set(segment, base, timestamp);
        }
    }

    /** Nothing more follows on the old host. */
    record MigrateFlushMark() implements CommonClientMessage {
        public static final int TYPE = 4;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The channel's state, from another host. */
    record MigrateData(MemorySegment data) implements CommonClientMessage {
        public static final int TYPE = 5;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            out.putBytes(data);
        }
    }

    /** The client is about to close. */
    record Disconnecting(long timeStamp, int reason) implements CommonClientMessage {
        public static final int TYPE = 6;
        private static final Struct STRUCT = Struct.littleEndian("DISCONNECTING");
        private static final Struct.U64 TIME_STAMP = STRUCT.u64("time_stamp");
        private static final Struct.U32 REASON = STRUCT.u32("reason");

        static Disconnecting decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Disconnecting(TIME_STAMP.get(body, base), REASON.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            TIME_STAMP.set(segment, base, timeStamp);
            REASON.set(segment, base, reason);
        }
    }
}
