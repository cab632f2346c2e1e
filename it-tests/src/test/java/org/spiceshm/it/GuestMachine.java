package org.spiceshm.it;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.spiceshm.app.Card;
import org.spiceshm.app.VirtualMachine;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.guestdriver.GuestControl;
import org.spiceshm.guestdriver.QemuOptions;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/** A real guest in a container; its card, the server and a shared-memory client in this process. */
final class GuestMachine implements AutoCloseable {
    private static final long STABLE_MILLIS = 300;
    private static final Duration STABLE_LIMIT = Duration.ofSeconds(30);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(1);
    /** Figures, and the pictures of what did not fit. */
    private static final Path KEPT = Path.of("target", "real-guest");

    /** What the guest believes is on its screen. */
    @FunctionalInterface
    interface Truth {
        Picture of(GuestControl guest) throws IOException;
    }

    private final Path sockets;
    private final QemuOptions options;
    private final List<AutoCloseable> parts = new ArrayList<>();
    private final Card card;
    private final VirtualMachine machine;
    private final SpiceClient client;
    private QemuContainer qemu;
    private GuestControl guest;

    private GuestMachine(QemuOptions options) throws IOException {
        this.options = options;
        // Short: a socket's path has 107 bytes at most.
        sockets = Files.createTempDirectory("spiceshm");
        boolean done = false;
        try {
            card = Card.start(QxlConfig.forPrimary(1920, 1080), PipelineOptions.defaults());
            parts.add(card);
            machine = new VirtualMachine(
                    card,
                    new VirtualMachine.Sockets(
                            sockets.resolve(QemuOptions.VFIO_USER),
                            sockets.resolve(QemuOptions.QTEST),
                            sockets.resolve(QemuOptions.QMP),
                            options.agent() ? sockets.resolve(QemuOptions.AGENT) : null));
            SpiceServer server = machine.newServer(ServerOptions.defaults());
            parts.add(server);
            server.listen(new ListenAddress.Unix(display()));
            parts.add(machine.start(server));
            client = connect(DisplayListener.NONE);
            parts.add(client);
            qemu = QemuContainer.boot(sockets, options);
            guest = GuestControl.connect(sockets.resolve(QemuOptions.CONTROL));
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    static GuestMachine boot(QemuOptions options) throws IOException {
        return new GuestMachine(options);
    }

    private Path display() {
        return sockets.resolve("display.sock");
    }

    GuestControl guest() {
        return guest;
    }

    Card card() {
        return card;
    }

    QemuContainer qemu() {
        return qemu;
    }

    /** One more client, in shared memory. */
    SpiceClient connect(DisplayListener listener) throws IOException {
        return SpiceClient.connect(ConnectOptions.to(new SpiceUri.Unix(display()))
                .withMode(Mode.SHM)
                .withListener(listener));
    }

    /** One that has keys, a pointer, and the guest's agent. */
    SpiceClient connectWithAgent() throws IOException {
        return SpiceClient.connect(ConnectOptions.to(new SpiceUri.Unix(display()))
                .withMode(Mode.SHM)
                .withInputs()
                .withAgent());
    }

    /** A client in a process of its own that looks on, and can be killed. */
    Program watcher() throws IOException {
        return Program.spiceshm("watch", "spice+unix://" + display(), "--seconds", "600", "--json");
    }

    /** Whether a QEMU is connected to the card. */
    boolean isConnected() {
        return machine.isConnected();
    }

    /** Another QEMU for the same card, after the first has gone. */
    void bootAgain() throws IOException {
        guest.close();
        qemu.close();
        qemu = QemuContainer.boot(sockets, options);
        guest = GuestControl.connect(sockets.resolve(QemuOptions.CONTROL));
    }

    /** The guest has been told to start again: waits until it can be talked to. */
    void awaitReboot(int boots) throws IOException {
        Await.until(
                Duration.ofMinutes(2),
                () -> qemu.boots() >= boots,
                () -> "boot " + boots + ": " + String.join("\n", qemu.log()));
        guest.close();
        guest = GuestControl.connect(sockets.resolve(QemuOptions.CONTROL));
    }

    /**
     * Waits until the client's picture and what the guest believes are the same: a driver sends what was drawn a little
     * later.
     */
    Frame assertSameScreen(Truth truth) throws IOException {
        long deadline = System.nanoTime() + SETTLE_LIMIT.toNanos();
        while (true) {
            Frame shown = client.display().awaitStable(STABLE_MILLIS, Deadline.in(STABLE_LIMIT));
            Picture believed = truth.of(guest);
            Picture seen = Picture.of(shown);
            boolean same = believed.width() == seen.width()
                    && believed.height() == seen.height()
                    && believed.differingPixels(seen) == 0;
            if (!same && System.nanoTime() - deadline > 0) {
                keep(believed, "believed.png");
                keep(seen, "seen.png");
                Picture.assertSame(believed, seen, "the guest's screen and the client's, see " + KEPT);
            }
            if (same) {
                return shown;
            }
        }
    }

    /** What the client sees now. */
    Frame capture() throws IOException {
        return client.display().capture(Deadline.in(STABLE_LIMIT));
    }

    private static void keep(Picture picture, String name) throws IOException {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, picture.width(), picture.height(), picture.pixels(), 0, picture.width());
        Files.createDirectories(KEPT);
        File file = KEPT.resolve(name).toFile();
        ImageIO.write(image, "png", file);
    }

    /** Writes a figure down, for people. */
    static void report(String line) throws IOException {
        System.out.println("real guest: " + line);
        Files.createDirectories(KEPT);
        Files.writeString(
                KEPT.resolve("figures.txt"), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Override
    public void close() throws IOException {
        if (guest != null) {
            guest.close();
        }
        if (qemu != null) {
            qemu.close();
        }
        for (AutoCloseable part : parts.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IOException("a part of the machine did not close", e);
            }
        }
        deleteAll(sockets);
    }

    /** A directory and what is in it. */
    static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
