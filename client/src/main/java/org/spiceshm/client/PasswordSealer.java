package org.spiceshm.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.TicketSealer;

/** Encrypts the password as SPICE wants it: RSA-OAEP with SHA-1 over its UTF-8 bytes and a NUL. Immutable; any thread. */
final class PasswordSealer implements TicketSealer {
    private static final String CIPHER = "RSA/ECB/OAEPWithSHA-1AndMGF1Padding";
    private static final int KEY_BITS = 1024;

    private final String password;

    PasswordSealer(String password) {
        this.password = password;
    }

    @Override
    public byte[] seal(byte[] publicKey) throws MalformedMessageException {
        try {
            PublicKey key = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(publicKey));
            if (!(key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() == KEY_BITS)) {
                throw new MalformedMessageException(
                        "SpiceLinkReply", "pub_key", "got another key, expected RSA of " + KEY_BITS + " bits");
            }
            byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(Cipher.ENCRYPT_MODE, key);
            return cipher.doFinal(Arrays.copyOf(bytes, bytes.length + 1));
        } catch (GeneralSecurityException e) {
            throw new MalformedMessageException(
                    "SpiceLinkReply", "pub_key", "got no usable key, expected RSA of " + KEY_BITS + " bits");
        }
    }
}
