package org.spiceshm.server;

/** Hears how many display channels are linked. Called by the event loops' threads; must not block. */
@FunctionalInterface
public interface ClientWatch {
    /** The number has become {@code displays}. */
    void displays(int displays);
}
