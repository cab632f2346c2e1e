package org.spiceshm.app;

/** Hears whether the guest has opened its end of the agent's serial port. Any thread; must not block. */
public interface GuestPort {
    /** It has been opened or closed. */
    void changed(boolean open);

    /** Nobody can tell any more: the one who told has lost QEMU. */
    void unknown();

    /** Nobody cares. */
    GuestPort NONE = new GuestPort() {
        @Override
        public void changed(boolean open) {}

        @Override
        public void unknown() {}
    };
}
