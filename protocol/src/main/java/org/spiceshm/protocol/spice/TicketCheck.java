package org.spiceshm.protocol.spice;

/** The server's port to its private key and password: {@link ServerLink} knows no cryptography. */
@FunctionalInterface
public interface TicketCheck {
    /** {@link LinkError#OK}, or why not: RSA-OAEP(SHA-1) of the password and a NUL, exactly 128 bytes. */
    LinkError check(byte[] encrypted);
}
