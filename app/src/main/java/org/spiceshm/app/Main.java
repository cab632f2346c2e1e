package org.spiceshm.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/**
 * {@code spiceshm}: serve, shot, watch, replay, bench, inspect, demo. Exit status 0 done, 1 failed, 2 usage; a failure is one line
 * on stderr, and stdout carries nothing but the answer.
 */
@Command(
        name = "spiceshm",
        description = "A QXL display and SPICE server outside the virtual machine monitor.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            ServeCommand.class,
            ShotCommand.class,
            WatchCommand.class,
            ReplayCommand.class,
            BenchCommand.class,
            BenchServerCommand.class,
            InspectCommand.class,
            DemoCommand.class,
            DemoClientCommand.class
        })
public final class Main implements Runnable {
    static final int FAILED = 1;
    static final int USAGE = 2;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    Main() {}

    /** Runs a command and ends the process with its status. */
    public static void main(String[] arguments) {
        int status = run(arguments);
        if (System.out.checkError() && status == 0) {
            System.err.println("spiceshm: stdout: the answer could not be written");
            status = FAILED;
        }
        System.exit(status);
    }

    /** Runs a command; returns its exit status. */
    static int run(String... arguments) {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::usageError)
                .setExecutionExceptionHandler(Main::failure)
                .execute(arguments);
    }

    @Override
    public void run() {
        CommandLine.Model.CommandSpec own = spec;
        if (own == null) {
            return;
        }
        String commands = own.subcommands().entrySet().stream()
                .filter(command ->
                        !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
        throw new ParameterException(own.commandLine(), "no command: expected one of " + commands);
    }

    private static int usageError(ParameterException e, String[] arguments) {
        say(e.getCommandLine(), e.getMessage());
        return USAGE;
    }

    private static int failure(Exception e, CommandLine command, CommandLine.ParseResult result) {
        if (System.getenv("SPICESHM_DEBUG") != null) {
            e.printStackTrace();
        }
        switch (e) {
            case CommandFailure expected -> {
                say(command, expected.getMessage());
                return expected.exitStatus();
            }
            case IOException io -> say(command, describe(io));
            case IllegalArgumentException argument -> {
                say(command, argument.getMessage());
                return USAGE;
            }
            default -> say(command, "internal error: " + e);
        }
        return FAILED;
    }

    private static String describe(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    private static void say(CommandLine command, @Nullable String message) {
        String text = message == null ? "failed" : message.lines().findFirst().orElse("failed");
        PrintWriter err = command.getErr();
        err.println("spiceshm: " + text);
        err.flush();
    }

    /** The line of {@code --version}. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"spiceshm " + (version == null ? "development" : version)};
        }
    }
}
