package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.InputsClientMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.UnknownMessage;

/** Keys and pointer of one client. */
final class InputsChannel extends Channel {
    /** SPICE_INPUT_MOTION_ACK_BUNCH: clients stop moving the pointer at twice as many without an answer. */
    private static final int MOTIONS_PER_ACK = 4;

    /** SPICE_MOUSE_BUTTON_EXTRA: the last that has a name. */
    private static final int LAST_BUTTON = 7;

    private final Scancodes scancode = new Scancodes();
    /** What the client holds down; as many as there are keys, since {@link Scancodes} lets nothing else through. */
    private final Set<Integer> held = new HashSet<>();

    private int buttons;
    private int motions;

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
            case InputsClientMessage.KeyDown(int code) -> packed(code, true, sink);
            case InputsClientMessage.KeyUp(int code) -> packed(code, false, sink);
            case InputsClientMessage.KeyModifiers(int modifiers) -> sink.modifiers(modifiers);
            case InputsClientMessage.KeyScancode(MemorySegment codes) -> scancodes(codes, sink);
            case InputsClientMessage.MouseMotion(int dx, int dy, int mask) -> {
                sink.motion(dx, dy, mask);
                countMotion();
            }
            case InputsClientMessage.MousePosition(int x, int y, int mask, int display) -> {
                sink.position(x, y, mask, display);
                countMotion();
            }
            case InputsClientMessage.MousePress(int button, int mask) -> button(button, mask, true, sink);
            case InputsClientMessage.MouseRelease(int button, int mask) -> button(button, mask, false, sink);
            case UnknownMessage unknown -> connection.fail("inputs message " + unknown.type() + " is unknown");
            case CommonClientMessage common -> {}
        }
    }

    /** KEY_DOWN's and KEY_UP's code: bytes of scancodes, packed from the lowest up, until a zero. */
    private void packed(int code, boolean down, InputSink sink) {
        scancode.clear();
        for (int rest = code; rest != 0; rest >>>= 8) {
            int key = scancode.add(rest & 0xff);
            if (key != Scancodes.NONE) {
                press(key, down && !scancode.isReleased(), sink);
            }
        }
        scancode.clear();
    }

    /** Raw bytes: the release bit is in each scancode's last byte. */
    private void scancodes(MemorySegment codes, InputSink sink) {
        for (long i = 0; i < codes.byteSize(); i++) {
            int key = scancode.add(codes.get(ValueLayout.JAVA_BYTE, i) & 0xff);
            if (key != Scancodes.NONE) {
                press(key, !scancode.isReleased(), sink);
            }
        }
    }

    private void press(int key, boolean down, InputSink sink) {
        if (down) {
            held.add(key);
        } else {
            held.remove(key);
        }
        sink.key(key, down);
    }

    /** A client that goes lets go: nobody else could. */
    @Override
    void close() {
        InputSink sink = connection.server().inputs();
        for (int key : held) {
            sink.key(key, false);
        }
        for (int button = 1; buttons != 0; button++) {
            int bit = 1 << (button - 1);
            if ((buttons & bit) != 0) {
                buttons &= ~bit;
                sink.button(button, buttons, false);
            }
        }
    }

    private void button(int button, int mask, boolean down, InputSink sink) {
        if (!(1 <= button && button <= LAST_BUTTON)) {
            return;
        }
        int bit = 1 << (button - 1);
        buttons = down ? buttons | bit : buttons & ~bit;
        sink.button(button, mask, down);
    }

    private void countMotion() {
        motions++;
        if (motions % MOTIONS_PER_ACK == 0) {
            connection.send(new InputsServerMessage.MouseMotionAck());
        }
    }
}
