package org.spiceshm.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program in a process of its own, with the lines that it prints. {@link #close} kills what still runs. */
final class Program implements AutoCloseable {
    private static final Duration LINE_LIMIT = Duration.ofSeconds(60);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(60);

    private final String name;
    private final Process process;
    private final Lines output;
    private final Lines errors;

    private Program(List<String> command) throws IOException {
        name = command.getLast();
        process = new ProcessBuilder(command).start();
        process.getOutputStream().close();
        output = new Lines(process.getInputStream());
        errors = new Lines(process.getErrorStream());
    }

    /** The command line of this project. */
    static Program spiceshm(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.netty.noUnsafe=true",
                "-Dio.netty.tryReflectionSetAccessible=false",
                "-Djava.util.logging.config.file="
                        + Path.of("../bin/logging.properties").toAbsolutePath(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "org.spiceshm.app.Main"));
        command.addAll(List.of(arguments));
        return new Program(command);
    }

    /** Any other program. */
    static Program of(String... command) throws IOException {
        return new Program(List.of(command));
    }

    /** Runs the command line to its end. */
    static Result run(String... arguments) throws IOException {
        try (Program program = spiceshm(arguments)) {
            return program.result();
        }
    }

    /** What a program left behind. */
    record Result(int status, List<String> output, List<String> errors) {}

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for a line of stdout that begins so, and returns it. */
    String awaitOutput(String prefix) {
        return awaitLine(output, prefix);
    }

    /** Waits for a line of stderr that begins so, and returns it. */
    String awaitError(String prefix) {
        return awaitLine(errors, prefix);
    }

    /** The first line of stdout that begins so, if it has been printed: no waiting. */
    boolean hasPrinted(String prefix) {
        return output.startingWith(prefix, 1).size() == 1;
    }

    /** The URIs after "listening", in their order. */
    List<String> awaitListening(int count) {
        Await.until(
                LINE_LIMIT,
                () -> output.startingWith("listening ", count).size() == count || !process.isAlive(),
                () -> "listening lines of " + this);
        List<String> lines = output.startingWith("listening ", count);
        if (lines.size() < count) {
            throw new AssertionError("got no " + count + " listening lines, expected them: " + this);
        }
        return lines.stream().map(line -> line.substring("listening ".length())).toList();
    }

    private String awaitLine(Lines lines, String prefix) {
        Await.until(
                LINE_LIMIT,
                () -> !lines.startingWith(prefix, 1).isEmpty() || lines.ended(),
                () -> "line '" + prefix + "' of " + this);
        List<String> found = lines.startingWith(prefix, 1);
        if (found.isEmpty()) {
            throw new AssertionError("got the end of " + this + ", expected a line '" + prefix + "'");
        }
        return found.getFirst();
    }

    /** Waits for its end; returns its status. */
    int exit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("got no end within " + limit + " of " + this);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    Result result() {
        int status = exit(EXIT_LIMIT);
        Await.until(LINE_LIMIT, () -> output.ended() && errors.ended(), () -> "end of the streams of " + this);
        return new Result(status, output.all(), errors.all());
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
        exit(EXIT_LIMIT);
    }

    @Override
    public String toString() {
        return name + " (" + process.pid() + "): stdout " + output.all() + ", stderr " + errors.all();
    }

    /** Gathers the lines of a stream on a thread of its own. */
    private static final class Lines {
        private final List<String> lines = new ArrayList<>();
        private boolean ended;

        Lines(InputStream stream) {
            Thread.ofVirtual().start(() -> read(stream));
        }

        private void read(InputStream stream) {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    add(line);
                }
            } catch (IOException e) {
                // Killed: the stream has ended.
            } finally {
                end();
            }
        }

        private synchronized void add(String line) {
            lines.add(line);
        }

        private synchronized void end() {
            ended = true;
        }

        synchronized boolean ended() {
            return ended;
        }

        synchronized List<String> all() {
            return List.copyOf(lines);
        }

        synchronized List<String> startingWith(String prefix, int most) {
            return lines.stream()
                    .filter(line -> line.startsWith(prefix))
                    .limit(most)
                    .toList();
        }
    }
}
