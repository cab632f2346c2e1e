package org.spiceshm.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A client: its main channel and those that were linked under its id. They end together. Any thread. */
final class Session {
    private final int id;
    private final Set<Connection> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    Session(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    void add(Connection channel) {
        channels.add(channel);
        if (ended) {
            channel.closeLater("its main channel has gone");
        }
    }

    void remove(Connection channel) {
        channels.remove(channel);
    }

    void end() {
        ended = true;
        for (Connection channel : channels) {
            channel.closeLater("its main channel has gone");
        }
    }
}
