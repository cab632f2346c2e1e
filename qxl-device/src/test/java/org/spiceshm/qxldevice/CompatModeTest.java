package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCompatAlphaBlend;
import org.spiceshm.protocol.qxl.QxlCompatDrawable;
import org.spiceshm.protocol.qxl.QxlCompatUpdateCmd;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** What a first-generation driver may do, and what comes of what it may not. */
class CompatModeTest {
    private static final int MODE_640_480_16 = 0;
    private static final int MODE_640_480_32 = 1;

    private TestGuest guest;

    @BeforeEach
    void boot() throws IOException {
        guest = TestGuest.booted();
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void setMode(int id) {
        guest.device.ioWrite(QxlIo.SET_MODE, id);
    }

    private static long busAddress(long offset) {
        return TestGuest.RAM_BUS_ADDRESS + offset;
    }

    private long drawable(int type) {
        long at = guest.allocate(QxlCompatDrawable.STRUCT);
        QxlReleaseInfo.ID.set(guest.ram, at, at);
        QxlCompatDrawable.TYPE.set(guest.ram, at, type);
        guest.rect(QxlCompatDrawable.BBOX.at(at), 1, 2, 33, 44);
        return at;
    }

    private long fill(int colour) {
        long at = drawable(QxlDrawType.FILL);
        long brush = QxlFill.BRUSH.at(QxlCompatDrawable.FILL.at(at));
        QxlBrush.TYPE.set(guest.ram, brush, QxlFlags.BRUSH_SOLID);
        QxlBrush.COLOR.set(guest.ram, brush, colour);
        return at;
    }

    private CommandSlot draw(long offset) {
        guest.push(guest.commands, QxlCommandType.DRAW, busAddress(offset));
        guest.device.doWork();
        return guest.sink.last();
    }

    // ---- the mode

    @Test
    void setModeResetsAndCreatesAPrimaryOfNegativeStrideAtTheBarsStart() {
        setMode(MODE_640_480_32);
        assertEquals(DeviceMode.COMPAT, guest.device.mode());
        assertEquals(MODE_640_480_32, QxlRom.MODE.get(guest.device.bar(2), 0));
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(Kind.PRIMARY_CREATE, slot.kind);
        MemorySegment copy = slot.snapshot();
        assertEquals(640, QxlSurfaceCreate.WIDTH.get(copy, 0));
        assertEquals(480, QxlSurfaceCreate.HEIGHT.get(copy, 0));
        assertEquals(-2560, QxlSurfaceCreate.STRIDE.get(copy, 0));
        assertEquals(SurfaceFormat.XRGB_32.number(), QxlSurfaceCreate.FORMAT.get(copy, 0));
        assertEquals(0, QxlSurfaceCreate.FLAGS.get(copy, 0));
        assertSame(guest.ram, slot.surfaceMemory);
        assertEquals(0, slot.surfaceMemoryOffset);
        assertEquals(0, guest.device.faults().total());
    }

    @Test
    void aModeOfSixteenBitsHasASurfaceOfThirtyTwo() {
        setMode(MODE_640_480_16);
        MemorySegment copy = guest.sink.last().snapshot();
        assertEquals(SurfaceFormat.XRGB_32.number(), QxlSurfaceCreate.FORMAT.get(copy, 0));
        assertEquals(-2560, QxlSurfaceCreate.STRIDE.get(copy, 0));
    }

    @Test
    void rejectsModeThatIsNotInTheTable() {
        for (int id : new int[] {148, 255, -1, Integer.MAX_VALUE}) {
            setMode(id);
        }
        assertEquals(4, guest.device.faults().of(GuestFault.MODE_UNKNOWN));
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
        guest.assertLives();
    }

    @Test
    void rejectsModeOfSixteenBitsWhoseSurfaceWouldOutgrowTheMemorySetAside() {
        int id = 4 * 25 + 0; // 2000 x 2000 x 16: 8 000 000 bytes fit 8 MiB, four bytes a pixel do not
        setMode(id);
        assertEquals(1, guest.device.faults().of(GuestFault.PRIMARY_TOO_LARGE));
        assertEquals(DeviceMode.NATIVE, guest.device.mode());
        guest.assertLives();
    }

    @Test
    void rejectsModeBeforeTheBarHasAPlace() {
        guest.device.config().write(0x10, 4, 0);
        setMode(MODE_640_480_32);
        assertEquals(1, guest.device.faults().of(GuestFault.MEMSLOT_OUTSIDE_BARS));
        guest.assertLives();
    }

    @Test
    void aNativeDriverTakesOver() {
        setMode(MODE_640_480_32);
        guest.boot();
        assertEquals(0, guest.device.faults().total());
        guest.assertLives();
    }

    @Test
    void destroyPrimaryLeavesCompatMode() {
        setMode(MODE_640_480_32);
        guest.device.ioWrite(QxlIo.DESTROY_PRIMARY, 0);
        assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
        assertEquals(GuestFault.SURFACE_ABSENT, draw(fill(0)).fault);
    }

    @Test
    void resetLeavesCompatModeAndItsSlot() {
        setMode(MODE_640_480_32);
        guest.device.ioWrite(QxlIo.RESET, 0);
        assertEquals(DeviceMode.UNDEFINED, guest.device.mode());
        assertEquals(GuestFault.SLOT_ID_OUT_OF_RANGE, draw(fill(0)).fault);
        guest.boot();
        guest.assertLives();
    }

    // ---- ports

    @Test
    void portsThatNameSurfacesDoNotActAndAsynchronousOnesRaiseTheirInterrupt() {
        setMode(MODE_640_480_32);
        guest.takePending();
        guest.device.ioWrite(QxlIo.DESTROY_SURFACE_WAIT, 1);
        assertEquals(1, guest.device.faults().of(GuestFault.PORT_IN_WRONG_MODE));
        assertEquals(0, guest.takePending() & QxlInterrupt.IO_CMD);
        int[] asynchronous = {QxlIo.DESTROY_SURFACE_ASYNC, QxlIo.FLUSH_SURFACES_ASYNC, QxlIo.MONITORS_CONFIG_ASYNC};
        for (int port : asynchronous) {
            guest.device.ioWrite(port, 1);
            assertTrue((guest.takePending() & QxlInterrupt.IO_CMD) != 0, "port " + port);
        }
        assertEquals(4, guest.device.faults().of(GuestFault.PORT_IN_WRONG_MODE));
        assertEquals(DeviceMode.COMPAT, guest.device.mode());
    }

    @Test
    void updateAreaIsOfThePrimaryWhateverStandsInTheYoungerField() {
        setMode(MODE_640_480_32);
        guest.describeUpdate(7, 1, 2, 3, 4);
        guest.device.ioWrite(QxlIo.UPDATE_AREA, 0);
        assertEquals(Kind.UPDATE_AREA, guest.sink.last().kind);
        assertEquals(SurfaceTable.PRIMARY, guest.sink.last().surfaceId);
    }

    // ---- commands

    @Test
    void drawablesLeaveAsNativeOnes() {
        setMode(MODE_640_480_32);
        long at = fill(0x123456);
        QxlCompatDrawable.BITMAP_OFFSET.set(guest.ram, at, 0x100);
        CommandSlot slot = draw(at);
        assertNull(slot.fault);
        assertEquals(Kind.DRAW, slot.kind);
        MemorySegment copy = slot.snapshot();
        assertEquals(QxlDrawType.FILL, QxlDrawable.TYPE.get(copy, 0));
        assertEquals(1, QxlDrawable.SELF_BITMAP.get(copy, 0));
        assertEquals(0x123456, QxlBrush.COLOR.get(copy, QxlFill.BRUSH.at(QxlDrawable.FILL.at(0))));
        assertEquals(-1, dependency(copy));
        assertEquals(List.of(1, 2, 33, 44), List.of(slot.boxTop, slot.boxLeft, slot.boxBottom, slot.boxRight));
        assertEquals(List.of(at), guest.takeReleased());
    }

    @Test
    void copyBitsDependsOnThePrimary() {
        setMode(MODE_640_480_32);
        CommandSlot slot = draw(drawable(QxlDrawType.COPY_BITS));
        assertNull(slot.fault);
        assertEquals(SurfaceTable.PRIMARY, dependency(slot.snapshot()));
    }

    private static int dependency(MemorySegment copy) {
        return QxlSurfaceId.SURFACE_ID.get(copy, QxlDrawable.SURFACES_DEST.at(0, 0));
    }

    @Test
    void alphaBlendGetsNoFlags() {
        setMode(MODE_640_480_32);
        long at = drawable(QxlDrawType.ALPHA_BLEND);
        long blend = QxlCompatDrawable.ALPHA_BLEND.at(at);
        QxlCompatAlphaBlend.ALPHA.set(guest.ram, blend, 0x77);
        QxlCompatAlphaBlend.SRC_BITMAP.set(guest.ram, blend, busAddress(guest.bitmap()));
        guest.rect(QxlCompatAlphaBlend.SRC_AREA.at(blend), 0, 0, 32, 32);
        CommandSlot slot = draw(at);
        MemorySegment copy = slot.snapshot();
        // The bitmap's chunk is named by slot 1, which compat mode has not got.
        assertEquals(GuestFault.SLOT_INACTIVE, slot.fault);
        long native0 = QxlDrawable.ALPHA_BLEND.at(0);
        assertEquals(0, QxlAlphaBlend.ALPHA_FLAGS.get(copy, native0));
        assertEquals(0x77, QxlAlphaBlend.ALPHA.get(copy, native0));
    }

    @Test
    void coloursOfSixteenBitsAreWidened() {
        setMode(MODE_640_480_16);
        CommandSlot slot = draw(fill(0x7c1f));
        assertEquals(0xff00ff, QxlBrush.COLOR.get(slot.snapshot(), QxlFill.BRUSH.at(QxlDrawable.FILL.at(0))));
    }

    @Test
    void rejectsDrawableThatBeginsInTheBarAndEndsBehindIt() {
        setMode(MODE_640_480_32);
        long last = guest.ram.byteSize() - QxlCompatDrawable.STRUCT.size() + 1;
        assertEquals(GuestFault.ADDRESS_OUTSIDE_SLOT, draw(last).fault);
        assertEquals(GuestFault.ADDRESS_OUTSIDE_SLOT, draw(guest.ram.byteSize()).fault);
        assertEquals(GuestFault.ADDRESS_OUTSIDE_SLOT, draw(-1).fault);
        assertNull(draw(fill(0)).fault);
    }

    @Test
    void rejectsSurfaceCommandsAndYoungerDrawables() {
        setMode(MODE_640_480_32);
        long create = guest.surfaceCreate(1);
        guest.push(guest.commands, QxlCommandType.SURFACE, busAddress(create));
        guest.device.doWork();
        assertEquals(GuestFault.COMMAND_IN_WRONG_MODE, guest.sink.last().fault);
        assertEquals(List.of(create), guest.takeReleased());
        assertEquals(GuestFault.DRAW_TYPE_UNKNOWN, draw(drawable(QxlDrawType.COMPOSITE)).fault);
        assertNull(draw(fill(0)).fault);
    }

    @Test
    void updateCommandHasNoSurface() {
        setMode(MODE_640_480_32);
        long at = guest.allocate(QxlCompatUpdateCmd.STRUCT);
        guest.rect(QxlCompatUpdateCmd.AREA.at(at), 0, 0, 5, 6);
        QxlCompatUpdateCmd.UPDATE_ID.set(guest.ram, at, 99);
        guest.push(guest.commands, QxlCommandType.UPDATE, busAddress(at));
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(Kind.UPDATE_AREA, guest.sink.last().kind);
        assertEquals(99, QxlRom.UPDATE_ID.get(guest.device.bar(2), 0));
    }

    @Test
    void slotZeroIsNoGuestsOutsideOfCompatMode() {
        assertFalse(guest.device.mode() == DeviceMode.COMPAT);
        assertEquals(GuestFault.SLOT_ID_OUT_OF_RANGE, draw(guest.fill()).fault);
    }
}
