package org.spiceshm.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A client: its main channel and those that were linked under its id. They end together. Any thread. */
final class Session {
    private final int id;
    private final Set<Connection> channels = ConcurrentHashMap.newKeySet();
    private int dictionaryNumber;
    private Compressor.@Nullable Dictionary dictionary;
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

    /**
     * What the client keeps of earlier pictures under a number of its own, for all its displays; null if it keeps nothing,
     * or has more than the one number that every real client has.
     */
    synchronized Compressor.@Nullable Dictionary dictionary(int number, int windowPixels) {
        if (dictionary == null && windowPixels > 0) {
            dictionary = new Compressor.Dictionary(windowPixels);
            dictionaryNumber = number;
        }
        return number == dictionaryNumber ? dictionary : null;
    }

    void end() {
        ended = true;
        for (Connection channel : channels) {
            channel.closeLater("its main channel has gone");
        }
    }
}
