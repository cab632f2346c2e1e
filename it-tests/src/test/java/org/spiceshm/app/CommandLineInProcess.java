package org.spiceshm.app;

/** The command line without a process of its own, where a process is not the point. */
public final class CommandLineInProcess {
    private CommandLineInProcess() {}

    /** Runs a command; returns its exit status. */
    public static int run(String... arguments) {
        return Main.run(arguments);
    }
}
