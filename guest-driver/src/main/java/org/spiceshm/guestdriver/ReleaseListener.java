package org.spiceshm.guestdriver;

/** Owns commands in flight, and hears when the device no longer needs them. Called on the driver's thread. */
@FunctionalInterface
public interface ReleaseListener {
    /** The device is done with the command at {@code address}, and with all that it names. */
    void released(long address);
}
