package org.spiceshm.client;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Where a server listens. Immutable. Paths are taken as they stand: nothing is percent-decoded. */
public sealed interface SpiceUri {
    /** {@code spice+unix:///path}. */
    record Unix(Path path) implements SpiceUri {
        @Override
        public String toString() {
            return Schemes.UNIX + "//" + path;
        }
    }

    /** {@code spice://host:port}; an IPv6 address stands in brackets in the text, and without them here. */
    record Tcp(String host, int port) implements SpiceUri {
        @Override
        public String toString() {
            return Schemes.TCP + "//" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** The schemes that are known. */
    final class Schemes {
        private static final String UNIX = "spice+unix:";
        private static final String TCP = "spice:";
        private static final List<String> NOT_YET = List.of("spice+tls:", "ws:", "wss:");
        private static final String EXPECTED = "spice+unix:///path or spice://host:port";
        private static final int MAX_PORT = 65535;

        private Schemes() {}
    }

    /** Reads a URI. */
    static SpiceUri parse(String text) throws SpiceUriException {
        int colon = text.indexOf(':');
        String scheme = colon < 0 ? "" : text.substring(0, colon + 1);
        String rest = text.substring(scheme.length());
        if (scheme.equals(Schemes.UNIX)) {
            return unix(text, rest);
        }
        if (scheme.equals(Schemes.TCP)) {
            return tcp(text, rest);
        }
        if (Schemes.NOT_YET.contains(scheme)) {
            throw new SpiceUriException(
                    SpiceUriException.Kind.NOT_YET,
                    text + ": got a scheme that this version does not speak yet, expected " + Schemes.EXPECTED);
        }
        throw new SpiceUriException(
                SpiceUriException.Kind.UNKNOWN_SCHEME,
                text + ": got " + (scheme.isEmpty() ? "no scheme" : "the unknown scheme " + scheme)
                        + ", expected spice+unix:, spice:, spice+tls:, ws: or wss:");
    }

    private static SpiceUri unix(String text, String rest) throws SpiceUriException {
        if (!(rest.startsWith("///") && 3 < rest.length())) {
            throw malformed(text, "no absolute path");
        }
        try {
            return new Unix(Path.of(rest.substring(2)));
        } catch (InvalidPathException e) {
            throw malformed(text, "no path");
        }
    }

    private static SpiceUri tcp(String text, String rest) throws SpiceUriException {
        String authority = rest.startsWith("//") ? rest.substring(2) : "";
        if (authority.endsWith("/")) {
            authority = authority.substring(0, authority.length() - 1);
        }
        int colon = authority.lastIndexOf(':');
        String host = colon < 0 ? "" : authority.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || bracketed != host.contains(":") || host.contains("/") || host.contains("@")) {
            throw malformed(text, "no host and port");
        }
        return new Tcp(host, port(text, authority.substring(colon + 1)));
    }

    private static int port(String text, String digits) throws SpiceUriException {
        try {
            int port = Integer.parseInt(digits);
            if (1 <= port && port <= Schemes.MAX_PORT) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Falls through: whatever it is, it is no port.
        }
        throw malformed(text, "port '" + digits + "'");
    }

    private static SpiceUriException malformed(String text, String got) {
        return new SpiceUriException(
                SpiceUriException.Kind.MALFORMED, text + ": got " + got + ", expected " + Schemes.EXPECTED);
    }
}
