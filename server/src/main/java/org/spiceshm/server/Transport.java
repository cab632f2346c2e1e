package org.spiceshm.server;

/** One connection's way to its peer, as the loop that owns it sees it. */
interface Transport extends Outbox.Writer {
    /** The loop that owns it. */
    EventLoop loop();

    /** Whether descriptors can travel on it. */
    boolean carriesDescriptors();

    /** Who is at the other end, for the log. */
    String peer();

    /** Says whether {@link Connection#onWritable} is to be called when bytes can be taken again. */
    void wantWritable(boolean wanted);

    /** Ends it; {@link Connection#onClosed} follows, if it has not been called. */
    void close();
}
