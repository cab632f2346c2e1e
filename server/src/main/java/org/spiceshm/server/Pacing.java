package org.spiceshm.server;

/**
 * At most so many updates a second for one client; what changes in between is merged into the next. Owns no clock. Owned
 * by the connection's thread.
 */
final class Pacing {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long periodNanos;
    private long next = Long.MIN_VALUE;
    private boolean awaited;

    /** {@code perSecond} 0 is no limit. */
    Pacing(int perSecond) {
        periodNanos = perSecond == 0 ? 0 : NANOS_PER_SECOND / perSecond;
    }

    /** Whether the next update may be told now; if not, its time is awaited. */
    boolean mayTell(long now) {
        awaited = now < next;
        return !awaited;
    }

    /** An update has been told. */
    void told(long now) {
        if (periodNanos != 0) {
            next = now + periodNanos;
        }
    }

    /** Whether there is something to tell when the time has come. */
    boolean isAwaited() {
        return awaited;
    }

    /** When the time has come for what is awaited. */
    long deadline() {
        return awaited ? next : Channel.NEVER;
    }

    /** The time has come. */
    void onDeadline() {
        awaited = false;
    }
}
