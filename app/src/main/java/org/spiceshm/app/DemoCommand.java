package org.spiceshm.app;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.Recording;
import org.spiceshm.guestdriver.RecordingPlayer;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code demo}: what a real guest once drew goes through the QXL device, the renderer and the SPICE server into a second
 * process, which sees it in shared memory; the picture is compared with the guest's own screen.
 */
@Command(name = "demo", description = "Plays a recording of a real guest into a second process.")
final class DemoCommand implements Callable<Integer> {
    @Option(names = "--recording", paramLabel = "NAME", description = "one of the recordings directory, or a file")
    private String name = "b_xorg_qxl";

    @Option(names = "--guest", description = "boot a real guest instead, in QEMU")
    private boolean guest;

    @Option(names = "--accel", paramLabel = "tcg|kvm", hidden = true)
    private @Nullable String accelerator;

    @Option(names = "--out", paramLabel = "DIR", description = "where the picture goes")
    private Path out = Path.of("demo-out");

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        if (guest) {
            Path home = Path.of(System.getProperty("spiceshm.home", "."));
            new GuestDemo(home, out.resolve("screen.png"), accelerator).run();
            return 0;
        }
        Path recording = find();
        Files.createDirectories(out);
        Path picture = out.resolve("screen.png");
        Path directory = Files.createTempDirectory("spiceshm-demo");
        Path socket = directory.resolve("s");
        try {
            say("1/4 starting QXL device, renderer and SPICE server in process "
                    + ProcessHandle.current().pid());
            run(recording, socket, picture);
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(directory);
        }
        return 0;
    }

    private Path find() throws CommandFailure {
        Path home = Path.of(System.getProperty("spiceshm.home", "."));
        Path shipped = home.resolve("recordings").resolve(name + ".rec.xz");
        if (Files.isRegularFile(shipped)) {
            return shipped;
        }
        Path file = Path.of(name);
        if (Files.isRegularFile(file)) {
            return file;
        }
        throw CommandFailure.failed(
                "--recording: got " + name + ", expected a file or a name in " + home.resolve("recordings"));
    }

    private void run(Path recording, Path socket, Path picture)
            throws IOException, InterruptedException, CommandFailure {
        try (Card card = Card.start(ReplayCommand.CARD, PipelineOptions.defaults());
                SpiceServer server =
                        new SpiceServer(card.screen(), ServerOptions.defaults(), InputSink.NONE, displays -> {})) {
            server.listen(new ListenAddress.Unix(socket));
            try (ChildProcess client = ChildProcess.start("demo-client", socket.toString(), picture.toString())) {
                say("2/4 starting a client in process " + client.pid());
                client.readLine();
                say("3/4 playing " + recording.getFileName() + " through the guest's rings");
                long begun = System.nanoTime();
                RecordingPlayer player = play(card, recording);
                double seconds = (System.nanoTime() - begun) / 1e9;
                say("4/4 the client saves what it sees in shared memory");
                closeQuietly(client.input());
                String[] counts = client.readLine().split(" ");
                print(recording, picture, card, player, seconds, counts);
            }
        }
    }

    private static RecordingPlayer play(Card card, Path file) throws IOException, InterruptedException {
        try (Recording recording = Recording.open(file)) {
            RecordingPlayer player =
                    new RecordingPlayer(new QxlDriver(card.hardware()), recording, RecordingPlayer.AS_FAST_AS_POSSIBLE);
            player.play(Long.MAX_VALUE);
            player.finish();
            ReplayCommand.settle(card);
            return player;
        }
    }

    private static void closeQuietly(OutputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // The process has ended; reading its answer tells.
        }
    }

    private void print(Path recording, Path picture, Card card, RecordingPlayer player, double seconds, String[] counts)
            throws IOException, CommandFailure {
        long damages = Long.parseLong(counts[0]);
        long pixelBytes = 4 * Long.parseLong(counts[2]);
        long socketBytes = Long.parseLong(counts[3]);
        row("recording", recording.getFileName() + ", " + player.events() + " events");
        row("commands rendered", player.commands() + " in " + String.format(Locale.ROOT, "%.2f s", seconds));
        row("guest faults", card.faults().total() + (card.faults().total() == 0 ? "" : "  " + card.faults()));
        row("frames (damage messages)", Long.toString(damages));
        row("damage rectangles", counts[1]);
        row(
                "latency, ring to client",
                String.format(
                        Locale.ROOT,
                        "p50 %.0f us, p99 %.0f us, max %.0f us",
                        Long.parseLong(counts[4]) / 1e3,
                        Long.parseLong(counts[5]) / 1e3,
                        Long.parseLong(counts[6]) / 1e3));
        row("bytes of pixels shown", Long.toString(pixelBytes));
        row("bytes over the socket", Long.toString(socketBytes));
        row("shared segment", counts[7] + " bytes, mapped read-only by the client");
        row("picture", picture + comparison(recording, picture));
    }

    /** How the picture stands to the guest's own screen, if that is known. */
    private static String comparison(Path recording, Path picture) throws IOException, CommandFailure {
        String file = recording.getFileName().toString();
        Path truth = recording.resolveSibling(file.replaceFirst("\\.rec(\\.xz)?$", ".png"));
        if (truth.equals(recording) || !Files.isRegularFile(truth)) {
            return "";
        }
        long different = differing(ImageIO.read(truth.toFile()), ImageIO.read(picture.toFile()));
        if (different != 0) {
            throw CommandFailure.failed(picture + ": got " + different + " pixels that differ from " + truth
                    + ", expected the guest's own screen");
        }
        return ", 0 pixels differ from the guest's own screen";
    }

    static long differing(@Nullable BufferedImage one, @Nullable BufferedImage other) {
        if (one == null
                || other == null
                || one.getWidth() != other.getWidth()
                || one.getHeight() != other.getHeight()) {
            return Long.MAX_VALUE;
        }
        long count = 0;
        for (int y = 0; y < one.getHeight(); y++) {
            for (int x = 0; x < one.getWidth(); x++) {
                count += (one.getRGB(x, y) & 0xff_ffff) == (other.getRGB(x, y) & 0xff_ffff) ? 0 : 1;
            }
        }
        return count;
    }

    static void row(String name, String value) {
        System.out.println(String.format(Locale.ROOT, "%-26s %s", name, value));
    }

    static void say(String progress) {
        System.err.println(progress);
    }
}
