package org.spiceshm.guestdriver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;

@Timeout(60)
class QxlDriverTest {
    private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(150);

    private final FakeHardware hardware = FakeHardware.small();
    private final List<Long> released = new ArrayList<>();

    @AfterEach
    void close() {
        hardware.close();
    }

    private QxlDriver driver(long timeoutNanos) {
        return new QxlDriver(hardware, timeoutNanos);
    }

    /** An UPDATE command: the smallest that is released. */
    private static long update(QxlDriver driver, int owner) {
        long address = driver.allocate(GuestMemory.RAM, QxlUpdateCmd.STRUCT.size());
        GuestMemory memory = driver.memory();
        memory.link(address, 0);
        QxlReleaseInfo.ID.set(memory.segment(address), memory.offset(address), QxlDriver.releaseId(address, owner));
        return address;
    }

    private int owner(QxlDriver driver) {
        return driver.addOwner(address -> {
            released.add(address);
            driver.memory().freeChain(address);
        });
    }

    @Test
    void placesBarsAndAddsSlots() {
        QxlDriver driver = driver(SHORT);
        assertTrue(hardware.barAddress(0) != 0 && hardware.barAddress(1) != 0 && hardware.barAddress(2) != 0);
        assertEquals(0, hardware.barAddress(0) % (1 << 20));
        assertEquals(0, hardware.barAddress(1) % (1 << 18));
        assertEquals(7, hardware.readConfig(4, 2));
        assertEquals(List.of("RESET"), hardware.ports);
        hardware.resolve(driver.primaryAddress(), 1 << 18);
        hardware.resolve(driver.memory().address(GuestMemory.VRAM, 0), 1 << 18);
    }

    @Test
    void refusesForeignRom() {
        QxlRom.MAGIC.set(hardware.rom, 0, 1);
        assertThrows(IllegalStateException.class, () -> driver(SHORT));
    }

    @Test
    void ringWrapsAndListsAreWalked() {
        hardware.releaseBatch = 10;
        QxlDriver driver = driver(SHORT);
        int owner = owner(driver);
        List<Long> pushed = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            long address = update(driver, owner);
            pushed.add(address);
            driver.push(QxlCommandType.UPDATE, address);
            driver.processReleases();
        }
        assertEquals(200, hardware.commandsRead);
        assertEquals(pushed, released);
        assertEquals(0, driver.memory().used());
        assertEquals(0, driver.outstanding());
    }

    @Test
    void knocksOnlyWhenAsked() {
        hardware.readsOnKnock = false;
        QxlDriver driver = driver(SHORT);
        for (int i = 0; i < 32; i++) {
            driver.push(QxlCommandType.NOP, 0);
        }
        assertEquals(1, hardware.knocks);
        hardware.work();
        driver.push(QxlCommandType.NOP, 0);
        assertEquals(2, hardware.knocks);
    }

    @Test
    void fullRingWaitsForTheDevice() throws InterruptedException {
        hardware.readsOnKnock = false;
        QxlDriver driver = driver(TimeUnit.SECONDS.toNanos(30));
        Thread device = new Thread(hardware::run, "device");
        device.start();
        int owner = owner(driver);
        for (int i = 0; i < 20_000; i++) {
            driver.push(QxlCommandType.UPDATE, update(driver, owner));
        }
        driver.awaitConsumed();
        device.interrupt();
        device.join();
        while (driver.outstanding() > 0) {
            hardware.release();
            assertTrue(driver.processReleases() > 0);
        }
        assertEquals(20_000, hardware.commandsRead);
        assertEquals(20_000, released.size());
        assertEquals(0, driver.missedInterrupts());
    }

    @Test
    void fullRingOfDeafDeviceTimesOut() {
        hardware.readsOnKnock = false;
        QxlDriver driver = driver(SHORT);
        for (int i = 0; i < 32; i++) {
            driver.push(QxlCommandType.NOP, 0);
        }
        DriverTimeoutException e = assertThrows(DriverTimeoutException.class, () -> driver.push(QxlCommandType.NOP, 0));
        assertTrue(String.valueOf(e.getMessage()).startsWith("cmd_ring: got 32 commands unread"), e::getMessage);
        assertThrows(DriverTimeoutException.class, driver::awaitConsumed);
    }

    @Test
    void cursorRingTimesOutByItself() {
        hardware.readsOnKnock = false;
        QxlDriver driver = driver(SHORT);
        int owner = owner(driver);
        for (int i = 0; i < 32; i++) {
            driver.pushCursor(update(driver, owner));
        }
        assertThrows(DriverTimeoutException.class, () -> driver.pushCursor(update(driver, owner)));
    }

    @Test
    void asyncPortTimesOut() {
        QxlDriver driver = driver(SHORT);
        hardware.answersAsync = false;
        assertThrows(DriverTimeoutException.class, () -> driver.outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0));
    }

    @Test
    void asyncPortIgnoresAnEarlierAnswer() {
        QxlDriver driver = driver(SHORT);
        hardware.raise(QxlInterrupt.IO_CMD);
        hardware.answersAsync = false;
        assertThrows(DriverTimeoutException.class, () -> driver.outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0));
    }

    @Test
    void outOfMemoryTellsTheDeviceAndGoesOn() {
        hardware.releaseBatch = Integer.MAX_VALUE;
        QxlDriver driver = driver(TimeUnit.SECONDS.toNanos(30));
        int owner = owner(driver);
        long fits = driver.memory().capacity(GuestMemory.RAM) / GuestMemory.GRANULE;
        for (int i = 0; i < fits + 10; i++) {
            driver.push(QxlCommandType.UPDATE, update(driver, owner));
        }
        assertTrue(driver.oomNotices() >= 1);
        assertTrue(hardware.ports.contains("OOM"));
        assertEquals(fits, released.size());
    }

    @Test
    void outOfMemoryForGoodIsLoud() {
        hardware.readsOnKnock = false;
        QxlDriver driver = driver(SHORT);
        long capacity = driver.memory().capacity(GuestMemory.RAM);
        driver.allocate(GuestMemory.RAM, capacity);
        // Nothing is outstanding, so nothing will come.
        assertThrows(DriverTimeoutException.class, () -> driver.allocate(GuestMemory.RAM, 1));
        assertThrows(DriverTimeoutException.class, () -> driver.allocate(GuestMemory.VRAM, 1 << 30));
    }

    @Test
    void waitingForReleasesTimesOut() {
        QxlDriver driver = driver(SHORT);
        long hide = driver.allocate(GuestMemory.RAM, QxlCursorCmd.STRUCT.size());
        GuestMemory memory = driver.memory();
        QxlReleaseInfo.ID.set(memory.segment(hide), memory.offset(hide), QxlDriver.releaseId(hide, owner(driver)));
        QxlCursorCmd.TYPE.set(memory.segment(hide), memory.offset(hide), QxlFlags.CURSOR_HIDE);
        // The device holds the pointer's last command.
        driver.pushCursor(hide);
        assertThrows(DriverTimeoutException.class, driver::awaitRelease);
        assertTrue(driver.oomNotices() > 1);
    }

    @Test
    void lostInterruptIsCountedAndSurvived() {
        QxlDriver driver = driver(TimeUnit.SECONDS.toNanos(30));
        hardware.raisesLine = false;
        driver.outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        assertEquals(1, driver.missedInterrupts());
    }

    @Test
    void errorInterruptsAreCounted() {
        QxlDriver driver = driver(SHORT);
        hardware.raise(QxlInterrupt.ERROR);
        driver.outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        assertEquals(1, driver.errors());
    }

    @Test
    void resetForgetsWhatIsInFlight() {
        hardware.releaseBatch = Integer.MAX_VALUE;
        QxlDriver driver = driver(SHORT);
        int owner = owner(driver);
        driver.push(QxlCommandType.UPDATE, update(driver, owner));
        driver.reset();
        assertEquals(0, driver.outstanding());
        assertEquals(0, driver.memory().used());
        driver.push(QxlCommandType.UPDATE, update(driver, owner));
        hardware.release();
        assertEquals(1, driver.processReleases());
    }

    @Test
    void refusesPrimaryThatIsTooLarge() {
        QxlDriver driver = driver(SHORT);
        IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> driver.createPrimary(1024, 768, 4096, 32, 0, 1, 0, 0, true));
        assertTrue(String.valueOf(e.getMessage()).contains("262144, the device's surface0 area"), e::getMessage);
    }
}
