package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.client.Frame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.GuestControl;

/**
 * Unmodified QEMU, unmodified Linux and unmodified X drivers draw into our card. Each scenario ends with a picture in a
 * client's shared memory that equals what the guest believes is on its screen, in every pixel.
 */
@Timeout(400)
final class RealGuestIT {
    private static final String OLD = "6.1";
    private static final String NEW = "6.12";

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
            machine.guest().output("animate kms 1024 768 100 /tmp/truth > /tmp/animate.out 2>&1 &");
            killed.kill();
            long before = Proc.descriptors(ProcessHandle.current().pid());
            for (int round = 0; round < 2; round++) {
                machine.qemu().kill();
                Await.until(Duration.ofSeconds(10), () -> !machine.isConnected(), () -> "the VM's end");
                Frame last = machine.capture();
                assertTrue(Picture.of(last).countOther(0) > 100_000, "the last picture stays");
                machine.bootAgain();
                machine.guest().output("echo 'the next machine' > /dev/tty1");
                machine.assertSameScreen(RealGuestIT::console);
                machine.guest().output("animate kms 1024 768 100 /tmp/truth > /tmp/animate.out 2>&1 &");
                machine.guest().output("sleep 1");
            }
            long after = Proc.descriptors(ProcessHandle.current().pid());
            assertTrue(after <= before + 2, "descriptors: got " + after + ", expected about " + before);
        }
    }

    @Test
    void theDriverIsUnloadedAndLoadedAgain() throws IOException {
        try (GuestMachine machine = GuestMachine.boot(QemuContainer.options(OLD))) {
            GuestControl guest = machine.guest();
            for (int round = 0; round < 3; round++) {
                guest.output(
                        "for v in /sys/class/vtconsole/*; do grep -q frame $v/name && echo 0 > $v/bind; done; rmmod qxl");
                guest.output(
                        "modprobe qxl; for v in /sys/class/vtconsole/*; do grep -q frame $v/name && echo 1 > $v/bind; done");
                guest.output("echo 0 > /sys/class/graphics/fbcon/cursor_blink; echo 'round " + round + "' > /dev/tty1");
                machine.assertSameScreen(RealGuestIT::console);
            }
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

    private static Picture console(GuestControl guest) throws IOException {
        String[] size = guest.text("cat /sys/class/graphics/fb0/virtual_size").split(",");
        assertEquals("32", guest.text("cat /sys/class/graphics/fb0/bits_per_pixel"));
        int width = Integer.parseInt(size[0]);
        int height = Integer.parseInt(size[1]);
        byte[] pixels = guest.output("head -c " + 4 * width * height + " /dev/fb0");
        return Picture.ofRaw(width, height, pixels, 0);
    }

    private static Picture root(GuestControl guest) throws IOException {
        return XwdPicture.of(guest.output("xwd -root -silent"));
    }
}
