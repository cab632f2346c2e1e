package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.spiceshm.qxldevice.TestGuest.address;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommandRing;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;
import org.spiceshm.qxldevice.QxlDevice.Work;

/** The three rings: indices, knocking, interrupts, back pressure, lists of releases. */
class RingTest {
    @Test
    void countsOnPastTheLargestIndex() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            QxlCommandRing.PROD.set(guest.ram, guest.commands, -3);
            guest.device.doWork();
            List<Long> drawn = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                drawn.add(guest.fill());
                guest.draw(drawn.getLast());
                guest.device.doWork();
            }
            assertEquals(97, QxlCommandRing.CONS.get(guest.ram, guest.commands));
            assertEquals(1, guest.device.faults().total());
            assertEquals(100, guest.sink.published() - 3);
        }
    }

    @Test
    void takesWholeRingAtOnce() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            List<Long> drawn = fillRing(guest);
            assertEquals(Work.IDLE, guest.device.doWork());
            assertEquals(0, guest.device.faults().total());
            assertEquals(QxlCommandRing.PROD.get(guest.ram, guest.commands), consumed(guest));
            // Each was a batch of its own: the ring of seven free items holds seven, the last list the others.
            List<Long> released = guest.takeReleased();
            guest.device.ioWrite(QxlIo.FLUSH_RELEASE, 0);
            released.addAll(guest.takeReleased());
            assertEquals(drawn, released);
        }
    }

    @Test
    void asksToBeKnockedAtOnlyWhenEmpty() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            guest.device.doWork();
            assertTrue(guest.push(guest.commands, QxlCommandType.DRAW, address(guest.fill())));
            assertFalse(guest.push(guest.commands, QxlCommandType.DRAW, address(guest.fill())));
            guest.device.doWork();
            assertTrue(guest.push(guest.commands, QxlCommandType.DRAW, address(guest.fill())));
            assertTrue(guest.push(
                    guest.cursors, QxlCommandType.CURSOR, address(guest.cursorCommand(QxlFlags.CURSOR_HIDE))));
        }
    }

    @Test
    void interruptsWhenTheAwaitedItemIsTaken() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            fillRing(guest);
            QxlCommandRing.NOTIFY_ON_CONS.set(guest.ram, guest.commands, consumed(guest) + 1);
            QxlReleaseRing.NOTIFY_ON_PROD.set(guest.ram, guest.releases, -1);
            guest.takePending();
            guest.device.doWork();
            assertEquals(QxlInterrupt.DISPLAY, guest.takePending());

            QxlCommandRing.NOTIFY_ON_CONS.set(guest.ram, guest.cursors, 1);
            guest.push(guest.cursors, QxlCommandType.NOP, 0);
            guest.device.doWork();
            assertEquals(QxlInterrupt.CURSOR, guest.takePending());
        }
    }

    @Test
    void standsStillWhileTheSinkIsFullAndGoesOnAfterwards() throws IOException {
        try (TestGuest guest = new TestGuest(4)) {
            guest.boot();
            guest.sink.keep();
            List<Long> drawn = fillRing(guest);
            int before = consumed(guest);
            assertEquals(Work.BLOCKED, guest.device.doWork());
            assertEquals(before + 4, consumed(guest));
            assertEquals(Work.BLOCKED, guest.device.doWork());
            guest.sink.finishAll();
            assertEquals(drawn.subList(0, 4), guest.takeReleased());
            while (guest.device.doWork() != Work.IDLE) {}
            assertEquals(before + 32, consumed(guest));
        }
    }

    @Test
    void listsOneBatchUnderOneItem() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            QxlReleaseRing.NOTIFY_ON_PROD.set(guest.ram, guest.releases, produced(guest) + 1);
            guest.takePending();
            guest.sink.keep();
            List<Long> drawn = fillRing(guest);
            guest.device.doWork();
            guest.sink.finishAll();
            assertEquals(1, produced(guest));
            assertEquals(QxlInterrupt.DISPLAY, guest.takePending());
            for (int i = 0; i < drawn.size() - 1; i++) {
                assertEquals(drawn.get(i + 1), QxlReleaseInfo.ID.get(guest.ram, drawn.get(i)));
            }
            assertEquals(0, QxlReleaseInfo.ID.get(guest.ram, drawn.getLast()));
            assertEquals(drawn, guest.takeReleased());
        }
    }

    @Test
    void gathersReleasesWhileTheirRingIsFullAndLosesNone() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            List<Long> drawn = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                drawn.add(guest.fill());
                guest.draw(drawn.getLast());
                guest.device.doWork();
                assertTrue(produced(guest) <= 7, "one item stays free");
            }
            List<Long> released = guest.takeReleased();
            assertEquals(7, released.size());
            guest.device.ioWrite(QxlIo.NOTIFY_OOM, 0);
            released.addAll(guest.takeReleased());
            assertEquals(drawn, released);
        }
    }

    @Test
    void publishesNothingForConsumerIndexThatMakesNoSense() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            QxlReleaseRing.CONS.set(guest.ram, guest.releases, 77);
            long fill = guest.fill();
            guest.draw(fill);
            guest.device.doWork();
            assertEquals(0, produced(guest));
            QxlReleaseRing.CONS.set(guest.ram, guest.releases, 0);
            guest.device.ioWrite(QxlIo.FLUSH_RELEASE, 0);
            assertEquals(List.of(fill), guest.takeReleased());
        }
    }

    @Test
    void holdsCreatingCommandUntilItsSurfaceIsGone() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            long create = guest.surfaceCreate(3);
            guest.push(guest.commands, QxlCommandType.SURFACE, address(create));
            guest.device.doWork();
            assertEquals(List.of(), guest.takeReleased());
            long destroy = guest.surfaceCommand(3, QxlFlags.SURFACE_DESTROY);
            guest.push(guest.commands, QxlCommandType.SURFACE, address(destroy));
            guest.device.doWork();
            assertEquals(List.of(create, destroy), guest.takeReleased());
        }
    }

    @Test
    void givesBackCreatingCommandsWhenPortsDestroyTheirSurfaces() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            List<Long> created = new ArrayList<>();
            for (int surface = 1; surface < 16; surface++) {
                created.add(guest.surfaceCreate(surface));
                guest.push(guest.commands, QxlCommandType.SURFACE, address(created.getLast()));
            }
            guest.device.ioWrite(QxlIo.DESTROY_SURFACE_WAIT, 5);
            assertEquals(List.of(created.remove(4)), guest.takeReleased());
            guest.device.ioWrite(QxlIo.DESTROY_ALL_SURFACES, 0);
            assertEquals(created, guest.takeReleased());
            assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
            guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
            assertEquals(1, guest.device.faults().of(GuestFault.PRIMARY_ABSENT));
        }
    }

    @Test
    void resetForgetsWhatStandsInTheRings() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            QxlRam.INT_MASK.set(guest.ram, guest.header, -1);
            guest.push(guest.commands, QxlCommandType.SURFACE, address(guest.surfaceCreate(3)));
            guest.device.doWork();
            fillRing(guest);
            guest.level = true;
            guest.device.ioWrite(QxlIo.RESET, 0);
            assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
            assertFalse(guest.level);
            assertEquals(0, consumed(guest));
            assertEquals(0, QxlCommandRing.PROD.get(guest.ram, guest.commands));
            assertEquals(32, QxlCommandRing.NUM_ITEMS.get(guest.ram, guest.commands));
            assertEquals(1, QxlCommandRing.NOTIFY_ON_PROD.get(guest.ram, guest.commands));
            assertEquals(8, QxlReleaseRing.NUM_ITEMS.get(guest.ram, guest.releases));
            long before = guest.sink.published();
            assertEquals(Work.IDLE, guest.device.doWork());
            assertEquals(before, guest.sink.published());
            guest.boot();
            guest.assertLives();
            // Surface 3 is gone, and its creating command with it.
            guest.push(guest.commands, QxlCommandType.SURFACE, address(guest.surfaceCreate(3)));
            guest.device.ioWrite(QxlIo.DESTROY_SURFACE_WAIT, 3);
            assertEquals(1, guest.takeReleased().size());
            assertEquals(0, guest.device.faults().total());
        }
    }

    @Test
    void updateCommandAnswersInTheRom() throws IOException {
        try (TestGuest guest = TestGuest.booted()) {
            long update = guest.allocate(QxlUpdateCmd.STRUCT);
            QxlReleaseInfo.ID.set(guest.ram, update, update);
            guest.rect(QxlUpdateCmd.AREA.at(update), 1, 2, 3, 4);
            QxlUpdateCmd.UPDATE_ID.set(guest.ram, update, 4711);
            guest.takePending();
            guest.push(guest.commands, QxlCommandType.UPDATE, address(update));
            guest.device.doWork();
            assertEquals(4711, QxlRom.UPDATE_ID.get(guest.device.bar(2), 0));
            assertNotEquals(0, guest.takePending() & QxlInterrupt.DISPLAY);
            assertEquals(Collections.singletonList(update), guest.takeReleased());
        }
    }

    private static List<Long> fillRing(TestGuest guest) {
        List<Long> drawn = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            drawn.add(guest.fill());
            guest.draw(drawn.getLast());
        }
        return drawn;
    }

    private static int consumed(TestGuest guest) {
        return QxlCommandRing.CONS.get(guest.ram, guest.commands);
    }

    private static int produced(TestGuest guest) {
        return QxlReleaseRing.PROD.get(guest.ram, guest.releases);
    }
}
