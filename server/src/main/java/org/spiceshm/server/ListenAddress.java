package org.spiceshm.server;

import com.google.common.net.HostAndPort;
import java.nio.file.Path;

/** Where clients connect to. */
public sealed interface ListenAddress {
    /** A Unix socket, mode 0600: these clients may be offered shared memory. */
    record Unix(Path path) implements ListenAddress {
        @Override
        public String uri() {
            return "spice+unix://" + path;
        }
    }

    /** A TCP port; 0 takes any free one. */
    record Tcp(String host, int port) implements ListenAddress {
        /** Whether only programs of this machine can connect. */
        public boolean isLoopback() {
            return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
        }

        @Override
        public String uri() {
            return "spice://" + HostAndPort.fromParts(host, port);
        }
    }

    /** As a client is told it. */
    String uri();
}
