package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.ConnectOptions;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What shot and watch are told alike. */
final class ClientOptions {
    @Parameters(index = "0", paramLabel = "URI", description = "spice+unix:///path or spice://host:port")
    private String uri = "";

    @Option(names = "--display", paramLabel = "N", description = "the display channel's number")
    private int display;

    @Option(names = "--password-file", paramLabel = "F", description = "its first line is the password")
    private @Nullable Path passwordFile;

    @Option(names = "--numbering", paramLabel = "current|rfc2013", description = "numbers of the extension")
    private ServeCommand.Numbers numbering = ServeCommand.Numbers.CURRENT;

    ConnectOptions connect(ConnectOptions.Mode mode, Duration timeout) throws IOException, CommandFailure {
        ConnectOptions options = ConnectOptions.to(Addresses.uri(uri))
                .withNumbering(numbering.numbering())
                .withDisplay(display)
                .withMode(mode)
                .withTimeout(timeout);
        String password = Addresses.password(passwordFile);
        return password == null ? options : options.withPassword(password);
    }
}
