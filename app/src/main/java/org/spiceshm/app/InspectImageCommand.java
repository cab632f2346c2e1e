package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.GlzWindow;
import org.spiceshm.protocol.MalformedMessageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code inspect image}: the pixels of stored images, one line each. A case that is refused, or cannot even be read, takes
 * a line too, and the others go on.
 */
@Command(name = "image", description = "Decodes images in the layout of the codec vectors.")
final class InspectImageCommand implements Callable<Integer> {
    private static final String JSON = ".json";
    private static final String BIN = ".bin";
    private static final String INDEX = "index.json";

    @Parameters(index = "0", paramLabel = "DIR|CASE.json", description = "a directory of cases, or one of them")
    private Path source = Path.of("");

    @Option(names = "--out", paramLabel = "OUT", description = "the directory to save the pictures in, as PNG")
    private @Nullable Path out;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    private int casesRead;

    @Override
    public Integer call() throws IOException, CommandFailure {
        if (out != null) {
            Files.createDirectories(out);
        }
        List<Path> cases = cases();
        try (VectorImage image = new VectorImage()) {
            for (Path file : cases) {
                inspect(file, image);
            }
        }
        if (casesRead == 0) {
            throw CommandFailure.failed(source + ": got no case that can be read, expected at least one");
        }
        return 0;
    }

    private List<Path> cases() throws IOException {
        if (!Files.isDirectory(source)) {
            if (!Files.exists(source)) {
                throw new NoSuchFileException(source.toString());
            }
            return List.of(source);
        }
        try (Stream<Path> files = Files.list(source)) {
            return files.filter(it -> name(it).endsWith(JSON) && !name(it).equals(INDEX))
                    .sorted()
                    .toList();
        }
    }

    private void inspect(Path file, VectorImage image) throws CommandFailure {
        String name = without(name(file), JSON);
        String reason;
        try {
            VectorCase values = VectorCase.read(file);
            casesRead++;
            inspect(file, values, image);
            return;
        } catch (MalformedMessageException e) {
            reason = String.valueOf(e.getMessage());
        } catch (NoSuchFileException e) {
            reason = e.getFile() + ": no such file";
        } catch (IOException | RuntimeException e) {
            reason = String.valueOf(e.getMessage());
        } catch (OutOfMemoryError e) {
            reason = "out of memory";
        }
        answer("refused " + name + " " + reason.lines().findFirst().orElse("unreadable"));
    }

    private void inspect(Path file, VectorCase values, VectorImage image)
            throws IOException, MalformedMessageException, CommandFailure {
        GlzWindow window = new GlzWindow(GlzWindow.MAX_PIXELS);
        switch (values.text("kind")) {
            case "image", "" -> report(file, values, image, window);
            case "glz_sequence" -> {
                for (VectorCase one : values.objects("images")) {
                    report(file, one, image, window);
                }
            }
            case "invalid" -> {
                for (VectorCase previous : values.objects("previous")) {
                    decode(file, previous, image, window);
                }
                report(file, values, image, window);
            }
            default ->
                throw new IOException("kind: got " + values.text("kind") + ", expected image, glz_sequence or invalid");
        }
    }

    private void report(Path file, VectorCase values, VectorImage image, GlzWindow window)
            throws IOException, MalformedMessageException, CommandFailure {
        String name = without(decode(file, values, image, window), BIN);
        answer("image " + name + " " + image.formatName() + " " + image.widthPixels() + "x" + image.heightPixels()
                + " sha256=" + image.hash());
        if (out != null) {
            save(out.resolve(name + ".png"), image);
        }
    }

    /** What goes wrong here is not the case's fault. */
    private static void save(Path file, VectorImage image) throws CommandFailure {
        try {
            Pictures.save(file, image::toPng);
        } catch (IOException e) {
            throw CommandFailure.failed(e.getMessage() == null ? file.toString() : e.getMessage());
        }
    }

    private void answer(String line) {
        Objects.requireNonNull(spec).commandLine().getOut().println(line);
    }

    /** Decodes one image; returns the name of its file. */
    private static String decode(Path file, VectorCase values, VectorImage image, GlzWindow window)
            throws IOException, MalformedMessageException {
        String bin = values.text("bin");
        Path path = file.resolveSibling(bin);
        if (bin.isEmpty() || !name(path).equals(bin)) {
            throw new IOException("bin: got '" + bin + "', expected the name of a file beside " + name(file));
        }
        image.decode(values, VectorCase.bytes(path), window);
        return bin;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String without(String name, String suffix) {
        return name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
    }
}
