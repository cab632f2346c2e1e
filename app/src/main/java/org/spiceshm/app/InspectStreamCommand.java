package org.spiceshm.app;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.spiceshm.canvas.Surface;
import org.spiceshm.client.CapturedStream;
import org.spiceshm.client.SurfaceReplay;
import org.spiceshm.protocol.MalformedMessageException;
import org.tukaani.xz.XZFormatException;
import org.tukaani.xz.XZInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect stream}: what a client would show after all that a server once sent on a display channel. */
@Command(name = "stream", description = "Draws what a server once sent on a display channel.")
final class InspectStreamCommand implements Callable<Integer> {
    private static final String XZ = ".xz";

    @Parameters(
            index = "0",
            paramLabel = "DISPLAY.s2c.bin[.xz]",
            description = "every byte from the server, link reply first")
    private Path source = Path.of("");

    @Option(names = "--shot", paramLabel = "OUT.png", required = true, description = "where to save the primary")
    private Path shot = Path.of("");

    @Override
    public Integer call() throws IOException, CommandFailure {
        byte[] bytes = read();
        try (SurfaceReplay replay = new SurfaceReplay()) {
            CapturedStream.play(bytes, replay);
            Surface primary = replay.primary();
            if (primary == null) {
                throw CommandFailure.failed(source + ": got no primary surface at the end, expected one");
            }
            String fault = replay.primaryFault();
            if (fault != null) {
                throw CommandFailure.failed(source + ": got a picture that would be wrong (" + fault + ")");
            }
            Pictures.save(shot, new SurfacePixels(primary)::toRgbPng);
            return 0;
        } catch (MalformedMessageException e) {
            throw CommandFailure.failed(source + ": " + e.getMessage());
        }
    }

    private byte[] read() throws IOException, CommandFailure {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(source));
                InputStream in = open(file)) {
            return in.readAllBytes();
        } catch (EOFException e) {
            throw CommandFailure.failed(source + ": got the beginning of an .xz file, expected all of it");
        } catch (XZFormatException e) {
            throw CommandFailure.failed(source + ": got a damaged .xz file, expected a whole one");
        }
    }

    private InputStream open(InputStream file) throws IOException {
        String name = String.valueOf(source.getFileName());
        return name.endsWith(XZ) ? new XZInputStream(file) : file;
    }
}
