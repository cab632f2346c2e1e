package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** The single numbers and the ticket that end the link stage. spice-protocol, protocol.h: SpiceLinkAuthMechanism etc. */
final class LinkTail {
    static final Struct MECHANISM = Struct.littleEndian("SpiceLinkAuthMechanism");
    static final Struct.U32 AUTH_MECHANISM = MECHANISM.u32("auth_mechanism");
    static final Struct TICKET = Struct.littleEndian("SpiceLinkEncryptedTicket");
    static final Struct.Bytes ENCRYPTED_DATA = TICKET.bytes("encrypted_data", 128);
    static final Struct RESULT = Struct.littleEndian("link result");
    static final Struct.U32 ERROR = RESULT.u32("error");

    private LinkTail() {}

    static byte[] number(int value) {
        byte[] bytes = new byte[Integer.BYTES];
        ERROR.set(MemorySegment.ofArray(bytes), 0, value);
        return bytes;
    }
}
