package org.spiceshm.app;

import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
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

/**
 * {@code demo --guest}: an unmodified QEMU boots an unmodified Linux with our card, X draws, a client sees it in shared
 * memory, and the picture is compared with what the guest believes.
 */
final class GuestDemo {
    private static final String KERNEL = "6.1";
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(4);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(20);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(1);
    private static final long STABLE_MILLIS = 300;

    private final Path home;
    private final Path picture;
    private final @Nullable String wanted;

    /**
     * A demo to run once.
     *
     * @param home the project's directory
     * @param picture where the screen goes
     * @param wanted the accelerator, or null to choose
     */
    GuestDemo(Path home, Path picture, @Nullable String wanted) {
        this.home = home;
        this.picture = picture;
        this.wanted = wanted;
    }

    void run() throws IOException, CommandFailure, InterruptedException {
        if (wanted != null && !wanted.equals("tcg") && !wanted.equals("kvm")) {
            throw CommandFailure.usage("--accel: got " + wanted + ", expected tcg or kvm");
        }
        Path script = home.resolve("guest").resolve("build");
        if (!Files.isExecutable(script)) {
            throw CommandFailure.failed(script + ": got nothing, expected the script that makes the guest");
        }
        DemoCommand.say("1/6 the guest's images (made from Debian's packages on first use, which takes some minutes)");
        Path images = Path.of(makeImages(script));
        List<String> qemu = findQemu();
        Accelerator accelerator = wanted != null
                ? new Accelerator(wanted, "as told")
                : Accelerator.choose(Accelerator.Facts.ofThisMachine(), () -> probe(qemu, images));
        DemoCommand.say("2/6 accelerator: " + accelerator.name() + " (" + accelerator.reason() + ")");
        Path sockets = Files.createTempDirectory("spiceshm");
        try {
            run(sockets, qemu, images, accelerator);
        } finally {
            try (Stream<Path> files = Files.walk(sockets)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private void run(Path sockets, List<String> qemu, Path images, Accelerator accelerator)
            throws IOException, CommandFailure, InterruptedException {
        Path display = sockets.resolve("display.sock");
        QemuOptions options = new QemuOptions(images, sockets, KERNEL).withAccelerator(accelerator.name());
        try (Card card = Card.start(QxlConfig.forPrimary(1920, 1080), PipelineOptions.defaults());
                VirtualMachine machine = new VirtualMachine(
                        card,
                        new VirtualMachine.Sockets(
                                sockets.resolve(QemuOptions.VFIO_USER),
                                sockets.resolve(QemuOptions.QTEST),
                                sockets.resolve(QemuOptions.QMP),
                                null));
                SpiceServer server = machine.newServer(ServerOptions.defaults());
                VirtualMachine started = machine.start(server)) {
            server.listen(new ListenAddress.Unix(display));
            DemoCommand.say("3/6 booting Linux " + KERNEL + "; the card is process "
                    + ProcessHandle.current().pid());
            List<String> command = new ArrayList<>(qemu);
            command.addAll(options.arguments());
            try (GuestQemu vm = GuestQemu.start(command, QemuOptions.READY, GuestDemo::milestone)) {
                if (!vm.awaitMarker(BOOT_LIMIT) || !started.isConnected()) {
                    throw CommandFailure.failed("the guest did not come up; it last said: " + vm.lastLine());
                }
                try (GuestControl guest = GuestControl.connect(sockets.resolve(QemuOptions.CONTROL))) {
                    show(guest, display, card, accelerator);
                }
            }
        }
    }

    private void show(GuestControl guest, Path display, Card card, Accelerator accelerator)
            throws IOException, CommandFailure {
        DemoCommand.say("4/6 starting X");
        guest.output("start-x modesetting");
        guest.output("work-x 40");
        DemoCommand.say("5/6 drawing: windows that move, then the full screen");
        String window;
        Frame frame;
        ConnectOptions options = ConnectOptions.to(new SpiceUri.Unix(display)).withMode(Mode.SHM);
        try (SpiceClient client = SpiceClient.connect(options)) {
            window = drawWindow(guest, display);
            frame = awaitSame(guest, client);
            Files.createDirectories(picture.toAbsolutePath().getParent());
            Pictures.save(picture, frame::toPng);
        }
        guest.output("pkill Xorg; while pidof Xorg; do sleep 0.1; done");
        String full = drawScreen(guest, display);
        DemoCommand.say("6/6 done");
        DemoCommand.row(
                "guest",
                "Linux " + guest.text("uname -r") + ", Xorg with modesetting, under " + accelerator.name() + " ("
                        + accelerator.reason() + ")");
        DemoCommand.row(
                "picture",
                picture + ", " + frame.width() + "x" + frame.height() + ", 0 pixels differ from the guest's own (xwd)");
        DemoCommand.row(
                "guest faults", card.faults().total() == 0 ? "0" : card.faults().toString());
        DemoCommand.row("latency", "from the guest's draw to the client's pixels in shared memory");
        DemoCommand.row("X window 64x64, 50/s", window);
        DemoCommand.row("full screen 1024x768", full);
    }

    private static String drawWindow(GuestControl guest, Path display) throws IOException {
        return watched(guest, display, () -> {
            guest.output("(work-x 150; touch /tmp/work.done) > /tmp/work.out 2>&1 &");
            String drawn = guest.text("animate x11 64 50 6");
            guest.output("while [ ! -e /tmp/work.done ]; do sleep 0.1; done");
            return drawn;
        });
    }

    private static String drawScreen(GuestControl guest, Path display) throws IOException {
        return watched(guest, display, () -> {
            guest.output("animate kms 1024 768 5 /tmp/truth > /tmp/animate.out 2>&1 &");
            String drawn = guest.text("while ! grep -q . /tmp/animate.out; do sleep 0.2; done; cat /tmp/animate.out");
            guest.output("pkill animate; true");
            return drawn;
        });
    }

    /** Has the guest draw stamped frames, and gives back what {@code animate} says of them. */
    private interface Drawing {
        String draw() throws IOException;
    }

    /** The rate at which the guest drew, and how old its frames were when a client of their own saw them. */
    private static String watched(GuestControl guest, Path display, Drawing drawing) throws IOException {
        StampedFrames stamps = new StampedFrames(guest.clock());
        ConnectOptions options =
                ConnectOptions.to(new SpiceUri.Unix(display)).withMode(Mode.SHM).withListener(stamps);
        try (SpiceClient watching = SpiceClient.connect(options)) {
            stamps.watch(watching.display());
            return rate(drawing.draw()) + stamps.summary();
        }
    }

    private static String rate(String drawn) throws IOException {
        String[] words = drawn.split(" ");
        try {
            return String.format(
                    Locale.ROOT, "%.0f frames/s drawn; ", Integer.parseInt(words[0]) / Double.parseDouble(words[1]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IOException("guest: got '" + drawn + "' from animate, expected FRAMES SECONDS", e);
        }
    }

    /** The driver sends what was drawn a little later. */
    private static Frame awaitSame(GuestControl guest, SpiceClient client) throws IOException, CommandFailure {
        Deadline deadline = Deadline.in(SETTLE_LIMIT);
        while (true) {
            Frame frame = client.display().awaitStable(STABLE_MILLIS, deadline);
            BufferedImage believed = XwdImage.of(guest.output("xwd -root -silent"));
            long different = DemoCommand.differing(image(frame), believed);
            if (different == 0) {
                return frame;
            }
            if (deadline.hasPassed()) {
                throw CommandFailure.failed(
                        "the client's picture: got " + different + " pixels that differ from the guest's, expected 0");
            }
        }
    }

    private static BufferedImage image(Frame frame) {
        BufferedImage image = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, frame.width(), frame.height(), frame.pixels(), 0, frame.width());
        return image;
    }

    // ---- what the guest is run with

    private static String makeImages(Path script) throws IOException, CommandFailure, InterruptedException {
        Process process = new ProcessBuilder(script.toString()).start();
        process.getOutputStream().close();
        StringBuilder lastWords = new StringBuilder();
        Thread progress = Thread.ofPlatform().daemon().start(() -> forward(process, lastWords));
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int status = process.waitFor();
        progress.join();
        if (status != 0) {
            throw CommandFailure.failed(script + ": got status " + status + ": " + lastWords);
        }
        return answer;
    }

    private static void forward(Process process, StringBuilder lastWords) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                DemoCommand.say("    " + line);
                lastWords.setLength(0);
                lastWords.append(line);
            }
        } catch (IOException e) {
            // It has ended.
        }
    }

    /** This machine's QEMU if it has vfio-user (10.1 and later), else the one among the images. */
    private List<String> findQemu() throws InterruptedException {
        try {
            Process process = new ProcessBuilder("qemu-system-x86_64", "-device", "help")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String devices = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0 && devices.contains("\"vfio-user-pci\"")) {
                return List.of("qemu-system-x86_64");
            }
        } catch (IOException e) {
            // There is none.
        }
        return List.of(home.resolve("guest").resolve("qemu").toString());
    }

    private static boolean probe(List<String> qemu, Path images) {
        DemoCommand.say("    trying KVM, " + PROBE_LIMIT.toSeconds() + " s at most");
        List<String> command = new ArrayList<>(qemu);
        command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"));
        command.addAll(List.of("-accel", "kvm", "-cpu", "host", "-m", "512", "-no-reboot", "-serial", "stdio"));
        command.addAll(List.of("-kernel", images.resolve("vmlinux-" + KERNEL).toString()));
        command.addAll(List.of("-initrd", images.resolve("initrd-" + KERNEL).toString()));
        command.addAll(List.of("-append", "console=ttyS0 panic=-1"));
        try (GuestQemu vm = GuestQemu.start(command, "Run /init", line -> {})) {
            return vm.awaitMarker(PROBE_LIMIT);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void milestone(String line) {
        for (String part :
                new String[] {"Linux version", "Run /init", "Initialized qxl", "frame buffer device", QemuOptions.READY
                }) {
            if (line.contains(part)) {
                DemoCommand.say("    guest: " + line.strip());
                return;
            }
        }
    }
}
