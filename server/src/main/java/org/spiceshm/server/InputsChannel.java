package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.InputsClientMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.UnknownMessage;

/** Keys and pointer of one client. */
final class InputsChannel extends Channel {
    /** SPICE_INPUT_MOTION_ACK_BUNCH: clients stop moving the pointer at twice as many without an answer. */
    private static final int MOTIONS_PER_ACK = 4;

    private static final int EXTENDED = 0xe0;
    private static final int RELEASED = 0x80;

    private int motions;
    private int scancodePrefix;

    InputsChannel(Connection connection) {
        super(connection);
    }

    @Override
    void start(long now) {
        connection.send(new InputsServerMessage.Init(0));
    }

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        InputSink sink = connection.server().inputs();
        switch (InputsClientMessage.decode(type, body)) {
            case InputsClientMessage.KeyDown(int code) -> sink.key(code, true);
            case InputsClientMessage.KeyUp(int code) -> sink.key(withoutRelease(code), false);
            case InputsClientMessage.KeyModifiers(int modifiers) -> sink.modifiers(modifiers);
            case InputsClientMessage.KeyScancode(MemorySegment codes) -> scancodes(codes, sink);
            case InputsClientMessage.MouseMotion(int dx, int dy, int buttons) -> {
                sink.motion(dx, dy, buttons);
                countMotion();
            }
            case InputsClientMessage.MousePosition(int x, int y, int buttons, int display) -> {
                sink.position(x, y, buttons, display);
                countMotion();
            }
            case InputsClientMessage.MousePress(int button, int buttons) -> sink.button(button, buttons, true);
            case InputsClientMessage.MouseRelease(int button, int buttons) -> sink.button(button, buttons, false);
            case UnknownMessage unknown -> connection.fail("inputs message " + unknown.type() + " is unknown");
            case CommonClientMessage common -> {}
        }
    }

    /** KEY_UP's code has the release bit in its last byte. */
    private static int withoutRelease(int code) {
        return (code & 0xff) == EXTENDED ? code & ~(RELEASED << 8) : code & ~RELEASED;
    }

    /** Raw scancodes: the release bit is in the last byte of each. */
    private void scancodes(MemorySegment codes, InputSink sink) {
        for (long i = 0; i < codes.byteSize(); i++) {
            int code = codes.get(ValueLayout.JAVA_BYTE, i) & 0xff;
            if (code == EXTENDED) {
                scancodePrefix = EXTENDED;
            } else {
                int key = code & ~RELEASED;
                sink.key(scancodePrefix == 0 ? key : scancodePrefix | (key << 8), (code & RELEASED) == 0);
                scancodePrefix = 0;
            }
        }
    }

    private void countMotion() {
        motions++;
        if (motions % MOTIONS_PER_ACK == 0) {
            connection.send(new InputsServerMessage.MouseMotionAck());
        }
    }
}
