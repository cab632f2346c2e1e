package org.spiceshm.server;

/** Where clients' messages for the guest's agent go. Called by the event loops' threads; must not wait for anything. */
@FunctionalInterface
public interface AgentSink {
    /**
     * Takes a whole message, its header first; the array belongs to the sink from then on.
     *
     * @return false if there is no room: nothing was taken, and {@link AgentFeed#room} tells when to try again
     */
    boolean offer(byte[] message);

    /** There is no agent: takes everything and does nothing. */
    AgentSink NONE = message -> true;
}
