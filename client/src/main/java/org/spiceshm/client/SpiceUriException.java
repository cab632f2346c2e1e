package org.spiceshm.client;

/** A text that is no URI this client can connect to. */
public final class SpiceUriException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What is wrong with it. */
    public enum Kind {
        /** The scheme means nothing here. */
        UNKNOWN_SCHEME,
        /** The scheme is one of SPICE's, and this version does not speak it. */
        NOT_YET,
        /** The scheme is in order, the rest is not. */
        MALFORMED
    }

    SpiceUriException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** What is wrong with it. */
    public Kind kind() {
        return kind;
    }
}
