package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a server says on the inputs channel. spice.proto: InputsChannel. Modifiers: 1 scroll, 2 num, 4 caps lock. */
public sealed interface InputsServerMessage extends WireMessage
        permits CommonServerMessage,
                UnknownMessage,
                InputsServerMessage.Init,
                InputsServerMessage.KeyModifiers,
                InputsServerMessage.MouseMotionAck {
    /** After so many motions and positions the server acknowledges once. SPICE_INPUT_MOTION_ACK_BUNCH. */
    int MOTIONS_PER_ACK = 4;

    /** Reads a body completely. */
    static InputsServerMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonServerMessage common = CommonServerMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        return switch (type) {
            case Init.TYPE -> Init.decode(body);
            case KeyModifiers.TYPE -> KeyModifiers.decode(body);
            case MouseMotionAck.TYPE -> new MouseMotionAck();
            default -> new UnknownMessage(type);
        };
    }

    /** The locks as they are; the first message. */
    record Init(int modifiers) implements InputsServerMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_INIT");
        private static final Struct.U16 KEYBOARD_MODIFIERS = STRUCT.u16("keyboard_modifiers");

        static Init decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Init(KEYBOARD_MODIFIERS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            KEYBOARD_MODIFIERS.set(segment, base, modifiers);
        }
    }

    /** The locks have changed. */
    record KeyModifiers(int modifiers) implements InputsServerMessage {
        public static final int TYPE = 102;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_KEY_MODIFIERS");
        private static final Struct.U16 MODIFIERS = STRUCT.u16("modifiers");

        static KeyModifiers decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new KeyModifiers(MODIFIERS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            MODIFIERS.set(segment, base, modifiers);
        }
    }

    /** {@link #MOTIONS_PER_ACK} motions have been taken. */
    record MouseMotionAck() implements InputsServerMessage {
        public static final int TYPE = 111;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }
}
