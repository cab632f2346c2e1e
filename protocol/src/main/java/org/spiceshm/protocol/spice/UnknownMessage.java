package org.spiceshm.protocol.spice;

import org.spiceshm.protocol.shm.Numbering;

/**
 * A type number that nobody here knows: a client skips it (servers may be newer), a server refuses it. Its body was not
 * looked at.
 */
public record UnknownMessage(int type)
        implements MainServerMessage,
                MainClientMessage,
                DisplayServerMessage,
                DisplayClientMessage,
                CursorServerMessage,
                CursorClientMessage,
                InputsServerMessage,
                InputsClientMessage {
    @Override
    public int type(Numbering numbering) {
        return type;
    }

    @Override
    public void encode(BodyWriter out) {
        throw new IllegalStateException("a message of unknown type " + type + " cannot be sent");
    }
}
