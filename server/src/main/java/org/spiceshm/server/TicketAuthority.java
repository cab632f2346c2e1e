package org.spiceshm.server;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.LinkReply;
import org.spiceshm.protocol.spice.TicketCheck;

/**
 * Checks tickets: RSA-OAEP with SHA-1 over the password and a NUL, under a 1024-bit key, as the protocol fixes it
 * (spice-protocol, protocol.h: SPICE_TICKET_KEY_PAIR_LENGTH). The key is made once a server; who wants more than the
 * password's secrecy from passive listeners uses a Unix socket. Immutable; any thread.
 */
final class TicketAuthority implements TicketCheck {
    private static final int KEY_BITS = 1024;
    private static final String CIPHER = "RSA/ECB/OAEPWithSHA-1AndMGF1Padding";

    private final KeyPair keys;
    private final byte @Nullable [] password;

    TicketAuthority(@Nullable String password) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(KEY_BITS);
            keys = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no RSA", e);
        }
        if (publicKey().length != LinkReply.PUBLIC_KEY_BYTES) {
            throw new IllegalStateException("a public key of " + publicKey().length + " bytes");
        }
        this.password = password == null ? null : password.getBytes(StandardCharsets.UTF_8);
    }

    byte[] publicKey() {
        return keys.getPublic().getEncoded();
    }

    @Override
    public LinkError check(byte[] encrypted) {
        byte[] ticket;
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(Cipher.DECRYPT_MODE, keys.getPrivate());
            ticket = cipher.doFinal(encrypted);
        } catch (GeneralSecurityException e) {
            return LinkError.PERMISSION_DENIED;
        }
        if (password == null) {
            return LinkError.OK;
        }
        int length = 0;
        while (length < ticket.length && ticket[length] != 0) {
            length++;
        }
        boolean same = MessageDigest.isEqual(Arrays.copyOf(ticket, length), password);
        return same ? LinkError.OK : LinkError.PERMISSION_DENIED;
    }
}
