package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a server says on the cursor channel. spice.proto: CursorChannel. */
public sealed interface CursorServerMessage extends WireMessage
        permits CommonServerMessage,
                UnknownMessage,
                CursorServerMessage.Init,
                CursorServerMessage.Reset,
                CursorServerMessage.Set,
                CursorServerMessage.Move,
                CursorServerMessage.Hide,
                CursorServerMessage.Trail,
                CursorServerMessage.InvalOne,
                CursorServerMessage.InvalAll {
    /** Reads a body completely. */
    static CursorServerMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonServerMessage common = CommonServerMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        return switch (type) {
            case Init.TYPE -> Init.decode(body);
            case Reset.TYPE -> new Reset();
            case Set.TYPE -> Set.decode(body);
            case Move.TYPE -> Move.decode(body);
            case Hide.TYPE -> new Hide();
            case Trail.TYPE -> Trail.decode(body);
            case InvalOne.TYPE -> InvalOne.decode(body);
            case InvalAll.TYPE -> new InvalAll();
            default -> new UnknownMessage(type);
        };
    }

    /** The pointer as it is; the first message. */
    record Init(Point16 position, int trailLength, int trailFrequency, boolean visible, CursorShape cursor)
            implements CursorServerMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("CURSOR_INIT");
        private static final Struct.Nested POSITION = STRUCT.struct("position", Point16.STRUCT);
        private static final Struct.U16 TRAIL_LENGTH = STRUCT.u16("trail_length");
        private static final Struct.U16 TRAIL_FREQUENCY = STRUCT.u16("trail_frequency");
        private static final Struct.U8 VISIBLE = STRUCT.u8("visible");

        static Init decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Init(
                    Point16.get(body, POSITION.at(base)),
                    TRAIL_LENGTH.get(body, base),
                    TRAIL_FREQUENCY.get(body, base),
                    VISIBLE.get(body, base) != 0,
                    CursorShape.read(reader));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            position.set(out.segment(), POSITION.at(base));
            TRAIL_LENGTH.set(out.segment(), base, trailLength);
            TRAIL_FREQUENCY.set(out.segment(), base, trailFrequency);
            VISIBLE.set(out.segment(), base, visible ? 1 : 0);
            cursor.write(out);
        }
    }

    /** No pointer, and an empty cache. */
    record Reset() implements CursorServerMessage {
        public static final int TYPE = 102;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** A new shape. */
    record Set(Point16 position, boolean visible, CursorShape cursor) implements CursorServerMessage {
        public static final int TYPE = 103;
        private static final Struct STRUCT = Struct.littleEndian("CURSOR_SET");
        private static final Struct.Nested POSITION = STRUCT.struct("position", Point16.STRUCT);
        private static final Struct.U8 VISIBLE = STRUCT.u8("visible");

        static Set decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Set(
                    Point16.get(body, POSITION.at(base)), VISIBLE.get(body, base) != 0, CursorShape.read(reader));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            position.set(out.segment(), POSITION.at(base));
            VISIBLE.set(out.segment(), base, visible ? 1 : 0);
            cursor.write(out);
        }
    }

    /** The pointer has moved, and shows. */
    record Move(Point16 position) implements CursorServerMessage {
        public static final int TYPE = 104;
        private static final Struct STRUCT = Struct.littleEndian("CURSOR_MOVE");
        private static final Struct.Nested POSITION = STRUCT.struct("position", Point16.STRUCT);

        static Move decode(MemorySegment body) throws MalformedMessageException {
            long base = new BodyReader(STRUCT.name(), body).take(STRUCT);
            return new Move(Point16.get(body, POSITION.at(base)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            position.set(out.segment(), POSITION.at(base));
        }
    }

    /** The pointer does not show. */
    record Hide() implements CursorServerMessage {
        public static final int TYPE = 105;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** How the pointer's trail looks. */
    record Trail(int length, int frequency) implements CursorServerMessage {
        public static final int TYPE = 106;
        private static final Struct STRUCT = Struct.littleEndian("CURSOR_TRAIL");
        private static final Struct.U16 LENGTH = STRUCT.u16("length");
        private static final Struct.U16 FREQUENCY = STRUCT.u16("frequency");

        static Trail decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Trail(LENGTH.get(body, base), FREQUENCY.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            LENGTH.set(segment, base, length);
            FREQUENCY.set(segment, base, frequency);
        }
    }

    /** Forget one cached shape. */
    record InvalOne(long cursorId) implements CursorServerMessage {
        public static final int TYPE = 107;
        private static final Struct STRUCT = Struct.littleEndian("CURSOR_INVAL_ONE");
        private static final Struct.U64 CURSOR_ID = STRUCT.u64("cursor_id");

        static InvalOne decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new InvalOne(CURSOR_ID.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            CURSOR_ID.set(segment, base, cursorId);
        }
    }

    /** Forget all cached shapes. */
    record InvalAll() implements CursorServerMessage {
        public static final int TYPE = 108;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }
}
