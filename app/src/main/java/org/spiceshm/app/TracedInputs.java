package org.spiceshm.app;

import org.spiceshm.server.InputSink;

/** Clients' keys and pointer on their way to a guest, written down as well. Any thread, as both sinks. */
record TracedInputs(InputSink guest, InputSink trace) implements InputSink {
    @Override
    public void key(int scancode, boolean down) {
        trace.key(scancode, down);
        guest.key(scancode, down);
    }

    @Override
    public void modifiers(int bits) {
        trace.modifiers(bits);
        guest.modifiers(bits);
    }

    @Override
    public void motion(int dx, int dy, int buttons) {
        trace.motion(dx, dy, buttons);
        guest.motion(dx, dy, buttons);
    }

    @Override
    public void position(int x, int y, int buttons, int display) {
        trace.position(x, y, buttons, display);
        guest.position(x, y, buttons, display);
    }

    @Override
    public void button(int button, int buttons, boolean down) {
        trace.button(button, buttons, down);
        guest.button(button, buttons, down);
    }

    @Override
    public boolean absolute() {
        return guest.absolute();
    }
}
