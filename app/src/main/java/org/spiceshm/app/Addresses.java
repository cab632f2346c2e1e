package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.client.SpiceUriException;
import org.spiceshm.server.ListenAddress;

/** URIs and password files as the command line takes them. */
final class Addresses {
    private static final String ANY_PORT = ":0";
    private static final String SOME_PORT = ":1";

    private Addresses() {}

    static SpiceUri uri(String text) throws CommandFailure {
        try {
            return SpiceUri.parse(text);
        } catch (SpiceUriException e) {
            String message = String.valueOf(e.getMessage());
            throw e.kind() == SpiceUriException.Kind.NOT_YET
                    ? CommandFailure.failed(message)
                    : CommandFailure.usage(message);
        }
    }

    /** Where to listen: here, and not where one connects to, port 0 stands for any free one. */
    static ListenAddress listen(String text) throws CommandFailure {
        if (text.startsWith("spice://") && text.endsWith(ANY_PORT)) {
            String someOther = text.substring(0, text.length() - ANY_PORT.length()) + SOME_PORT;
            if (uri(someOther) instanceof SpiceUri.Tcp(String host, int port)) {
                return new ListenAddress.Tcp(host, 0);
            }
        }
        return switch (uri(text)) {
            case SpiceUri.Unix(Path path) -> new ListenAddress.Unix(path);
            case SpiceUri.Tcp(String host, int port) -> new ListenAddress.Tcp(host, port);
        };
    }

    /** The first line of {@code file}; null without a file. */
    static @Nullable String password(@Nullable Path file) throws IOException, CommandFailure {
        if (file == null) {
            return null;
        }
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty() || lines.getFirst().isEmpty()) {
            throw CommandFailure.failed(file + ": got an empty first line, expected a password");
        }
        return lines.getFirst();
    }
}
