package org.spiceshm.server;

import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;

/**
 * How many messages may be under way to a client that acknowledges: two windows. spice-server, red-channel-client.cpp.
 * Owned by the connection's thread.
 */
final class AckWindow {
    private static final int GENERATION = 1;
    private static final int WINDOW = 20;

    private int unacknowledged;
    private boolean synchronised;

    CommonServerMessage.SetAck announcement() {
        return new CommonServerMessage.SetAck(GENERATION, WINDOW);
    }

    /** One more message is under way. */
    void sent() {
        unacknowledged++;
    }

    /** Whether another may be sent. */
    boolean isOpen() {
        return unacknowledged < 2 * WINDOW;
    }

    void onSync(CommonClientMessage.AckSync sync) {
        if (sync.generation() == GENERATION) {
            synchronised = true;
        }
    }

    void onAck() {
        if (synchronised) {
            unacknowledged = Math.max(0, unacknowledged - WINDOW);
        }
    }
}
