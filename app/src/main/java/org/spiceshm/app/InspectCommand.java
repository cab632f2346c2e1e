package org.spiceshm.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code inspect}: what stored bytes mean, without a server or a guest. */
@Command(
        name = "inspect",
        description = "Decodes stored images, messages and streams.",
        subcommands = {InspectImageCommand.class, InspectMessagesCommand.class, InspectStreamCommand.class})
final class InspectCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public void run() {
        CommandLine.Model.CommandSpec own = spec;
        if (own != null) {
            throw new ParameterException(
                    own.commandLine(),
                    "inspect: expected one of "
                            + String.join(", ", own.subcommands().keySet()));
        }
    }
}
