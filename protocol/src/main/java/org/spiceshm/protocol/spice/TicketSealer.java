package org.spiceshm.protocol.spice;

import org.spiceshm.protocol.MalformedMessageException;

/** The client's port to its password: {@link ClientLink} knows no cryptography. */
@FunctionalInterface
public interface TicketSealer {
    /** RSA-OAEP(SHA-1) of the password and a NUL, 128 bytes; the key came from the peer and may be anything. */
    byte[] seal(byte[] publicKey) throws MalformedMessageException;
}
