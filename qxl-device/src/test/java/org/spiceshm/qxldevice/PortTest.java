package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.spiceshm.qxldevice.TestGuest.address;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlHead;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMonitorsConfig;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;

/** BAR 3: what each port does, how it answers, and that it answers when it does nothing. */
class PortTest {
    private TestGuest guest;

    @BeforeEach
    void boot() throws IOException {
        guest = TestGuest.booted();
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @Test
    void readsAllOnes() {
        assertEquals(0xff, guest.device.ioRead());
    }

    @Test
    void countsUnknownPorts() {
        for (int port : new int[] {25, 31, 32, -1, Integer.MAX_VALUE}) {
            guest.device.ioWrite(port, 0);
        }
        assertEquals(5, guest.device.faults().of(GuestFault.PORT_UNKNOWN));
        guest.assertLives();
    }

    @Test
    void doesNotAttachAndDetachAsNoDeviceDoes() {
        guest.device.ioWrite(QxlIo.ATTACH_PRIMARY, 0);
        guest.device.ioWrite(QxlIo.DETACH_PRIMARY, 0);
        assertEquals(2, guest.device.faults().of(GuestFault.PORT_UNKNOWN));
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
    }

    @Test
    void readsTheRingsWhenKnockedAt() {
        guest.draw(guest.fill());
        guest.device.ioWrite(QxlIo.NOTIFY_CMD, 0);
        assertEquals(Kind.DRAW, guest.sink.last().kind);
        guest.push(guest.cursors, QxlCommandType.CURSOR, address(guest.cursorSet()));
        guest.device.ioWrite(QxlIo.NOTIFY_CURSOR, 0);
        assertEquals(Kind.CURSOR, guest.sink.last().kind);
    }

    @Test
    void drivesThePinByPendingAndMask() {
        guest.device.ioWrite(QxlIo.UPDATE_IRQ, 0);
        assertFalse(guest.level);
        QxlRam.INT_PENDING.set(guest.ram, guest.header, QxlInterrupt.IO_CMD);
        guest.device.ioWrite(QxlIo.UPDATE_IRQ, 0);
        assertFalse(guest.level, "masked");
        QxlRam.INT_MASK.set(guest.ram, guest.header, QxlInterrupt.IO_CMD);
        guest.device.ioWrite(QxlIo.UPDATE_IRQ, 0);
        assertTrue(guest.level);
        guest.device.config().write(0x04, 2, 0x0400);
        guest.device.ioWrite(QxlIo.UPDATE_IRQ, 0);
        assertFalse(guest.level, "disabled in PCI configuration space");
    }

    @Test
    void toleratesLogWithoutEnd() {
        long at = QxlRam.LOG_BUF.at(guest.header);
        guest.ram.asSlice(at, QxlRam.LOG_BUF.length()).fill((byte) 0xff);
        guest.device.ioWrite(QxlIo.LOG, 0);
        byte[] text = "hello\n".getBytes(StandardCharsets.US_ASCII);
        guest.ram.asSlice(at, text.length).copyFrom(MemorySegment.ofArray(text));
        guest.device.ioWrite(QxlIo.LOG, 0);
        assertEquals(0, guest.device.faults().total());
    }

    // ---- asynchronous ports

    @Test
    void raisesIoCmdAfterEveryAsynchronousPort() {
        guest.describeUpdate(0, 0, 0, 10, 10);
        assertAsync(QxlIo.UPDATE_AREA_ASYNC, 0, Kind.UPDATE_AREA);
        guest.describeSlot(TestGuest.RAM_BUS_ADDRESS, TestGuest.RAM_BUS_ADDRESS + 4096);
        assertAsync(QxlIo.MEMSLOT_ADD_ASYNC, 3, Kind.MEMORY_SLOT);
        guest.push(guest.commands, QxlCommandType.SURFACE, address(guest.surfaceCreate(2)));
        assertAsync(QxlIo.DESTROY_SURFACE_ASYNC, 2, Kind.SURFACE_DESTROY);
        assertAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0, Kind.FLUSH_SURFACES);
        describeMonitors(1, 1);
        assertAsync(QxlIo.MONITORS_CONFIG_ASYNC, 0, Kind.MONITORS_CONFIG);
        assertAsync(QxlIo.DESTROY_PRIMARY_ASYNC, 0, Kind.PRIMARY_DESTROY);
        assertAsync(QxlIo.CREATE_PRIMARY_ASYNC, 0, Kind.PRIMARY_CREATE);
        assertAsync(QxlIo.DESTROY_ALL_SURFACES_ASYNC, 0, Kind.DESTROY_ALL_SURFACES);
        assertEquals(0, guest.device.faults().total());
    }

    @Test
    void raisesIoCmdAfterEveryAsynchronousPortThatFails() {
        guest.describeUpdate(9, 0, 0, 10, 10);
        assertFails(QxlIo.UPDATE_AREA_ASYNC, 0, GuestFault.SURFACE_ABSENT);
        guest.describeUpdate(0, 0, 0, 0, 10);
        assertFails(QxlIo.UPDATE_AREA_ASYNC, 0, GuestFault.UPDATE_AREA_INVALID);
        assertFails(QxlIo.MEMSLOT_ADD_ASYNC, 1, GuestFault.MEMSLOT_ALREADY_ACTIVE);
        assertFails(QxlIo.DESTROY_SURFACE_ASYNC, 2, GuestFault.SURFACE_ABSENT);
        assertFails(QxlIo.DESTROY_SURFACE_ASYNC, 0, GuestFault.SURFACE_ID_OUT_OF_RANGE);
        assertFails(QxlIo.DESTROY_SURFACE_ASYNC, 255, GuestFault.SURFACE_ID_OUT_OF_RANGE);
        assertFails(QxlIo.MONITORS_CONFIG_ASYNC, 0, GuestFault.SLOT_ID_OUT_OF_RANGE);
        assertFails(QxlIo.CREATE_PRIMARY_ASYNC, 1, GuestFault.SURFACE_ID_OUT_OF_RANGE);
        assertFails(QxlIo.DESTROY_PRIMARY_ASYNC, 1, GuestFault.SURFACE_ID_OUT_OF_RANGE);
        guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
        assertFails(QxlIo.DESTROY_PRIMARY_ASYNC, 0, GuestFault.PRIMARY_ABSENT);
        guest.describePrimary(64, 64, 252, TestGuest.SURFACE_32);
        assertFails(QxlIo.CREATE_PRIMARY_ASYNC, 0, GuestFault.SURFACE_STRIDE_INVALID);
    }

    @Test
    void refusesSecondAsynchronousPortWhileOneIsAtWork() {
        guest.takePending();
        guest.sink.keep();
        guest.device.ioWrite(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        guest.device.ioWrite(QxlIo.DESTROY_ALL_SURFACES_ASYNC, 0);
        assertEquals(1, guest.device.faults().of(GuestFault.ASYNC_WHILE_PENDING));
        assertEquals(QxlInterrupt.ERROR, guest.takePending());
        assertEquals(DeviceMode.NATIVE, guest.device.mode(), "the second had no effect");
        guest.sink.finishAll();
        assertEquals(QxlInterrupt.IO_CMD, guest.takePending());
        assertAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0, Kind.FLUSH_SURFACES);
        guest.assertLives();
    }

    private void assertAsync(int port, int value, Kind kind) {
        guest.takePending();
        guest.device.ioWrite(port, value);
        assertEquals(kind, guest.sink.last().kind);
        assertNull(guest.sink.last().fault);
        assertEquals(CommandSlot.Completion.ASYNC, guest.sink.last().completion);
        assertTrue((guest.takePending() & QxlInterrupt.IO_CMD) != 0, "IO_CMD");
    }

    private void assertFails(int port, int value, GuestFault fault) {
        long before = guest.device.faults().of(fault);
        guest.takePending();
        guest.device.ioWrite(port, value);
        assertEquals(
                before + 1,
                guest.device.faults().of(fault),
                guest.device.faults().toString());
        int expected = QxlInterrupt.IO_CMD | (before == 0 ? QxlInterrupt.ERROR : 0);
        assertEquals(expected, guest.takePending(), "ERROR once, IO_CMD always");
    }

    // ---- update area

    @Test
    void takesAllCommandsBeforeItUpdatesAnArea() {
        long before = guest.sink.published();
        guest.draw(guest.fill());
        guest.draw(guest.fill());
        guest.describeUpdate(0, 10, 20, 1000, 1000);
        guest.device.ioWrite(QxlIo.UPDATE_AREA, 0);
        CommandSlot slot = guest.sink.last();
        assertEquals(before + 3, guest.sink.published());
        assertEquals(Kind.UPDATE_AREA, slot.kind);
        assertEquals(10, slot.boxTop);
        assertEquals(20, slot.boxLeft);
        assertEquals(TestGuest.SIDE, slot.boxBottom);
        assertEquals(TestGuest.SIDE, slot.boxRight);
    }

    @Test
    void cve20155260RejectsUpdateOfSurfaceOutOfRange() {
        guest.describeUpdate(16, 0, 0, 1, 1);
        guest.device.ioWrite(QxlIo.UPDATE_AREA, 0);
        guest.describeUpdate(-1, 0, 0, 1, 1);
        guest.device.ioWrite(QxlIo.UPDATE_AREA, 0);
        assertEquals(2, guest.device.faults().of(GuestFault.SURFACE_ID_OUT_OF_RANGE));
    }

    @Test
    void rejectsUpdateAreasThatAreNone() {
        int[][] areas = {{-1, 0, 5, 5}, {0, -1, 5, 5}, {5, 0, 5, 5}, {0, 6, 5, 5}, {64, 0, 70, 5}, {0, 64, 5, 70}};
        for (int[] area : areas) {
            guest.describeUpdate(0, area[0], area[1], area[2], area[3]);
            guest.device.ioWrite(QxlIo.UPDATE_AREA, 0);
        }
        assertEquals(areas.length, guest.device.faults().of(GuestFault.UPDATE_AREA_INVALID));
    }

    // ---- memory slots

    @Test
    void rejectsMemorySlotsThatAreNone() {
        long start = TestGuest.RAM_BUS_ADDRESS;
        for (int slot : new int[] {0, 8, 255, -1}) {
            guest.addSlot(slot, start, start + 4096);
        }
        assertEquals(4, guest.device.faults().of(GuestFault.MEMSLOT_ID_OUT_OF_RANGE));
        guest.addSlot(1, start, start + 4096);
        assertEquals(1, guest.device.faults().of(GuestFault.MEMSLOT_ALREADY_ACTIVE));
        long end = start + guest.ram.byteSize();
        long[][] ranges = {
            {start, start},
            {start + 1, start},
            {start - 1, start + 1},
            {start, end + 1},
            {0, 4096},
            {-1, 1},
            {start, -1},
            {start, TestGuest.VRAM_BUS_ADDRESS + 4096},
            {Long.MIN_VALUE, Long.MAX_VALUE}
        };
        for (long[] range : ranges) {
            guest.addSlot(3, range[0], range[1]);
        }
        assertEquals(ranges.length, guest.device.faults().of(GuestFault.MEMSLOT_OUTSIDE_BARS));
        guest.addSlot(3, start, end);
        guest.assertLives();
    }

    @Test
    void deletesMemorySlotAfterTheCommandsThatNameIt() {
        long fill = guest.fill();
        guest.draw(fill);
        guest.device.ioWrite(QxlIo.MEMSLOT_DEL, 1);
        assertNull(guest.sink.last().fault);
        guest.draw(fill);
        guest.device.doWork();
        assertEquals(GuestFault.SLOT_INACTIVE, guest.sink.last().fault);
        for (int slot : new int[] {1, 0, 8, -1, 255}) {
            guest.device.ioWrite(QxlIo.MEMSLOT_DEL, slot);
        }
        assertEquals(5, guest.device.faults().of(GuestFault.MEMSLOT_NOT_ACTIVE));
    }

    // ---- the primary

    @Test
    void cve20162150RejectsPrimariesWhoseParametersLie() {
        guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
        assertPrimary(64, 64, Integer.MIN_VALUE, GuestFault.SURFACE_STRIDE_INVALID);
        assertPrimary(64, 64, 258, GuestFault.SURFACE_STRIDE_INVALID);
        assertPrimary(1 << 30, 4, 16, GuestFault.SURFACE_TOO_LARGE);
        assertPrimary(4, 1 << 30, 16, GuestFault.SURFACE_TOO_LARGE);
        assertPrimary(-1, 4, 16, GuestFault.SURFACE_TOO_LARGE);
        // 2^16 x 2^15 is 2^31: over an int, and far over the memory.
        assertPrimary(4, 1 << 14, 1 << 17, GuestFault.SURFACE_TOO_LARGE);
        assertPrimary(4, 1 << 14, 1 << 16, GuestFault.PRIMARY_TOO_LARGE);
        assertPrimary(2048, 1025, 8192, GuestFault.PRIMARY_TOO_LARGE);
        guest.describePrimary(64, 64, 256, 7);
        assertPrimary(GuestFault.SURFACE_FORMAT_UNKNOWN);
        guest.describePrimary(0, 64, 256, TestGuest.SURFACE_32);
        assertPrimary(GuestFault.SURFACE_SIZE_ZERO);
        guest.describePrimary(64, 64, 256, TestGuest.SURFACE_32);
        QxlSurfaceCreate.MEM.set(
                guest.ram, QxlRam.CREATE_SURFACE.at(guest.header), address(guest.header - 64 * 256 + 1));
        assertPrimary(GuestFault.ADDRESS_OUTSIDE_SLOT);
    }

    private void assertPrimary(int width, int height, int stride, GuestFault fault) {
        guest.describePrimary(width, height, stride, TestGuest.SURFACE_32);
        assertPrimary(fault);
    }

    private void assertPrimary(GuestFault fault) {
        guest.device.ioWrite(QxlIo.CREATE_PRIMARY, 0);
        assertEquals(fault, guest.sink.last().fault);
        assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
    }

    @Test
    void takesPrimaryThatFillsItsMemoryWithItsLastRowFirst() {
        guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
        guest.describePrimary(2048, 1024, -8192, TestGuest.SURFACE_32);
        guest.device.ioWrite(QxlIo.CREATE_PRIMARY, 0);
        assertNull(guest.sink.last().fault);
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
        assertEquals(8 << 20, guest.sink.last().pieceLength(0));
    }

    @Test
    void replacesPrimaryThatExists() {
        guest.describePrimary(32, 32, 128, TestGuest.SURFACE_32);
        guest.device.ioWrite(QxlIo.CREATE_PRIMARY, 0);
        assertEquals(1, guest.device.faults().of(GuestFault.PRIMARY_ALREADY_EXISTS));
        assertEquals(Kind.PRIMARY_CREATE, guest.sink.last().kind);
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
        guest.assertLives();
    }

    // ---- monitors

    @Test
    void cve20153247RejectsMonitorCountsThatLie() {
        int[][] counts = {{0, 4}, {5, 4}, {1, 0}, {65, 65}, {0xffff, 0xffff}};
        for (int[] count : counts) {
            describeMonitors(count[0], count[1]);
            guest.takePending();
            guest.device.ioWrite(QxlIo.MONITORS_CONFIG_ASYNC, 0);
            assertTrue((guest.takePending() & QxlInterrupt.IO_CMD) != 0);
        }
        assertEquals(counts.length, guest.device.faults().of(GuestFault.MONITORS_CONFIG_COUNT));
    }

    @Test
    void copiesTheMonitorsThatItCounted() {
        describeMonitors(2, 4);
        guest.device.ioWrite(QxlIo.MONITORS_CONFIG_ASYNC, 0);
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(2, QxlMonitorsConfig.COUNT.get(slot.snapshot(), 0));
        assertEquals(2 * QxlHead.STRUCT.size(), slot.dataLength);
        assertEquals(640, QxlHead.WIDTH.get(slot.snapshot(), slot.dataOffset + QxlHead.STRUCT.size()));
    }

    @Test
    void rejectsMonitorsThatLeaveTheSlot() {
        long at = guest.header - QxlMonitorsConfig.STRUCT.size() - QxlHead.STRUCT.size();
        QxlMonitorsConfig.COUNT.set(guest.ram, at, 2);
        QxlMonitorsConfig.MAX_ALLOWED.set(guest.ram, at, 2);
        QxlRam.MONITORS_CONFIG.set(guest.ram, guest.header, address(at));
        guest.device.ioWrite(QxlIo.MONITORS_CONFIG_ASYNC, 0);
        assertEquals(GuestFault.ADDRESS_OUTSIDE_SLOT, guest.sink.last().fault);
    }

    private void describeMonitors(int count, int most) {
        long at = guest.allocate(QxlMonitorsConfig.STRUCT.size() + 64 * QxlHead.STRUCT.size());
        QxlMonitorsConfig.COUNT.set(guest.ram, at, count);
        QxlMonitorsConfig.MAX_ALLOWED.set(guest.ram, at, most);
        for (int i = 0; i < 64; i++) {
            QxlHead.WIDTH.set(guest.ram, at + QxlMonitorsConfig.STRUCT.size() + i * QxlHead.STRUCT.size(), 640);
        }
        QxlRam.MONITORS_CONFIG.set(guest.ram, guest.header, address(at));
    }
}
