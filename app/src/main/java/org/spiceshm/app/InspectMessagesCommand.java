package org.spiceshm.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.SurfaceReplay;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.UnknownMessage;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code inspect messages}: the surfaces that stored display messages make, one line each; or, of one file, which
 * messages parse. A case that is refused, or cannot even be read, takes a line too, and the others go on.
 */
@Command(name = "messages", description = "Draws display messages in the layout of the canvas vectors.")
final class InspectMessagesCommand implements Callable<Integer> {
    private static final String SUFFIX = ".msgs.gz";

    @Parameters(index = "0", paramLabel = "DIR|FILE.msgs.gz", description = "a directory of cases, or one of them")
    private Path source = Path.of("");

    @Option(names = "--out", paramLabel = "OUT", description = "the directory to save the surfaces in, as PNG")
    private @Nullable Path out;

    @Option(names = "--parse-only", description = "draw nothing: say of each message of one file whether it parses")
    private boolean parseOnly;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    private int casesRead;

    @Override
    public Integer call() throws IOException, CommandFailure {
        if (parseOnly) {
            parse();
            return 0;
        }
        if (out != null) {
            Files.createDirectories(out);
        }
        for (Path file : files()) {
            draw(file);
        }
        if (casesRead == 0) {
            throw CommandFailure.failed(source + ": got no case that can be read, expected at least one");
        }
        return 0;
    }

    private void parse() throws IOException, CommandFailure {
        if (Files.isDirectory(source)) {
            throw CommandFailure.usage("--parse-only: got a directory, expected one file");
        }
        int index = 0;
        try (MessageFile messages = MessageFile.open(source)) {
            while (messages.next()) {
                String refusal = refusal(messages);
                answer("message " + index + " " + messages.type() + (refusal == null ? " ok" : " refused " + refusal));
                index++;
            }
        } catch (IOException e) {
            if (index == 0) {
                throw e;
            }
            throw CommandFailure.failed(source + ": message " + index + ": " + oneLine(e));
        }
    }

    private static @Nullable String refusal(MessageFile messages) {
        try {
            DisplayServerMessage message =
                    DisplayServerMessage.decode(messages.type(), messages.body(), Numbering.CURRENT);
            return message instanceof UnknownMessage ? "an unknown type" : null;
        } catch (MalformedMessageException | RuntimeException e) {
            return oneLine(e);
        } catch (OutOfMemoryError e) {
            return "out of memory";
        }
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(source)) {
            if (!Files.exists(source)) {
                throw new NoSuchFileException(source.toString());
            }
            return List.of(source);
        }
        try (Stream<Path> files = Files.list(source)) {
            return files.filter(file -> name(file).endsWith(SUFFIX)).sorted().toList();
        }
    }

    private void draw(Path file) throws CommandFailure {
        String name = name(file);
        name = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        int index = 0;
        try (MessageFile messages = MessageFile.open(file);
                SurfaceReplay replay = new SurfaceReplay()) {
            casesRead++;
            while (messages.next()) {
                replay.apply(messages.type(), messages.body());
                index++;
            }
            report(name, replay);
        } catch (IOException | MalformedMessageException | RuntimeException e) {
            answer("refused " + name + " message " + index + ": " + oneLine(e));
        } catch (OutOfMemoryError e) {
            answer("refused " + name + " message " + index + ": out of memory");
        }
    }

    private void report(String name, SurfaceReplay replay) throws CommandFailure {
        for (SurfaceReplay.Shown shown : replay.surfaces()) {
            String of = name + ".s" + Integer.toUnsignedString(shown.id());
            String fault = replay.fault(shown.id());
            if (fault != null) {
                answer("refused " + of + " " + fault);
                continue;
            }
            SurfacePixels pixels = new SurfacePixels(shown.surface());
            answer("surface " + of + " " + pixels.formatName() + " "
                    + shown.surface().widthPixels() + "x" + shown.surface().heightPixels() + " sha256="
                    + pixels.hash());
            if (out != null) {
                save(out.resolve(of + ".png"), pixels);
            }
        }
    }

    /** What goes wrong here is not the case's fault. */
    private static void save(Path file, SurfacePixels pixels) throws CommandFailure {
        try {
            Pictures.save(file, pixels::toPng);
        } catch (IOException e) {
            throw CommandFailure.failed(e.getMessage() == null ? file.toString() : e.getMessage());
        }
    }

    private void answer(String line) {
        PrintWriter answers = Objects.requireNonNull(spec).commandLine().getOut();
        answers.println(line);
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }
}
