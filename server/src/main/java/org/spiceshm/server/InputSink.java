package org.spiceshm.server;

/**
 * Where clients' keys and pointer go. Called by the event loops' threads, possibly several at once; no call may wait for
 * anything but a short lock.
 */
public interface InputSink {
    /** The Pause key: 0xE1, 0x1D, 0x45. */
    int PAUSE = 0x451de1;

    /**
     * A key.
     *
     * @param scancode AT set 1 without release bits, its bytes packed from the lowest up: 0x1e; extended 0x48e0, 0xE0
     *     being first; and {@link #PAUSE}, the only one that begins with 0xE1
     * @param down pressed or let go
     */
    void key(int scancode, boolean down);

    /** The lock keys should be: bit 0 scroll, 1 num, 2 caps. */
    void modifiers(int bits);

    /** The pointer was moved by so many units; buttons as SPICE_MOUSE_BUTTON_MASK bits. */
    void motion(int dx, int dy, int buttons);

    /** The pointer is at pixel {@code x}, {@code y}. */
    void position(int x, int y, int buttons, int display);

    /** A button, 1 left, 2 middle, 3 right, 4 and 5 wheel up and down, 6 side, 7 extra. */
    void button(int button, int buttons, boolean down);

    /**
     * Whether the guest has a pointer that takes places rather than movements. When that changes, {@link
     * SpiceServer#inputsChanged} is to be called.
     */
    boolean absolute();

    /** Takes everything and does nothing. */
    InputSink NONE = new InputSink() {
        @Override
        public void key(int scancode, boolean down) {}

        @Override
        public void modifiers(int bits) {}

        @Override
        public void motion(int dx, int dy, int buttons) {}

        @Override
        public void position(int x, int y, int buttons, int display) {}

        @Override
        public void button(int button, int buttons, boolean down) {}

        @Override
        public boolean absolute() {
            return true;
        }
    };
}
