package org.spiceshm.server;

/** A thread that owns connections. */
interface EventLoop {
    /** Runs {@code task} on the loop's thread, soon. Any thread. */
    void execute(Runnable task);
}
