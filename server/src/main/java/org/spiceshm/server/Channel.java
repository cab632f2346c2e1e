package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;

/** What a connection is once it is linked. Owned by the connection's thread. */
abstract class Channel {
    /** Time that never comes. */
    static final long NEVER = Long.MAX_VALUE;

    final Connection connection;

    Channel(Connection connection) {
        this.connection = connection;
    }

    /** Says what comes first. */
    abstract void start(long now);

    /** A message from the client; its body is valid during the call. */
    abstract void receive(int type, MemorySegment body, long now) throws MalformedMessageException;

    /** Says what there is to say: the screen, or the room to say it in, has changed. */
    void pump(long now) {}

    /** Whether {@link #pump} has stopped only because of what the outbox held, and would go on with an empty one. */
    boolean hasMore() {
        return false;
    }

    /**
     * Says what there is to say, if that is damage and nothing else, on behalf of the loop while it sleeps.
     *
     * @return false if the loop itself is needed
     */
    boolean pumpDamage(long now) {
        return true;
    }

    /** When {@link #onDeadline} is due, in System.nanoTime's terms, or {@link #NEVER}. */
    long deadline() {
        return NEVER;
    }

    /** The deadline has passed. */
    void onDeadline(long now) {}

    /** The connection has ended. */
    void close() {}
}
