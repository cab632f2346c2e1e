package org.spiceshm.client;

/**
 * Every copy of the shared screen had a batch drawn into it. The connection is in order: the caller may try again, or
 * connect anew in normal mode, where drawing waits for the reader.
 */
public final class TornPictureException extends SpiceClientException {
    private static final long serialVersionUID = 1L;

    TornPictureException(int attempts) {
        super(
                Kind.TORN,
                "capture: got " + attempts + " torn copies of the shared screen, expected a moment without drawing");
    }
}
