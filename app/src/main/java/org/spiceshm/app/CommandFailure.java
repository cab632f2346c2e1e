package org.spiceshm.app;

/** A command that came to nothing: one line for stderr, and the exit status. */
final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitStatus;

    private CommandFailure(int exitStatus, String message) {
        super(message);
        this.exitStatus = exitStatus;
    }

    /** The command was in order and could not be done: exit status 1. */
    static CommandFailure failed(String message) {
        return new CommandFailure(1, message);
    }

    /** The command itself was wrong: exit status 2. */
    static CommandFailure usage(String message) {
        return new CommandFailure(2, message);
    }

    int exitStatus() {
        return exitStatus;
    }
}
