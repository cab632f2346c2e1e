package org.spiceshm.server;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.protocol.shm.Numbering;

/**
 * How a server treats its clients.
 *
 * @param name the guest's, as clients show it
 * @param password asked for on every listener; null for none
 * @param sharedMemory whether the shared-memory extension is offered at all
 * @param numbering which of the extension's two columns of numbers
 * @param maxDamageRate updates a second that a client is told at most, what changes in between being merged; 0 for as many
 *     as it takes
 * @param compression of pictures in normal mode, unless a client prefers another
 * @param lockStepClients how many clients of a screen may have a segment of their own at once
 */
public record ServerOptions(
        String name,
        @Nullable String password,
        boolean sharedMemory,
        Numbering numbering,
        int maxDamageRate,
        CompressionChoice compression,
        int lockStepClients) {
    /** A SPICE ticket holds no more. */
    public static final int MAX_PASSWORD_BYTES = 60;

    /** Clients with a segment of their own, unless told otherwise: each costs the guest a copy of what it draws. */
    public static final int DEFAULT_LOCK_STEP_CLIENTS = 4;

    /** Checks the ranges. */
    public ServerOptions {
        if (password != null) {
            int length = password.getBytes(StandardCharsets.UTF_8).length;
            if (!(0 < length && length <= MAX_PASSWORD_BYTES)) {
                throw new IllegalArgumentException(
                        "password: got " + length + " bytes, expected 1.." + MAX_PASSWORD_BYTES);
            }
        }
        if (!(0 <= maxDamageRate && 0 <= lockStepClients)) {
            throw new IllegalArgumentException("damage rate and lock-step clients: got " + maxDamageRate + " and "
                    + lockStepClients + ", expected 0 or more");
        }
    }

    /** No limit to damage, no compression, the usual number of clients with a segment of their own. */
    public ServerOptions(String name, @Nullable String password, boolean sharedMemory, Numbering numbering) {
        this(name, password, sharedMemory, numbering, 0, CompressionChoice.OFF, DEFAULT_LOCK_STEP_CLIENTS);
    }

    /** No password, shared memory offered, current numbers. */
    public static ServerOptions defaults() {
        return new ServerOptions("spiceshm", null, true, Numbering.CURRENT);
    }

    /** The same with at most so many updates a second for each client. */
    public ServerOptions withMaxDamageRate(int perSecond) {
        return new ServerOptions(name, password, sharedMemory, numbering, perSecond, compression, lockStepClients);
    }

    /** The same with other numbers. */
    public ServerOptions withNumbering(Numbering newNumbering) {
        return new ServerOptions(
                name, password, sharedMemory, newNumbering, maxDamageRate, compression, lockStepClients);
    }

    /** The same with another number of clients that may have a segment of their own. */
    public ServerOptions withLockStepClients(int most) {
        return new ServerOptions(name, password, sharedMemory, numbering, maxDamageRate, compression, most);
    }

    /** The same with pictures compressed in normal mode. */
    public ServerOptions withCompression(CompressionChoice choice) {
        return new ServerOptions(name, password, sharedMemory, numbering, maxDamageRate, choice, lockStepClients);
    }
}
