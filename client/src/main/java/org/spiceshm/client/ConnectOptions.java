package org.spiceshm.client;

import java.time.Duration;
import org.spiceshm.protocol.shm.Numbering;

/**
 * How to connect. Immutable; begin with {@link #to}.
 *
 * @param password empty where the server wants none; at most {@link #MAX_PASSWORD_BYTES} bytes of UTF-8
 * @param numbering the shared-memory extension's numbers, which must be the server's too
 * @param mode how the screen may come
 * @param damage how damage comes in shared memory, where the server can
 * @param timeout for all of {@link SpiceClient#connect}
 * @param displayId the display channel's number
 * @param cursor whether to link the cursor channel, if there is one
 * @param inputs whether to link the inputs channel, if there is one
 * @param agent whether to talk to the guest's agent; an observer does not
 * @param listener is told of the screen from the first message on
 */
public record ConnectOptions(
        SpiceUri uri,
        String password,
        Numbering numbering,
        Mode mode,
        Damage damage,
        Duration timeout,
        int displayId,
        boolean cursor,
        boolean inputs,
        boolean agent,
        DisplayListener listener) {
    /** SPICE_MAX_PASSWORD_LENGTH. */
    public static final int MAX_PASSWORD_BYTES = 60;

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_DISPLAY_ID = 255;

    /** How the screen may come. */
    public enum Mode {
        /** In shared memory if the server offers it, else drawn here. */
        AUTO,
        /** In shared memory, or not at all. */
        SHM,
        /** Drawn here; shared memory is not asked for. */
        NORMAL
    }

    /** How damage comes in shared memory; where the server has nothing else, it comes by the socket. */
    public enum Damage {
        /** As messages. */
        SOCKET,
        /** From the segment's ring, by a thread that sleeps until there is some. */
        RING,
        /** From the segment's ring, by a thread that never sleeps: the quickest, for a core of its own. */
        SPINNING_RING,
        /**
         * As messages, in a segment of this client's own: it stays as it is while the listener is told, and for as long as
         * that takes. The server has few of these.
         */
        HANDLED,
        /** The same, but the segment stays as it is until the frame of {@link Display#awaitFrame} is closed. */
        FRAMES
    }

    public ConnectOptions {
        if (!(0 <= displayId && displayId <= MAX_DISPLAY_ID)) {
            throw new IllegalArgumentException("displayId: got " + displayId + ", expected 0.." + MAX_DISPLAY_ID);
        }
        int bytes = password.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (!(bytes <= MAX_PASSWORD_BYTES)) {
            throw new IllegalArgumentException(
                    "password: got " + bytes + " bytes, expected at most " + MAX_PASSWORD_BYTES);
        }
    }

    /** Everything as usual: no password, current numbers, shared memory if offered, no cursor, no inputs, no agent. */
    public static ConnectOptions to(SpiceUri uri) {
        return new ConnectOptions(
                uri,
                "",
                Numbering.CURRENT,
                Mode.AUTO,
                Damage.SOCKET,
                DEFAULT_TIMEOUT,
                0,
                false,
                false,
                false,
                DisplayListener.NONE);
    }

    public ConnectOptions withPassword(String newPassword) {
        return new ConnectOptions(
                uri, newPassword, numbering, mode, damage, timeout, displayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withNumbering(Numbering newNumbering) {
        return new ConnectOptions(
                uri, password, newNumbering, mode, damage, timeout, displayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withMode(Mode newMode) {
        return new ConnectOptions(
                uri, password, numbering, newMode, damage, timeout, displayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withDamage(Damage newDamage) {
        return new ConnectOptions(
                uri, password, numbering, mode, newDamage, timeout, displayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withTimeout(Duration newTimeout) {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, newTimeout, displayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withDisplay(int newDisplayId) {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, timeout, newDisplayId, cursor, inputs, agent, listener);
    }

    public ConnectOptions withCursor() {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, timeout, displayId, true, inputs, agent, listener);
    }

    public ConnectOptions withInputs() {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, timeout, displayId, cursor, true, agent, listener);
    }

    public ConnectOptions withAgent() {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, timeout, displayId, cursor, inputs, true, listener);
    }

    public ConnectOptions withListener(DisplayListener newListener) {
        return new ConnectOptions(
                uri, password, numbering, mode, damage, timeout, displayId, cursor, inputs, agent, newListener);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "ConnectOptions[" + uri + ", " + numbering + ", " + mode + ", display " + displayId + "]";
    }
}
