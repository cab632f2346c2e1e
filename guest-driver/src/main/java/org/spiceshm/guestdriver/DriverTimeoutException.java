package org.spiceshm.guestdriver;

/** The device has not done in time what a guest would wait for. */
public final class DriverTimeoutException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /** What was waited for, and what there was instead. */
    public DriverTimeoutException(String message) {
        super(message);
    }
}
