package org.spiceshm.server;

/**
 * Hears how a client wants the guest's monitors, beside the agent, which hears it too: a guest's driver may act on it by
 * itself. Called by the event loops' threads; must not block.
 */
@FunctionalInterface
public interface MonitorsSink {
    /** Monitors as x, y, width, height, one after the other; all have a size, and no other promise is made of them. */
    void request(int[] heads);

    /** Nobody cares. */
    MonitorsSink NONE = heads -> {};
}
