package org.spiceshm.protocol.spice;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Real streams. */
final class Captures {
    private Captures() {}

    static byte[] read(String name) {
        try (InputStream in = Captures.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
