package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpiceUriTest {
    @Test
    void readsWhatItCanConnectTo() throws Exception {
        assertEquals(new SpiceUri.Unix(Path.of("/run/s.sock")), SpiceUri.parse("spice+unix:///run/s.sock"));
        assertEquals(new SpiceUri.Tcp("localhost", 5900), SpiceUri.parse("spice://localhost:5900"));
        assertEquals(new SpiceUri.Tcp("::1", 5900), SpiceUri.parse("spice://[::1]:5900/"));
    }

    @ParameterizedTest
    @CsvSource({"spice+unix:///run/s.sock", "spice://localhost:5900", "spice://[::1]:5900"})
    void writesItAsItWasRead(String text) throws Exception {
        assertEquals(text, SpiceUri.parse(text).toString());
    }

    @ParameterizedTest
    @CsvSource({
        "vnc://host:1, UNKNOWN_SCHEME",
        "/run/s.sock, UNKNOWN_SCHEME",
        "'', UNKNOWN_SCHEME",
        "spice+tls://host:1, NOT_YET",
        "ws://host:1, NOT_YET",
        "wss://host:1, NOT_YET",
        "spice+unix://host/path, MALFORMED",
        "spice+unix:///, MALFORMED",
        "spice://host, MALFORMED",
        "spice://host:0, MALFORMED",
        "spice://host:65536, MALFORMED",
        "spice://host:x, MALFORMED",
        "spice://::1:5900, MALFORMED",
        "spice://:5900, MALFORMED",
    })
    void saysWhatIsWrong(String text, SpiceUriException.Kind kind) {
        assertEquals(
                kind,
                assertThrows(SpiceUriException.class, () -> SpiceUri.parse(text))
                        .kind());
    }
}
