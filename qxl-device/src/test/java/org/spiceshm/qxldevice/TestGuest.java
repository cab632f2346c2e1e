package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCommand;
import org.spiceshm.protocol.qxl.QxlCommandRing;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlDataChunk;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.qxl.QxlSurfaceId;

/**
 * The guest's side by hand: structures in BAR 0, ring items, port writes. Slot 1 is BAR 0 up to its header, so that an
 * address is the slot's number and an offset in BAR 0; slot 2 is BAR 1.
 */
final class TestGuest implements AutoCloseable {
    static final QxlConfig SIZES = new QxlConfig(16 << 20, 1 << 20, 8 << 20, 16);
    static final long RAM_BUS_ADDRESS = 0xe000_0000L;
    static final long VRAM_BUS_ADDRESS = 0xf000_0000L;
    static final int SIDE = 64;
    static final int BITMAP_32 = 8;
    static final int SURFACE_32 = 32;

    final RecordingSink sink;
    final QxlDevice device;
    final MemorySegment ram;
    final MemorySegment vram;
    final long header;
    final long commands;
    final long cursors;
    final long releases;

    volatile boolean level;
    private long free = SIZES.vgaBytes();

    TestGuest() throws IOException {
        this(64);
    }

    TestGuest(int slots) throws IOException {
        this(slots, SIZES);
    }

    TestGuest(int slots, QxlConfig sizes) throws IOException {
        sink = new RecordingSink(slots);
        device = new QxlDevice(sizes, sink, high -> level = high);
        sink.connect(device);
        ram = device.bar(0);
        vram = device.bar(1);
        header = ram.byteSize() - DeviceMemory.RAM_HEADER_ROOM;
        commands = QxlRam.CMD_RING.at(header);
        cursors = QxlRam.CURSOR_RING.at(header);
        releases = QxlRam.RELEASE_RING.at(header);
        device.config().write(0x10, 4, (int) RAM_BUS_ADDRESS);
        device.config().write(0x14, 4, (int) VRAM_BUS_ADDRESS);
    }

    /** With slots and a primary of 64 x 64, as after a driver's start. */
    static TestGuest booted() throws IOException {
        TestGuest guest = new TestGuest();
        guest.boot();
        return guest;
    }

    void boot() {
        free = SIZES.vgaBytes();
        addSlot(1, RAM_BUS_ADDRESS, RAM_BUS_ADDRESS + header);
        addSlot(2, VRAM_BUS_ADDRESS, VRAM_BUS_ADDRESS + vram.byteSize());
        describePrimary(SIDE, SIDE, 4 * SIDE, SURFACE_32);
        device.ioWrite(QxlIo.CREATE_PRIMARY, 0);
        assertEquals(DeviceMode.NATIVE, device.mode());
    }

    @Override
    public void close() {
        device.close();
    }

    // ---- ports

    void describeSlot(long start, long end) {
        QxlMemSlot.MEM_START.set(ram, QxlRam.MEM_SLOT.at(header), start);
        QxlMemSlot.MEM_END.set(ram, QxlRam.MEM_SLOT.at(header), end);
    }

    void addSlot(int slot, long start, long end) {
        describeSlot(start, end);
        device.ioWrite(QxlIo.MEMSLOT_ADD, slot);
    }

    void describePrimary(int width, int height, int stride, int format) {
        long at = QxlRam.CREATE_SURFACE.at(header);
        QxlSurfaceCreate.WIDTH.set(ram, at, width);
        QxlSurfaceCreate.HEIGHT.set(ram, at, height);
        QxlSurfaceCreate.STRIDE.set(ram, at, stride);
        QxlSurfaceCreate.FORMAT.set(ram, at, format);
        QxlSurfaceCreate.MEM.set(ram, at, address(0));
    }

    void describeUpdate(int surface, int top, int left, int bottom, int right) {
        QxlRam.UPDATE_SURFACE.set(ram, header, surface);
        rect(QxlRam.UPDATE_AREA.at(header), top, left, bottom, right);
    }

    int pending() {
        return QxlRam.INT_PENDING.getVolatile(ram, header);
    }

    /** What is pending, as an interrupt handler takes it. */
    int takePending() {
        return QxlRam.INT_PENDING.getAndSet(ram, header, 0);
    }

    // ---- memory

    static long address(long ramOffset) {
        return 1L << 56 | ramOffset;
    }

    static long offset(long address) {
        return address & (1L << 48) - 1;
    }

    long allocate(long bytes) {
        long at = free;
        free += (bytes + 7) & ~7L;
        assertTrue(free <= header, "the guest has run out of memory");
        ram.asSlice(at, bytes).fill((byte) 0);
        return at;
    }

    long allocate(Struct struct) {
        return allocate(struct.size());
    }

    void rect(long at, int top, int left, int bottom, int right) {
        QxlRect.TOP.set(ram, at, top);
        QxlRect.LEFT.set(ram, at, left);
        QxlRect.BOTTOM.set(ram, at, bottom);
        QxlRect.RIGHT.set(ram, at, right);
    }

    /** One chunk with so many bytes. */
    long chunk(int bytes) {
        long at = allocate(QxlDataChunk.STRUCT.size() + bytes);
        QxlDataChunk.DATA_SIZE.set(ram, at, bytes);
        return at;
    }

    /** A drawable of that type onto the primary's upper left 32 x 32; its id is its offset. */
    long drawable(int type) {
        long at = allocate(QxlDrawable.STRUCT);
        QxlReleaseInfo.ID.set(ram, at, at);
        QxlDrawable.TYPE.set(ram, at, type);
        rect(QxlDrawable.BBOX.at(at), 0, 0, 32, 32);
        for (int i = 0; i < 3; i++) {
            QxlSurfaceId.SURFACE_ID.set(ram, QxlDrawable.SURFACES_DEST.at(at, i), -1);
        }
        return at;
    }

    long fill() {
        long at = drawable(QxlDrawType.FILL);
        QxlBrush.TYPE.set(ram, QxlFill.BRUSH.at(QxlDrawable.FILL.at(at)), QxlFlags.BRUSH_SOLID);
        return at;
    }

    /** A 32-bit bitmap of 32 x 32 in one chunk. */
    long bitmap() {
        long at = allocate(QxlImage.STRUCT);
        long bitmap = QxlImage.BITMAP.at(at);
        QxlImageDescriptor.TYPE.set(ram, at, QxlFlags.IMAGE_BITMAP);
        QxlBitmap.FORMAT.set(ram, bitmap, BITMAP_32);
        QxlBitmap.FLAGS.set(ram, bitmap, QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(ram, bitmap, 32);
        QxlBitmap.Y.set(ram, bitmap, 32);
        QxlBitmap.STRIDE.set(ram, bitmap, 128);
        QxlBitmap.DATA.set(ram, bitmap, address(chunk(128 * 32)));
        return at;
    }

    long copy(long image) {
        long at = drawable(QxlDrawType.COPY);
        long copy = QxlDrawable.COPY.at(at);
        QxlCopy.SRC_BITMAP.set(ram, copy, address(image));
        rect(QxlCopy.SRC_AREA.at(copy), 0, 0, 32, 32);
        return at;
    }

    /** Gives the drawable {@code count} clip rectangles in one chunk. */
    void clip(long drawable, int count) {
        long clip = allocate(QxlClipRects.STRUCT.size() + count * QxlRect.STRUCT.size());
        QxlClipRects.NUM_RECTS.set(ram, clip, count);
        QxlDataChunk.DATA_SIZE.set(ram, QxlClipRects.CHUNK.at(clip), (int) (count * QxlRect.STRUCT.size()));
        for (int i = 0; i < count; i++) {
            rect(clip + QxlClipRects.STRUCT.size() + i * QxlRect.STRUCT.size(), i, i, i + 1, i + 2);
        }
        QxlClip.TYPE.set(ram, QxlDrawable.CLIP.at(drawable), QxlFlags.CLIP_RECTS);
        QxlClip.DATA.set(ram, QxlDrawable.CLIP.at(drawable), address(clip));
    }

    long surfaceCommand(int surface, int type) {
        long at = allocate(QxlSurfaceCmd.STRUCT);
        QxlReleaseInfo.ID.set(ram, at, at);
        QxlSurfaceCmd.SURFACE_ID.set(ram, at, surface);
        QxlSurfaceCmd.TYPE.set(ram, at, type);
        return at;
    }

    /** Creates a 32 x 32 surface of 32 bits. */
    long surfaceCreate(int surface) {
        long at = surfaceCommand(surface, QxlFlags.SURFACE_CREATE);
        long create = QxlSurfaceCmd.SURFACE_CREATE.at(at);
        QxlSurface.FORMAT.set(ram, create, SURFACE_32);
        QxlSurface.WIDTH.set(ram, create, 32);
        QxlSurface.HEIGHT.set(ram, create, 32);
        QxlSurface.STRIDE.set(ram, create, 128);
        QxlSurface.DATA.set(ram, create, address(allocate(128 * 32)));
        return at;
    }

    long cursorCommand(int type) {
        long at = allocate(QxlCursorCmd.STRUCT);
        QxlReleaseInfo.ID.set(ram, at, at);
        QxlCursorCmd.TYPE.set(ram, at, type);
        return at;
    }

    /** Sets an ALPHA shape of 16 x 16. */
    long cursorSet() {
        long at = cursorCommand(QxlFlags.CURSOR_SET);
        long shape = allocate(QxlCursor.STRUCT.size() + 4 * 16 * 16);
        QxlCursorHeader.WIDTH.set(ram, shape, 16);
        QxlCursorHeader.HEIGHT.set(ram, shape, 16);
        QxlCursor.DATA_SIZE.set(ram, shape, 4 * 16 * 16);
        QxlDataChunk.DATA_SIZE.set(ram, QxlCursor.CHUNK.at(shape), 4 * 16 * 16);
        QxlCursorSet.SHAPE.set(ram, QxlCursorCmd.SET.at(at), address(shape));
        return at;
    }

    long shape(long cursorSet) {
        return offset(QxlCursorSet.SHAPE.get(ram, QxlCursorCmd.SET.at(cursorSet)));
    }

    // ---- rings

    /** Pushes without knocking; true if the device asked to be knocked at. */
    boolean push(long ring, int type, long address) {
        int produced = QxlCommandRing.PROD.get(ram, ring);
        long item = QxlCommandRing.ITEMS.at(ring, produced & 31);
        QxlCommand.DATA.set(ram, item, address);
        QxlCommand.TYPE.set(ram, item, type);
        QxlCommandRing.PROD.setVolatile(ram, ring, produced + 1);
        return QxlCommandRing.NOTIFY_ON_PROD.getVolatile(ram, ring) == produced + 1;
    }

    void draw(long drawable) {
        push(commands, QxlCommandType.DRAW, address(drawable));
    }

    /** What the release ring holds, and consumes it: the ids, of commands in slot 1, in the order of the lists. */
    List<Long> takeReleased() {
        List<Long> ids = new ArrayList<>();
        int produced = QxlReleaseRing.PROD.getAcquire(ram, releases);
        int consumed = QxlReleaseRing.CONS.get(ram, releases);
        for (; consumed != produced; consumed++) {
            long id = QxlReleaseInfo.ID.get(ram, QxlReleaseRing.ITEMS.at(releases, consumed & 7));
            while (id != 0) {
                ids.add(id);
                id = QxlReleaseInfo.ID.get(ram, id);
            }
        }
        QxlReleaseRing.CONS.setRelease(ram, releases, consumed);
        return ids;
    }

    // ---- what must hold of every fault

    void assertFault(GuestFault fault, int type, long command) {
        assertFault(fault, commands, type, address(command), List.of(command));
    }

    /** It is counted alone, the command released if it can be, ERROR raised the first time only, and life goes on. */
    void assertFault(GuestFault fault, long ring, int type, long address, List<Long> released) {
        takePending();
        takeReleased();
        long before = device.faults().total();
        for (int times = 1; times <= 2; times++) {
            released.forEach(id -> QxlReleaseInfo.ID.set(ram, id, id));
            push(ring, type, address);
            device.doWork();
            assertEquals(times, device.faults().of(fault), device.faults().toString());
            assertEquals(
                    before + times, device.faults().total(), device.faults().toString());
            assertEquals(fault, sink.last().fault);
            assertEquals(CommandSlot.Kind.NONE, sink.last().kind);
            assertEquals(released, takeReleased());
            assertEquals(times == 1, (takePending() & QxlInterrupt.ERROR) != 0, "ERROR");
        }
        assertLives();
    }

    /** As {@link #assertFault}, of a kind that has happened before: it is counted, and not told again. */
    void assertFaultAgain(GuestFault fault, int type, long address) {
        long before = device.faults().of(fault);
        takePending();
        push(commands, type, address);
        device.doWork();
        assertEquals(before + 1, device.faults().of(fault), device.faults().toString());
        assertEquals(fault, sink.last().fault);
        assertEquals(0, takePending() & QxlInterrupt.ERROR);
        takeReleased();
        assertLives();
    }

    void assertLives() {
        long good = fill();
        draw(good);
        device.doWork();
        assertNull(sink.last().fault);
        assertEquals(CommandSlot.Kind.DRAW, sink.last().kind);
        assertEquals(List.of(good), takeReleased());
    }
}
