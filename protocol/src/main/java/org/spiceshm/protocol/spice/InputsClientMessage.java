package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/**
 * What a client says on the inputs channel. spice.proto: InputsChannel. Buttons count 1 left, 2 middle, 3 right, 4 up, 5
 * down, 6 side, 7 extra; in a mask, button n is {@code 1 << (n - 1)}. Key codes are AT set 1, packed from the lowest byte.
 */
public sealed interface InputsClientMessage extends WireMessage
        permits CommonClientMessage,
                UnknownMessage,
                InputsClientMessage.KeyDown,
                InputsClientMessage.KeyUp,
                InputsClientMessage.KeyModifiers,
                InputsClientMessage.KeyScancode,
                InputsClientMessage.MouseMotion,
                InputsClientMessage.MousePosition,
                InputsClientMessage.MousePress,
                InputsClientMessage.MouseRelease {
    /** Reads a body completely. */
    static InputsClientMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonClientMessage common = CommonClientMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        return switch (type) {
            case KeyDown.TYPE -> KeyDown.decode(body);
            case KeyUp.TYPE -> KeyUp.decode(body);
            case KeyModifiers.TYPE -> KeyModifiers.decode(body);
            case KeyScancode.TYPE -> new KeyScancode(body.asReadOnly());
            case MouseMotion.TYPE -> MouseMotion.decode(body);
            case MousePosition.TYPE -> MousePosition.decode(body);
            case MousePress.TYPE -> MousePress.decode(body);
            case MouseRelease.TYPE -> MouseRelease.decode(body);
            default -> new UnknownMessage(type);
        };
    }

    /** A key goes down. */
    record KeyDown(int code) implements InputsClientMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_KEY_DOWN");
        private static final Struct.U32 CODE = STRUCT.u32("code");

        static KeyDown decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new KeyDown(CODE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            CODE.set(segment, base, code);
        }
    }

    /** A key goes up; the code has the release bit. */
    record KeyUp(int code) implements InputsClientMessage {
        public static final int TYPE = 102;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_KEY_UP");
        private static final Struct.U32 CODE = STRUCT.u32("code");

        static KeyUp decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new KeyUp(CODE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            CODE.set(segment, base, code);
        }
    }

    /** The locks that the client wants. */
    record KeyModifiers(int modifiers) implements InputsClientMessage {
        public static final int TYPE = 103;
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

    /** Raw scancode bytes, to the end of the message. */
    record KeyScancode(MemorySegment scancodes) implements InputsClientMessage {
        public static final int TYPE = 104;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            out.putBytes(scancodes);
        }
    }

    /** A relative motion, for server mouse mode. */
    record MouseMotion(int dx, int dy, int buttons) implements InputsClientMessage {
        public static final int TYPE = 111;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_MOUSE_MOTION");
        private static final Struct.I32 DX = STRUCT.i32("dx");
        private static final Struct.I32 DY = STRUCT.i32("dy");
        private static final Struct.U16 BUTTONS_STATE = STRUCT.u16("buttons_state");

        static MouseMotion decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MouseMotion(DX.get(body, base), DY.get(body, base), BUTTONS_STATE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            DX.set(segment, base, dx);
            DY.set(segment, base, dy);
            BUTTONS_STATE.set(segment, base, buttons);
        }
    }

    /** An absolute position, for client mouse mode. */
    record MousePosition(int x, int y, int buttons, int displayId) implements InputsClientMessage {
        public static final int TYPE = 112;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_MOUSE_POSITION");
        private static final Struct.U32 X = STRUCT.u32("x");
        private static final Struct.U32 Y = STRUCT.u32("y");
        private static final Struct.U16 BUTTONS_STATE = STRUCT.u16("buttons_state");
        private static final Struct.U8 DISPLAY_ID = STRUCT.u8("display_id");

        static MousePosition decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MousePosition(
                    X.get(body, base), Y.get(body, base), BUTTONS_STATE.get(body, base), DISPLAY_ID.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            X.set(segment, base, x);
            Y.set(segment, base, y);
            BUTTONS_STATE.set(segment, base, buttons);
            DISPLAY_ID.set(segment, base, displayId);
        }
    }

    /** A button goes down. */
    record MousePress(int button, int buttons) implements InputsClientMessage {
        public static final int TYPE = 113;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_MOUSE_PRESS");
        private static final Struct.U8 BUTTON = STRUCT.u8("button");
        private static final Struct.U16 BUTTONS_STATE = STRUCT.u16("buttons_state");

        static MousePress decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MousePress(BUTTON.get(body, base), BUTTONS_STATE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            BUTTON.set(segment, base, button);
            BUTTONS_STATE.set(segment, base, buttons);
        }
    }

    /** A button goes up. */
    record MouseRelease(int button, int buttons) implements InputsClientMessage {
        public static final int TYPE = 114;
        private static final Struct STRUCT = Struct.littleEndian("INPUTS_MOUSE_RELEASE");
        private static final Struct.U8 BUTTON = STRUCT.u8("button");
        private static final Struct.U16 BUTTONS_STATE = STRUCT.u16("buttons_state");

        static MouseRelease decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MouseRelease(BUTTON.get(body, base), BUTTONS_STATE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            BUTTON.set(segment, base, button);
            BUTTONS_STATE.set(segment, base, buttons);
        }
    }
}
