package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a server may say on any channel. spice.proto: BaseChannel, server messages 1 to 8. */
public sealed interface CommonServerMessage
        extends MainServerMessage, DisplayServerMessage, CursorServerMessage, InputsServerMessage {

    /** The message of this type, or null if it is none of these. */
    static @Nullable CommonServerMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        return switch (type) {
            case Migrate.TYPE -> Migrate.decode(body);
            case MigrateData.TYPE -> new MigrateData(body.asReadOnly());
            case SetAck.TYPE -> SetAck.decode(body);
            case Ping.TYPE -> Ping.decode(body);
            case WaitForChannels.TYPE -> WaitForChannels.decode(body);
            case Disconnecting.TYPE -> Disconnecting.decode(body);
            case Notify.TYPE -> Notify.decode(body);
            case SubMessageList.TYPE -> new SubMessageList();
            default -> null;
        };
    }

    /** Move to another host; flags 1 NEED_FLUSH, 2 NEED_DATA_TRANSFER. */
    record Migrate(int flags) implements CommonServerMessage {
        public static final int TYPE = 1;
        private static final Struct STRUCT = Struct.littleEndian("MIGRATE");
        private static final Struct.U32 FLAGS = STRUCT.u32("flags");

        static Migrate decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Migrate(FLAGS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            FLAGS.set(segment, base, flags);
        }
    }

    /** The channel's state, for another host. */
    record MigrateData(MemorySegment data) implements CommonServerMessage {
        public static final int TYPE = 2;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            out.putBytes(data);
        }
    }

    /** From now on one ACK for every {@code window} messages. */
    record SetAck(int generation, int window) implements CommonServerMessage {
        public static final int TYPE = 3;
        private static final Struct STRUCT = Struct.littleEndian("SET_ACK");
        private static final Struct.U32 GENERATION = STRUCT.u32("generation");
        private static final Struct.U32 WINDOW = STRUCT.u32("window");

        static SetAck decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new SetAck(GENERATION.get(body, base), WINDOW.get(body, base));
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
            WINDOW.set(segment, base, window);
        }
    }

    /** To be answered by a pong with the same id and timestamp; the data only takes up room. */
    record Ping(int id, long timestamp, MemorySegment data) implements CommonServerMessage {
        public static final int TYPE = 4;
        private static final Struct STRUCT = Struct.littleEndian("PING");
        private static final Struct.U32 ID = STRUCT.u32("id");
        private static final Struct.U64 TIMESTAMP = STRUCT.u64("timestamp");

        /** A ping without data. */
        public Ping(int id, long timestamp) {
            this(id, timestamp, MemorySegment.ofArray(new byte[0]));
        }

        static Ping decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Ping(ID.get(body, base), TIMESTAMP.get(body, base), reader.rest());
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            ID.set(out.segment(), base, id);
            TIMESTAMP.set(out.segment(), base, timestamp);
            out.putBytes(data);
        }
    }

    /** Hold this channel until the others have come this far. */
    record WaitForChannels(WaitList waits) implements CommonServerMessage {
        public static final int TYPE = 5;

        static WaitForChannels decode(MemorySegment body) throws MalformedMessageException {
            return new WaitForChannels(WaitList.read(new BodyReader("WAIT_FOR_CHANNELS", body)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            waits.write(out);
        }
    }

    /** The server is about to close. */
    record Disconnecting(long timeStamp, int reason) implements CommonServerMessage {
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

    /**
     * Something to tell the user.
     *
     * @param severity 0 info, 1 warning, 2 error
     * @param visibility 0 low, 1 medium, 2 high
     */
    record Notify(long timestamp, int severity, int visibility, int what, String text) implements CommonServerMessage {
        public static final int TYPE = 7;
        private static final Struct STRUCT = Struct.littleEndian("NOTIFY");
        private static final Struct.U64 TIME_STAMP = STRUCT.u64("time_stamp");
        private static final Struct.U32 SEVERITY = STRUCT.u32("severity");
        private static final Struct.U32 VISIBILITY = STRUCT.u32("visibilty");
        private static final Struct.U32 WHAT = STRUCT.u32("what");
        private static final Struct.U32 MESSAGE_LEN = STRUCT.u32("message_len");

        static Notify decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Notify(
                    TIME_STAMP.get(body, base),
                    SEVERITY.get(body, base),
                    VISIBILITY.get(body, base),
                    WHAT.get(body, base),
                    reader.text("message", MESSAGE_LEN.getUnsigned(body, base)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            long start = out.length();
            out.putText(text);
            MemorySegment segment = out.segment();
            TIME_STAMP.set(segment, base, timestamp);
            SEVERITY.set(segment, base, severity);
            VISIBILITY.set(segment, base, visibility);
            WHAT.set(segment, base, what);
            // The NUL follows the text and is not counted in its length.
            MESSAGE_LEN.set(segment, base, (int) (out.length() - start - 1));
        }
    }

    /** LIST: carried nothing but sub-messages, which {@link MessageFramer} has already yielded. */
    record SubMessageList() implements CommonServerMessage {
        public static final int TYPE = 8;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            throw new IllegalStateException("a list without sub-messages is never sent");
        }
    }
}
