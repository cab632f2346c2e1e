package org.spiceshm.protocol.spice;

import java.util.Arrays;

/** A {@link ServerLink} and a {@link ClientLink} joined in memory; each delivery carries at most so many bytes. */
final class SessionPair {
    final ServerLink server;
    final ClientLink client;
    private final int chunkBytes;

    SessionPair(ServerLink server, ClientLink client, int chunkBytes) {
        this.server = server;
        this.client = client;
        this.chunkBytes = chunkBytes;
    }

    /** Carries bytes to and fro until neither has any to send. */
    void drive() {
        boolean busy = true;
        while (busy) {
            busy = false;
            for (byte[] sent = client.pollOutput(); sent != null; sent = client.pollOutput()) {
                deliver(sent, server::receive);
                busy = true;
            }
            for (byte[] sent = server.pollOutput(); sent != null; sent = server.pollOutput()) {
                deliver(sent, client::receive);
                busy = true;
            }
        }
    }

    private void deliver(byte[] bytes, java.util.function.Consumer<InputCursor> receiver) {
        for (int from = 0; from < bytes.length; from += chunkBytes) {
            receiver.accept(InputCursor.of(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + chunkBytes))));
        }
    }
}
