package org.spiceshm.protocol.spice;

import org.spiceshm.protocol.shm.Numbering;

/** Anything that travels behind a message header. Each channel and direction has its sealed interface. */
public sealed interface WireMessage
        permits MainServerMessage,
                MainClientMessage,
                DisplayServerMessage,
                DisplayClientMessage,
                CursorServerMessage,
                CursorClientMessage,
                InputsServerMessage,
                InputsClientMessage {
    /** The number in the header; only the shared-memory extension's depend on the numbering. */
    int type(Numbering numbering);

    /** Writes the body. */
    void encode(BodyWriter out);

    /** The body. */
    default byte[] encode() {
        BodyWriter out = new BodyWriter();
        encode(out);
        return out.finish();
    }
}
