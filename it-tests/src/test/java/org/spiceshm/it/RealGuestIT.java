package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.app.StampedFrames;
import org.spiceshm.app.XwdImage;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.TornPictureException;
import org.spiceshm.guestdriver.GuestControl;
import org.spiceshm.guestdriver.QemuOptions;

/**
 * Unmodified QEMU, unmodified Linux and unmodified X drivers draw into our card. Each scenario ends with a picture in a
 * client's shared memory that equals what the guest believes is on its screen, in every pixel.
 */
@Timeout(400)
final class RealGuestIT {
    private static final String OLD = "6.1";
    private static final String NEW = "6.12";

    private static final int SCANCODE_LEFT_SHIFT = 0x2a;
    private static final int SCANCODE_H = 0x23;
    private static final int SCANCODE_I = 0x17;
    private static final int SCANCODE_ENTER = 0x1c;

    @BeforeAll
    static void requireQemu() {
        QemuContainer.require();
    }

    @ParameterizedTest
    @ValueSource(strings = {OLD, NEW})
    void theBootLogIsOnTheConsole(String kernel) throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(kernel))) {
            assertTrue(machine.guest().text("uname -r").startsWith(kernel + "."));
            machine.guest().output("echo 'the quick brown fox' > /dev/tty1");
            Frame frame = machine.assertSameScreen(RealGuestIT::console);
            assertTrue(Picture.of(frame).countOther(0) > 10_000, "a console full of text");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"modesetting", "qxl"})
    void anXDesktopWithMovingWindows(String driver) throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD))) {
            GuestControl guest = machine.guest();
            assertTrue(guest.text("start-x " + driver).contains('"' + driver + '"'));
            guest.output("work-x 100");
            machine.assertSameScreen(RealGuestIT::root);

            StampedFrames stamps = new StampedFrames(guest.clock());
            try (SpiceClient watching = machine.connect(stamps)) {
                stamps.watch(watching.display());
                guest.output("(work-x 300 > /tmp/work.out 2>&1; touch /tmp/work.done) &");
                String drawn = guest.text("animate x11 64 50 8");
                machine.guest().output("while [ ! -e /tmp/work.done ]; do sleep 0.1; done");
                GuestMachine.report("X desktop, " + driver + " driver, TCG: 64x64 window drawn 50/s (" + drawn
                        + " s) while windows move: " + stamps.summary());
                assertTrue(stamps.count() > 50, stamps::summary);
            }
            machine.assertSameScreen(RealGuestIT::root);
        }
    }

    @Test
    void xrandrResizesTwice() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(NEW))) {
            GuestControl guest = machine.guest();
            guest.output("start-x modesetting");
            for (String size : new String[] {"1280x1024", "800x600"}) {
                guest.output("xrandr --output Virtual-1 --mode " + size);
                guest.output("work-x 10");
                Frame frame = machine.assertSameScreen(RealGuestIT::root);
                assertEquals(size, frame.width() + "x" + frame.height());
            }
        }
    }

    @Test
    void aRebootedGuestDrawsAgain() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(NEW))) {
            machine.guest().output("start-x modesetting");
            machine.guest().output("xrandr --output Virtual-1 --mode 1280x1024");
            machine.guest().output("(work-x 1000; true) > /tmp/work.out 2>&1 &");
            // In the middle of its drawing.
            machine.guest().output("(sleep 1; echo b > /proc/sysrq-trigger) &");
            machine.awaitReboot(2);
            machine.guest().output("echo 'after the reboot' > /dev/tty1");
            Frame frame = machine.assertSameScreen(RealGuestIT::console);
            assertEquals("1024x768", frame.width() + "x" + frame.height());
            assertTrue(machine.isConnected());
        }
    }

    /** Not loaded again: Debian's drivers never give their interrupt back, and the next one's is then fatal (docs/qemu.md). */
    @Test
    void anUnloadedDriverLeavesTheGuestAliveAndDrawsAfterAReboot() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD))) {
            GuestControl guest = machine.guest();
            guest.output("for c in /sys/class/vtconsole/vtcon*; do echo 0 > $c/bind; done; rmmod qxl");
            assertEquals("0", guest.text("grep -c '^qxl ' /proc/modules; true"));
            // A client that comes and goes would be told to the driver, were there one.
            machine.connect(DisplayListener.NONE).close();
            assertEquals("alive", guest.text("echo alive"));
            guest.output("(sleep 1; echo b > /proc/sysrq-trigger) &");
            machine.awaitReboot(2);
            machine.guest().output("echo 'loaded once more' > /dev/tty1");
            machine.assertSameScreen(RealGuestIT::console);
        }
    }

    @Test
    void aFullScreenAnimation() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD))) {
            GuestControl guest = machine.guest();
            for (String size : new String[] {"1024 768", "1920 1080"}) {
                StampedFrames stamps = new StampedFrames(guest.clock());
                try (SpiceClient watching = machine.connect(stamps)) {
                    stamps.watch(watching.display());
                    guest.output("rm -f /tmp/truth; animate kms " + size + " 6 /tmp/truth > /tmp/animate.out 2>&1 &");
                    String[] drawn = guest.text(
                                    "while ! grep -q . /tmp/animate.out; do sleep 0.2; done; cat /tmp/animate.out")
                            .split(" ");
                    double rate = Integer.parseInt(drawn[0]) / Double.parseDouble(drawn[1]);
                    GuestMachine.report(String.format(
                            Locale.ROOT,
                            "full screen %s, KMS dumb buffer, TCG: %.1f frames/s drawn; %s",
                            size.replace(' ', 'x'),
                            rate,
                            stamps.summary()));
                    int width = Integer.parseInt(size.split(" ")[0]);
                    int height = Integer.parseInt(size.split(" ")[1]);
                    machine.assertSameScreen(each -> Picture.ofRaw(width, height, each.output("cat /tmp/truth"), 0));
                    assertTrue(stamps.count() > 20, stamps::summary);
                }
                guest.output("pkill animate; true");
            }
        }
    }

    @Test
    void aKilledQemuLeavesItsPictureAndItsSuccessorDraws() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD));
                Program killed = machine.watcher()) {
            killed.awaitOutput("{");
            killed.kill();
            long before = Proc.descriptors(ProcessHandle.current().pid());
            for (int round = 0; round < 2; round++) {
                // Killed while it draws.
                machine.guest().output("animate kms 1024 768 100 /tmp/truth > /tmp/animate.out 2>&1 &");
                Await.until(Duration.ofSeconds(20), () -> others(machine) > 700_000, () -> "a full-screen animation");
                machine.qemu().kill();
                Await.until(Duration.ofSeconds(10), () -> !machine.isConnected(), () -> "the VM's end");
                assertTrue(others(machine) > 700_000, "the last picture stays");
                machine.bootAgain();
                machine.guest().output("echo 'the next machine' > /dev/tty1");
                machine.assertSameScreen(RealGuestIT::console);
            }
            long after = Proc.descriptors(ProcessHandle.current().pid());
            assertTrue(after <= before + 2, "descriptors: got " + after + ", expected about " + before);
        }
    }

    /** All devices are suspended as for S3, and resumed five seconds later; QEMU cannot wake a guest it has booted itself. */
    @ParameterizedTest
    @ValueSource(strings = {OLD, NEW})
    void theGuestSuspendsAndResumes(String kernel) throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(kernel))) {
            GuestControl guest = machine.guest();
            guest.output("echo devices > /sys/power/pm_test; echo mem > /sys/power/state");
            guest.output("echo 'awake again' > /dev/tty1");
            machine.assertSameScreen(RealGuestIT::console);
        }
    }

    @Test
    void keysPointerClipboardAndSizeReachTheGuest() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD).withAgent())) {
            GuestControl guest = machine.guest();
            guest.output("start-x modesetting");
            guest.output("start-agent");
            try (SpiceClient client = machine.connectWithAgent()) {
                Deadline deadline = Deadline.in(Duration.ofMinutes(1));
                client.awaitMouseMode(SpiceClient.MOUSE_MODE_CLIENT, deadline);
                client.inputs().pointTo(300, 200);
                awaitText(guest, "xdotool getmouselocation", "x:300 y:200");

                guest.output("xterm -geometry 80x24+100+100 -e sh -c 'read line; echo $line > /tmp/typed' &");
                guest.output("xdotool search --sync --onlyvisible --class xterm");
                client.inputs().press(SCANCODE_LEFT_SHIFT, SCANCODE_H);
                client.inputs().press(SCANCODE_I);
                client.inputs().press(SCANCODE_ENTER);
                awaitText(guest, "cat /tmp/typed", "Hi");

                client.agent().awaitConnected(deadline);
                client.agent().sendClipboardText("from the client");
                awaitText(guest, "timeout 2 xclip -o -selection clipboard", "from the client");
                guest.output("(echo -n 'from the guest' | xclip -i -selection clipboard) > /dev/null 2>&1 &");
                assertEquals("from the guest", client.agent().awaitClipboardText(deadline));

                // A size that no list has: the agent tells X, and the card's own interrupt tells the kernel's driver.
                client.agent().resize(1000, 700, deadline);
                awaitText(guest, "xrandr | head -n 1", "current 1000 x 700");
                awaitText(guest, "cat /sys/class/drm/card0-Virtual-1/modes", "1000x700");
                Frame frame = machine.assertSameScreen(RealGuestIT::root);
                assertEquals("1000x700", frame.width() + "x" + frame.height());
            }
        }
    }

    /** How many pixels are not black. */
    private static int others(GuestMachine machine) {
        try {
            return Picture.of(machine.capture()).countOther(0);
        } catch (TornPictureException e) {
            // It draws without rest.
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitText(GuestControl guest, String command, String part) {
        AtomicReference<String> last = new AtomicReference<>("");
        Await.until(
                Duration.ofSeconds(20),
                () -> {
                    try {
                        last.set(new String(guest.run(command).output(), StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return last.get().contains(part);
                },
                () -> command + ": got '" + last.get() + "', expected '" + part + "'");
    }

    /** The command line as the card: a stranger's way. */
    @Test
    void aCardProcessThatIsKilledLeavesItsVmRunning(@TempDir Path directory) throws IOException {
        Path sockets = Files.createTempDirectory("spiceshm");
        String display = "spice+unix://" + sockets.resolve("display.sock");
        try (Program card = Program.spiceshm(
                "serve",
                "--vfio-user",
                sockets.resolve(QemuOptions.VFIO_USER).toString(),
                "--qtest",
                sockets.resolve(QemuOptions.QTEST).toString(),
                "--qmp",
                sockets.resolve(QemuOptions.QMP).toString(),
                "--listen",
                display)) {
            card.awaitOutput("ready");
            try (QemuContainer qemu = QemuContainer.boot(sockets, QemuContainer.options(NEW));
                    GuestControl guest = GuestControl.connect(sockets.resolve(QemuOptions.CONTROL))) {
                Path shot = directory.resolve("shot.png");
                Program.Result result = Program.run("shot", display, shot.toString(), "--wait-stable", "300");
                assertEquals(0, result.status(), result::toString);
                Picture.assertSame(console(guest), Picture.ofPng(shot), "the guest's console and the shot");
                card.kill();
                assertEquals("alive", guest.text("echo alive"));
                assertTrue(qemu.isRunning());
            }
        } finally {
            GuestMachine.deleteAll(sockets);
        }
    }

    private static Picture console(GuestControl guest) throws IOException {
        String[] size = guest.text("cat /sys/class/graphics/fb0/virtual_size").split(",");
        assertEquals("32", guest.text("cat /sys/class/graphics/fb0/bits_per_pixel"));
        int width = Integer.parseInt(size[0]);
        int height = Integer.parseInt(size[1]);
        byte[] pixels = guest.output("head -c " + 4 * width * height + " /dev/fb0");
        return Picture.ofRaw(width, height, pixels, 0);
    }

    private static Picture root(GuestControl guest) throws IOException {
        return Picture.of(XwdImage.of(guest.output("xwd -root -silent")));
    }
}
