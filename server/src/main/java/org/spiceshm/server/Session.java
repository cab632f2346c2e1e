package org.spiceshm.server;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A client: its main channel and those that were linked under its id. They end together. Any thread. */
final class Session {
    private final int id;
    private final Set<Connection> channels = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Compressor.Dictionary> dictionaries = new ConcurrentHashMap<>();
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

    /** What the client keeps of earlier pictures under a number of its own, for all its displays. */
    Compressor.Dictionary dictionary(int number, int windowPixels) {
        return dictionaries.computeIfAbsent(number, first -> new Compressor.Dictionary(windowPixels));
    }

    void end() {
        ended = true;
        for (Connection channel : channels) {
            channel.closeLater("its main channel has gone");
        }
    }
}
