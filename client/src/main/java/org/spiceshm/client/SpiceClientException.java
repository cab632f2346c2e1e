package org.spiceshm.client;

import java.io.IOException;

/** Why a client could not do what it was asked. The message is one line: what, got, expected. */
public sealed class SpiceClientException extends IOException permits TornPictureException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String message;

    /** The kinds of failure that a caller may want to tell apart. */
    public enum Kind {
        /** Nobody listens there. */
        UNREACHABLE,
        /** Something listens, and does not speak SPICE. */
        NOT_SPICE,
        /** The password is wrong. */
        PERMISSION_DENIED,
        /** The server refuses for another reason. */
        REFUSED,
        /** The server broke the protocol. */
        PROTOCOL,
        /** The server, or this side, closed the connection. */
        CLOSED,
        /** The time was up. */
        TIMEOUT,
        /** The server's way is in order and this version does not know it. */
        UNSUPPORTED,
        /** The server draws so much that no whole picture could be read. */
        TORN,
        /** The calling thread was interrupted. */
        INTERRUPTED
    }

    SpiceClientException(Kind kind, String message) {
        this(kind, message, null);
    }

    SpiceClientException(Kind kind, String message, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.message = message.replace('\n', ' ');
    }

    /** One line. */
    @Override
    public final String getMessage() {
        return message;
    }

    /** What kind of failure it is. */
    public final Kind kind() {
        return kind;
    }

    /** The same, thrown on another thread than the one that met it. */
    SpiceClientException again() {
        return new SpiceClientException(kind, message, this);
    }

    static SpiceClientException interrupted(String what) {
        Thread.currentThread().interrupt();
        return new SpiceClientException(Kind.INTERRUPTED, what + ": got an interrupt, expected to wait on");
    }
}
