package org.spiceshm.guestdriver;

import java.io.IOException;

/** A recording ends too early, or says what a recording cannot say. */
public final class RecordingException extends IOException {
    private static final long serialVersionUID = 1;

    /** What was read where, what was got, and what was expected. */
    public RecordingException(String message) {
        super(message);
    }

    RecordingException(String message, Throwable cause) {
        super(message, cause);
    }
}
