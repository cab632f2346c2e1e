package org.spiceshm.app;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.SpiceClient;

/** Clients that only look on, to see what they cost. Owned by whoever connects them. */
final class Watchers implements AutoCloseable {
    private final List<SpiceClient> clients = new ArrayList<>();

    private Watchers() {}

    static Watchers connect(ConnectOptions options, int count) throws IOException {
        Watchers watchers = new Watchers();
        boolean done = false;
        try {
            for (int i = 0; i < count; i++) {
                watchers.clients.add(SpiceClient.connect(options));
            }
            done = true;
            return watchers;
        } finally {
            if (!done) {
                watchers.close();
            }
        }
    }

    /** Throws if one of them was thrown out. */
    void requireOpen() throws IOException {
        for (SpiceClient client : clients) {
            client.display().requireOpen();
        }
    }

    @Override
    public void close() {
        clients.forEach(SpiceClient::close);
    }
}
