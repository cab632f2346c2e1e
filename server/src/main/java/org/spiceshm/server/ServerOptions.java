package org.spiceshm.server;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.Numbering;

/**
 * How a server treats its clients.
 *
 * @param name the guest's, as clients show it
 * @param password asked for on every listener; null for none
 * @param sharedMemory whether the shared-memory extension is offered at all
 * @param numbering which of the extension's two columns of numbers
 */
public record ServerOptions(String name, @Nullable String password, boolean sharedMemory, Numbering numbering) {
    /** A SPICE ticket holds no more. */
    public static final int MAX_PASSWORD_BYTES = 60;

    /** Checks the password's length. */
    public ServerOptions {
        if (password != null) {
            int length = password.getBytes(StandardCharsets.UTF_8).length;
            if (!(0 < length && length <= MAX_PASSWORD_BYTES)) {
                throw new IllegalArgumentException(
                        "password: got " + length + " bytes, expected 1.." + MAX_PASSWORD_BYTES);
            }
        }
    }

    /** No password, shared memory offered, current numbers. */
    public static ServerOptions defaults() {
        return new ServerOptions("spiceshm", null, true, Numbering.CURRENT);
    }
}
