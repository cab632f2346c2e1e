package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;

/** A device as a machine's first card: what its VGA shows is told as a primary and as drawables, in virtual time. */
class VgaModeTest {
    private static final int WIDTH = 160;
    private static final int HEIGHT = 100;
    private static final int PERIOD = 30_000_000;

    private TestGuest guest;
    private long now;

    @BeforeEach
    void powerOn() throws IOException {
        guest = new TestGuest(64, TestGuest.SIZES.withVga(true));
        now = System.nanoTime();
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void dispi(int register, int value) {
        guest.device.vgaWrite(0x1ce, 2, register);
        guest.device.vgaWrite(0x1cf, 2, value);
    }

    private int dispi(int register) {
        guest.device.vgaWrite(0x1ce, 2, register);
        return guest.device.vgaRead(0x1cf, 2);
    }

    private void setMode(int width, int height, int bits) {
        dispi(VgaRegisters.ENABLE, 0);
        dispi(VgaRegisters.X_RESOLUTION, width);
        dispi(VgaRegisters.Y_RESOLUTION, height);
        dispi(VgaRegisters.BITS_PER_PIXEL, bits);
        dispi(VgaRegisters.ENABLE, VgaRegisters.ENABLED);
        guest.device.vgaRead(0x3da, 1);
        guest.device.vgaRead(0x3ba, 1);
        guest.device.vgaWrite(0x3c0, 1, 0x20);
    }

    /** What the next look publishes. */
    private long look() {
        long before = guest.sink.published();
        now += PERIOD;
        guest.device.refresh(now);
        return guest.sink.published() - before;
    }

    private void show() {
        setMode(WIDTH, HEIGHT, 32);
        look();
        assertEquals(Kind.PRIMARY_CREATE, guest.sink.last().kind);
    }

    // ---- modes of the device

    @Test
    void startsAsAVgaAndShowsNothingUntilAModeIsSet() {
        assertEquals(DeviceMode.VGA, guest.device.mode());
        assertEquals(0x0300, guest.device.config().read(0x0a, 2));
        assertEquals(0, look());
        show();
        CommandSlot slot = guest.sink.last();
        assertEquals(WIDTH, QxlSurfaceCreate.WIDTH.get(slot.snapshot(), 0));
        assertEquals(HEIGHT, QxlSurfaceCreate.HEIGHT.get(slot.snapshot(), 0));
        assertEquals(TestGuest.SURFACE_32, QxlSurfaceCreate.FORMAT.get(slot.snapshot(), 0));
        assertEquals(QxlFlags.SURFACE_KEEP_DATA, QxlSurfaceCreate.FLAGS.get(slot.snapshot(), 0));
    }

    @Test
    void aSecondaryCardHasNoVga() throws IOException {
        try (TestGuest secondary = new TestGuest()) {
            assertEquals(DeviceMode.UNDEFINED, secondary.device.mode());
            assertEquals(0x0380, secondary.device.config().read(0x0a, 2));
            secondary.device.vgaWrite(0x1ce, 2, 0);
            assertEquals(0xffff, secondary.device.vgaRead(0x1cf, 2));
            assertEquals(Long.MAX_VALUE, secondary.device.refresh(now));
        }
    }

    @Test
    void createPrimaryLeavesVgaAndResetComesBack() {
        show();
        guest.boot();
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
        guest.assertLives();
        assertEquals(0, guest.device.faults().total(), guest.device.faults().toString());
        assertEquals(0, look(), "the memory is not looked at in native mode");
        dispi(VgaRegisters.X_RESOLUTION, 320);
        assertEquals(DeviceMode.NATIVE, guest.device.mode(), "as of revision 5");

        guest.device.ioWrite(QxlIo.RESET, 0);
        assertEquals(DeviceMode.VGA, guest.device.mode());
        assertEquals(1, look());
        assertEquals(Kind.PRIMARY_CREATE, guest.sink.last().kind);
        assertEquals(320, QxlSurfaceCreate.WIDTH.get(guest.sink.last().snapshot(), 0));

        guest.device.powerOnReset();
        assertEquals(0, look(), "no mode is set");
    }

    @Test
    void destroyingThePrimaryDoesNotComeBackToVga() {
        guest.boot();
        guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
        assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
        setMode(WIDTH, HEIGHT, 32);
        assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
        assertEquals(0, look());
    }

    @Test
    void compatModeLeavesVga() {
        show();
        guest.device.ioWrite(QxlIo.SET_MODE, 1);
        assertEquals(DeviceMode.COMPAT, guest.device.mode());
        assertEquals(0, look());
    }

    @Test
    void portsOfNativeModeDoNotActAndAsynchronousOnesRaiseTheirInterrupt() {
        int refused = 0;
        for (int port = 0; port < QxlIo.RANGE_SIZE; port++) {
            switch (port) {
                case QxlIo.RESET,
                        QxlIo.SET_MODE,
                        QxlIo.LOG,
                        QxlIo.UPDATE_IRQ,
                        QxlIo.NOTIFY_CMD,
                        QxlIo.NOTIFY_CURSOR,
                        QxlIo.MEMSLOT_ADD,
                        QxlIo.MEMSLOT_DEL,
                        QxlIo.MEMSLOT_ADD_ASYNC,
                        QxlIo.CREATE_PRIMARY,
                        QxlIo.CREATE_PRIMARY_ASYNC,
                        QxlIo.ATTACH_PRIMARY,
                        QxlIo.DETACH_PRIMARY -> {}
                default -> {
                    guest.takePending();
                    guest.device.ioWrite(port, 0);
                    refused++;
                    boolean asynchronous = port >= QxlIo.UPDATE_AREA_ASYNC && port != QxlIo.FLUSH_RELEASE;
                    assertEquals(asynchronous, (guest.takePending() & QxlInterrupt.IO_CMD) != 0, "port " + port);
                    assertEquals(DeviceMode.VGA, guest.device.mode());
                }
            }
        }
        assertEquals(refused, guest.device.faults().of(GuestFault.PORT_IN_WRONG_MODE));
        assertEquals(refused, guest.device.faults().total());
    }

    @Test
    void theRingsAreNotReadInVgaMode() {
        guest.addSlot(1, TestGuest.RAM_BUS_ADDRESS, TestGuest.RAM_BUS_ADDRESS + guest.header);
        long before = guest.sink.published();
        guest.draw(guest.fill());
        guest.device.ioWrite(QxlIo.NOTIFY_CMD, 0);
        guest.device.doWork();
        assertEquals(before, guest.sink.published());
    }

    // ---- what has changed

    @Test
    void anUnchangedPictureIsNotToldAndNotLookedAtBeforeItsTime() {
        show();
        assertEquals(0, look());
        paint(0, 0, 1, 1);
        long before = guest.sink.published();
        assertEquals(PERIOD - 1, guest.device.refresh(now + 1));
        assertEquals(before, guest.sink.published());
        assertEquals(1, look());
        assertEquals(0, look());
    }

    @Test
    void changesAreToldInColumnsOfThirtyTwoPixels() {
        show();
        paint(3, 33, 7, 34);
        assertEquals(List.of(List.of(3, 32, 7, 64)), lookForRects());
        paint(0, 0, 1, WIDTH);
        assertEquals(List.of(List.of(0, 0, 1, WIDTH)), lookForRects());
        paint(10, 0, 12, 1);
        paint(11, 70, 14, 71);
        assertEquals(List.of(List.of(10, 0, 12, 32), List.of(11, 64, 14, 96)), lookForRects());
        paint(HEIGHT - 1, WIDTH - 1, HEIGHT, WIDTH);
        assertEquals(List.of(List.of(HEIGHT - 1, 128, HEIGHT, WIDTH)), lookForRects());
    }

    @Test
    void tooManyChangesAreToldAsOne() {
        show();
        for (int y = 1; y < HEIGHT - 1; y += 2) {
            for (int x = 0; x < WIDTH; x += 64) {
                paint(y, x, y + 1, x + 1);
            }
        }
        assertEquals(List.of(List.of(1, 0, HEIGHT - 2, WIDTH)), lookForRects());
        assertEquals(0, look());
    }

    @Test
    void withoutRoomInTheSinkAChangeIsToldLater() throws IOException {
        show();
        guest.sink.keep();
        paint(0, 0, 1, 1);
        for (int i = 0; i < 64; i++) {
            look();
            paint(0, 0, 1, 1);
        }
        assertEquals(0, look());
        guest.sink.finishAll();
        assertEquals(1, look());
    }

    private int paints;

    /** Changes every pixel of a box. */
    private void paint(int top, int left, int bottom, int right) {
        paints++;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                guest.ram.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * (WIDTH * y + x), paints);
            }
        }
    }

    private List<List<Integer>> lookForRects() {
        assertEquals(1, look());
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(Kind.DRAW, slot.kind);
        List<List<Integer>> rects = new ArrayList<>();
        for (int i = 0; i < slot.clipCount; i++) {
            long at = slot.clipOffset + i * QxlRect.STRUCT.size();
            rects.add(List.of(
                    QxlRect.TOP.get(slot.snapshot(), at),
                    QxlRect.LEFT.get(slot.snapshot(), at),
                    QxlRect.BOTTOM.get(slot.snapshot(), at),
                    QxlRect.RIGHT.get(slot.snapshot(), at)));
        }
        return rects;
    }

    @Test
    void lookingAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int bits : new int[] {8, 15, 16, 24, 32}) {
            setMode(WIDTH, HEIGHT, bits);
            look(20_000);
            long before = threads.getCurrentThreadAllocatedBytes();
            look(20_000);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(bytes < 20_000, bits + " bits: got " + bytes + " bytes for 20000 looks");
        }
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            guest.ram.set(ValueLayout.JAVA_BYTE, i % WIDTH, (byte) (i / WIDTH));
            now += PERIOD;
            guest.device.refresh(now);
        }
    }

    // ---- registers that lie

    @Test
    void dispiTellsWhatItIsAndWhatItCan() {
        assertEquals(0xb0c5, dispi(VgaRegisters.ID));
        dispi(VgaRegisters.ID, 0xb0c0);
        assertEquals(0xb0c0, dispi(VgaRegisters.ID));
        dispi(VgaRegisters.ID, 0x1234);
        assertEquals(0xb0c0, dispi(VgaRegisters.ID));
        assertEquals(128, dispi(VgaRegisters.MEMORY_64K));
        dispi(VgaRegisters.ENABLE, VgaRegisters.GET_CAPABILITIES);
        assertEquals(16000, dispi(VgaRegisters.X_RESOLUTION));
        assertEquals(12000, dispi(VgaRegisters.Y_RESOLUTION));
        assertEquals(32, dispi(VgaRegisters.BITS_PER_PIXEL));
        assertEquals(0, dispi(1000));
    }

    @Test
    void aPictureThatExceedsTheMemoryIsMadeLower() {
        setMode(2048, 2000, 32);
        assertEquals(2048, dispi(VgaRegisters.X_RESOLUTION));
        assertEquals(1024, dispi(VgaRegisters.Y_RESOLUTION));
        setMode(0xffff, 0xffff, 32);
        assertEquals(16000, dispi(VgaRegisters.X_RESOLUTION));
        assertEquals((8 << 20) / 64000, dispi(VgaRegisters.Y_RESOLUTION));
        look();
        assertNull(guest.sink.last().fault);
    }

    @Test
    void offsetsBeyondTheMemoryAreTakenBack() {
        setMode(1024, 1024, 32);
        dispi(VgaRegisters.Y_OFFSET, 1025);
        assertEquals(0, dispi(VgaRegisters.Y_OFFSET));
        dispi(VgaRegisters.Y_OFFSET, 1024);
        assertEquals(1024, dispi(VgaRegisters.Y_OFFSET));
        dispi(VgaRegisters.X_OFFSET, 8);
        assertEquals(0, dispi(VgaRegisters.Y_OFFSET));
        assertEquals(8, dispi(VgaRegisters.X_OFFSET));
        dispi(VgaRegisters.X_OFFSET, 0xffff);
        assertEquals(0xffff, dispi(VgaRegisters.X_OFFSET), "65535 pixels are less than the memory");
        look();
        setMode(2048, 1024, 32);
        dispi(VgaRegisters.X_OFFSET, 1);
        assertEquals(0, dispi(VgaRegisters.X_OFFSET));
    }

    @Test
    void depthsThatDoNotExistBecomeEightBits() {
        for (int bits : new int[] {0, 1, 7, 17, 64, 0xffff}) {
            setMode(WIDTH, HEIGHT, bits);
            assertEquals(8, dispi(VgaRegisters.BITS_PER_PIXEL));
        }
    }

    @Test
    void survivesAnyPortWritesAtRandom() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        try {
            int looks = 0;
            while (System.nanoTime() < deadline && looks < 2000) {
                for (int i = random.nextInt(60); i > 0; i--) {
                    writeAtRandom(random);
                }
                guest.ram.set(ValueLayout.JAVA_INT_UNALIGNED, random.nextLong(8 << 20), random.nextInt());
                look();
                looks++;
                assertEquals(
                        0, guest.device.faults().total(), guest.device.faults().toString());
            }
            assertTrue(looks > 10, "looks");
        } catch (RuntimeException | AssertionError e) {
            fail("seed " + seed, e);
        }
    }

    private void writeAtRandom(SplittableRandom random) {
        int width = random.nextInt(8) == 0 ? random.nextInt(-1, 6) : 1;
        int value = random.nextInt();
        switch (random.nextInt(8)) {
            case 0 -> dispi(random.nextInt(12), random.nextInt(1 << random.nextInt(1, 17)));
            case 1 -> dispi(VgaRegisters.ENABLE, random.nextInt(4) == 0 ? 0 : VgaRegisters.ENABLED | (value & 0xe0));
            case 2 -> guest.device.vgaWrite(0x3c0, 1, random.nextBoolean() ? 0x20 : value);
            case 3 -> guest.device.vgaRead(random.nextInt(0x3b0, 0x3e0), width);
            case 4 -> guest.device.vgaWrite(0x3d4, 2, value);
            case 5 -> guest.device.vgaWrite(random.nextInt(), width, value);
            default -> guest.device.vgaWrite(random.nextInt(0x3b0, 0x3e0), width, value);
        }
    }
}
