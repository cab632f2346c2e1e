package org.spiceshm.guestdriver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.QxlCommand;
import org.spiceshm.protocol.qxl.QxlCommandRing;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;

/**
 * Just enough of a QXL device to drive: configuration space, ROM, ports, rings, release lists. It draws nothing; what it
 * reads goes to a listener. Ports are answered on the caller's thread, rings are read there (on a knock) or by {@link
 * #work} on a thread of the test's, all under one lock.
 */
final class FakeHardware implements QxlHardware, AutoCloseable {
    private static final int RING = 32;
    private static final int RELEASES = 8;

    /** Sees a command before it is released. */
    interface Listener {
        void command(int type, long address);
    }

    final Arena arena = Arena.ofShared();
    final MemorySegment ram;
    final MemorySegment vram;
    final MemorySegment rom;
    final long header;
    final List<String> ports = new ArrayList<>();
    /** Shapes of primaries made, as width, height, stride, flags. */
    final List<String> primaries = new ArrayList<>();

    boolean readsOnKnock = true;
    boolean answersAsync = true;
    boolean raisesLine = true;
    /** Commands are only released by NOTIFY_OOM, or once there are this many. */
    int releaseBatch = 1;
    /** Checks nothing, keeps no books: for tests that look at what the driver itself allocates. */
    boolean quiet;

    int knocks;
    int commandsRead;
    long released;

    @Nullable
    Listener listener;

    private final ByteBuffer config = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    private final int[] barMask;
    private final long[][] slots = new long[8][];
    private final Deque<Long> releasable = new ArrayDeque<>();
    private final Map<Integer, Long> surfaces = new HashMap<>();
    private Runnable handler = () -> {};
    private int commandsTaken;
    private int cursorTaken;
    private int releasesPut;
    private long heldCursor;
    private long quietList;

    FakeHardware(int ramBytes, int primaryBytes, int vramBytes) {
        ram = arena.allocate(ramBytes, 4096);
        vram = arena.allocate(vramBytes, 4096);
        rom = arena.allocate(8192, 4096);
        header = ramBytes - 8192L;
        barMask = new int[] {-ramBytes, -vramBytes, -8192, -32 | 1, 0, 0};
        config.putInt(0, 0x01001b36);
        config.putInt(0x1c, 1);
        QxlRom.MAGIC.set(rom, 0, 'Q' | 'X' << 8 | 'R' << 16 | 'O' << 24);
        QxlRom.SURFACE0_AREA_SIZE.set(rom, 0, primaryBytes);
        QxlRom.PAGES_OFFSET.set(rom, 0, primaryBytes);
        QxlRom.RAM_HEADER_OFFSET.set(rom, 0, (int) header);
        QxlRom.N_SURFACES.set(rom, 0, 1024);
        QxlRom.SLOTS_START.set(rom, 0, 1);
        QxlRom.SLOTS_END.set(rom, 0, 7);
        QxlRom.SLOT_GEN_BITS.set(rom, 0, 8);
        QxlRom.SLOT_ID_BITS.set(rom, 0, 8);
        reset();
    }

    static FakeHardware small() {
        return new FakeHardware(1 << 20, 1 << 18, 1 << 18);
    }

    @Override
    public MemorySegment bar(int index) {
        return index == 0 ? ram : index == 1 ? vram : rom;
    }

    @Override
    public int readConfig(int offset, int width) {
        int value = config.getInt(offset);
        return width == 4 ? value : value & ((1 << (8 * width)) - 1);
    }

    @Override
    public void writeConfig(int offset, int width, int value) {
        if (0x10 <= offset && offset < 0x28) {
            int bar = (offset - 0x10) / 4;
            config.putInt(offset, (value & barMask[bar]) | (barMask[bar] & 1));
        } else if (width == 2) {
            config.putShort(offset, (short) value);
        }
    }

    long barAddress(int bar) {
        return config.getInt(0x10 + 4 * bar) & 0xffff_fff0L;
    }

    @Override
    public synchronized void onInterrupt(Runnable newHandler) {
        handler = newHandler;
    }

    // ---- ports

    @Override
    public synchronized void out(int port, int value) {
        switch (port) {
            case QxlIo.NOTIFY_CMD, QxlIo.NOTIFY_CURSOR -> {
                knocks++;
                if (readsOnKnock) {
                    work();
                }
                notifyAll();
            }
            case QxlIo.UPDATE_IRQ -> level();
            case QxlIo.NOTIFY_OOM -> {
                ports.add("OOM");
                drain();
                publish();
            }
            case QxlIo.RESET -> {
                ports.add("RESET");
                reset();
            }
            case QxlIo.CREATE_PRIMARY -> createPrimary("CREATE_PRIMARY");
            case QxlIo.DESTROY_PRIMARY -> ports.add("DESTROY_PRIMARY");
            case QxlIo.UPDATE_AREA -> update("UPDATE_AREA");
            case QxlIo.DESTROY_ALL_SURFACES -> destroyAll("DESTROY_ALL_SURFACES");
            default -> async(port, value);
        }
    }

    private void async(int port, int value) {
        switch (port) {
            case QxlIo.MEMSLOT_ADD_ASYNC -> addSlot(value);
            case QxlIo.CREATE_PRIMARY_ASYNC -> createPrimary("CREATE_PRIMARY_ASYNC");
            case QxlIo.DESTROY_PRIMARY_ASYNC -> ports.add("DESTROY_PRIMARY_ASYNC");
            case QxlIo.UPDATE_AREA_ASYNC -> update("UPDATE_AREA_ASYNC");
            case QxlIo.DESTROY_ALL_SURFACES_ASYNC -> destroyAll("DESTROY_ALL_SURFACES_ASYNC");
            case QxlIo.FLUSH_SURFACES_ASYNC -> update("FLUSH_SURFACES_ASYNC");
            case QxlIo.MONITORS_CONFIG_ASYNC -> {
                ports.add("MONITORS_CONFIG_ASYNC");
                resolve(QxlRam.MONITORS_CONFIG.get(ram, header), 32);
            }
            default -> throw new IllegalStateException("port " + port);
        }
        if (answersAsync) {
            raise(QxlInterrupt.IO_CMD);
        }
    }

    private void addSlot(int slot) {
        if (slots[slot] != null) {
            throw new IllegalStateException("slot " + slot + " is active");
        }
        long start = QxlMemSlot.MEM_START.get(ram, QxlRam.MEM_SLOT.at(header));
        long end = QxlMemSlot.MEM_END.get(ram, QxlRam.MEM_SLOT.at(header));
        for (int bar = 0; bar < 2; bar++) {
            long base = barAddress(bar);
            if (base != 0 && base <= start && start < end && end <= base + bar(bar).byteSize()) {
                slots[slot] = new long[] {bar, start - base, end - start};
                return;
            }
        }
        throw new IllegalStateException("slot " + slot + " outside of the BARs");
    }

    private void createPrimary(String name) {
        long at = QxlRam.CREATE_SURFACE.at(header);
        int height = QxlSurfaceCreate.HEIGHT.get(ram, at);
        int stride = QxlSurfaceCreate.STRIDE.get(ram, at);
        resolve(QxlSurfaceCreate.MEM.get(ram, at), (long) height * Math.abs(stride));
        drainExpectingNothing(name);
        ports.add(name);
        primaries.add(QxlSurfaceCreate.WIDTH.get(ram, at) + "x" + height + " " + stride + " "
                + QxlSurfaceCreate.FLAGS.get(ram, at));
    }

    private void update(String name) {
        drain();
        publish();
        ports.add(name);
    }

    private void destroyAll(String name) {
        drainExpectingNothing(name);
        ports.add(name);
        surfaces.values().forEach(releasable::add);
        surfaces.clear();
        publish();
    }

    private void drainExpectingNothing(String name) {
        if (pending() != 0) {
            throw new IllegalStateException(name + " while commands stand in the rings");
        }
    }

    private void reset() {
        ram.asSlice(header, QxlRam.STRUCT.size()).fill((byte) 0);
        QxlRam.MAGIC.set(ram, header, 'Q' | 'X' << 8 | 'R' << 16 | 'A' << 24);
        for (long ring : new long[] {QxlRam.CMD_RING.at(header), QxlRam.CURSOR_RING.at(header)}) {
            QxlCommandRing.NUM_ITEMS.set(ram, ring, RING);
            QxlCommandRing.NOTIFY_ON_PROD.set(ram, ring, 1);
        }
        QxlReleaseRing.NUM_ITEMS.set(ram, QxlRam.RELEASE_RING.at(header), RELEASES);
        QxlReleaseRing.NOTIFY_ON_PROD.set(ram, QxlRam.RELEASE_RING.at(header), 1);
        commandsTaken = 0;
        cursorTaken = 0;
        releasesPut = 0;
        heldCursor = 0;
        releasable.clear();
        surfaces.clear();
        java.util.Arrays.fill(slots, null);
    }

    synchronized void raise(int bits) {
        QxlRam.INT_PENDING.getAndBitwiseOr(ram, header, bits);
        level();
    }

    private void level() {
        boolean high = (QxlRam.INT_PENDING.getVolatile(ram, header) & QxlRam.INT_MASK.getVolatile(ram, header)) != 0;
        if (high && raisesLine) {
            handler.run();
        }
    }

    // ---- rings

    private int pending() {
        return QxlCommandRing.PROD.getAcquire(ram, QxlRam.CMD_RING.at(header))
                - commandsTaken
                + QxlCommandRing.PROD.getAcquire(ram, QxlRam.CURSOR_RING.at(header))
                - cursorTaken;
    }

    /** Reads all that stands in the rings, arms the knock, and publishes what may be released. */
    synchronized void work() {
        drain();
        if (releasable.size() >= releaseBatch) {
            publish();
        }
    }

    /** Reads at most {@code count} items of the command ring. */
    synchronized void read(int count) {
        for (int i = 0; i < count; i++) {
            commandsTaken = take(QxlRam.CMD_RING.at(header), commandsTaken, QxlInterrupt.DISPLAY);
        }
    }

    /** Publishes everything that may be released. */
    synchronized void release() {
        publish();
    }

    /** Reads both rings until {@code Thread.interrupt}. */
    void run() {
        try {
            while (true) {
                synchronized (this) {
                    work();
                    if (pending() == 0) {
                        wait(1);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void drain() {
        int before;
        do {
            before = commandsTaken + cursorTaken;
            commandsTaken = take(QxlRam.CMD_RING.at(header), commandsTaken, QxlInterrupt.DISPLAY);
            cursorTaken = take(QxlRam.CURSOR_RING.at(header), cursorTaken, QxlInterrupt.CURSOR);
        } while (before != commandsTaken + cursorTaken);
    }

    private int take(long ring, int taken, int bit) {
        int produced = QxlCommandRing.PROD.getAcquire(ram, ring);
        if (produced == taken) {
            QxlCommandRing.NOTIFY_ON_PROD.setRelease(ram, ring, taken + 1);
            VarHandle.fullFence();
            produced = QxlCommandRing.PROD.getAcquire(ram, ring);
            if (produced == taken) {
                return taken;
            }
        }
        if (Integer.compareUnsigned(produced - taken, RING) > 0) {
            throw new IllegalStateException("ring holds " + (produced - taken));
        }
        long item = QxlCommandRing.ITEMS.at(ring, taken & RING - 1);
        int type = QxlCommand.TYPE.get(ram, item);
        long address = QxlCommand.DATA.get(ram, item);
        boolean cursor = bit == QxlInterrupt.CURSOR;
        if (cursor != (type == QxlCommandType.CURSOR)) {
            throw new IllegalStateException("type " + type + " on the wrong ring");
        }
        execute(type, address);
        int next = taken + 1;
        QxlCommandRing.CONS.setRelease(ram, ring, next);
        VarHandle.fullFence();
        if (QxlCommandRing.NOTIFY_ON_CONS.getAcquire(ram, ring) == next) {
            raise(bit);
        }
        return next;
    }

    private void execute(int type, long address) {
        commandsRead++;
        if (quiet) {
            chainQuietly(address);
            return;
        }
        if (type == QxlCommandType.NOP) {
            return;
        }
        resolve(address, QxlReleaseInfo.STRUCT.size());
        new StructureWalk(this).command(type, address);
        Listener sees = listener;
        if (sees != null) {
            sees.command(type, address);
        }
        if (type == QxlCommandType.SURFACE) {
            int surface = QxlSurfaceCmd.SURFACE_ID.get(segment(address), offset(address));
            if (QxlSurfaceCmd.TYPE.get(segment(address), offset(address)) == QxlFlags.SURFACE_CREATE) {
                if (surfaces.put(surface, address) != null) {
                    throw new IllegalStateException("surface " + surface + " exists");
                }
                return;
            }
            Long creator = surfaces.remove(surface);
            if (creator == null) {
                throw new IllegalStateException("surface " + surface + " does not exist");
            }
            releasable.add(creator);
        }
        if (type == QxlCommandType.CURSOR) {
            // As the reference does: the shape stays until the next command of the ring.
            if (heldCursor != 0) {
                releasable.add(heldCursor);
            }
            heldCursor = address;
            return;
        }
        releasable.add(address);
    }

    /** Both BARs start at their slots' start. */
    private void chainQuietly(long address) {
        MemorySegment segment = address >>> 56 == 1 ? ram : vram;
        long offset = address & (1L << 48) - 1;
        long id = QxlReleaseInfo.ID.get(segment, offset);
        QxlReleaseInfo.ID.set(segment, offset, quietList);
        quietList = id;
        long ring = QxlRam.RELEASE_RING.at(header);
        if (releasesPut - QxlReleaseRing.CONS.getAcquire(ram, ring) < RELEASES - 1) {
            QxlReleaseInfo.ID.set(ram, QxlReleaseRing.ITEMS.at(ring, releasesPut & RELEASES - 1), quietList);
            releasesPut++;
            QxlReleaseRing.PROD.setRelease(ram, ring, releasesPut);
            quietList = 0;
        }
    }

    private void publish() {
        long ring = QxlRam.RELEASE_RING.at(header);
        if (releasable.isEmpty() || releasesPut - QxlReleaseRing.CONS.getAcquire(ram, ring) >= RELEASES - 1) {
            return;
        }
        long next = 0;
        while (!releasable.isEmpty()) {
            long address = releasable.removeLast();
            long id = QxlReleaseInfo.ID.get(segment(address), offset(address));
            QxlReleaseInfo.ID.set(segment(address), offset(address), next);
            next = id;
            released++;
        }
        QxlReleaseInfo.ID.set(ram, QxlReleaseRing.ITEMS.at(ring, releasesPut & RELEASES - 1), next);
        releasesPut++;
        QxlReleaseRing.PROD.setRelease(ram, ring, releasesPut);
        VarHandle.fullFence();
        if (QxlReleaseRing.NOTIFY_ON_PROD.getAcquire(ram, ring) == releasesPut) {
            raise(QxlInterrupt.DISPLAY);
        }
    }

    // ---- addresses

    /** Checks that the bytes lie inside of an active slot. */
    void resolve(long address, long bytes) {
        int slot = (int) (address >>> 56);
        long[] range = slot < 8 ? slots[slot] : null;
        long offset = address & (1L << 48) - 1;
        if (range == null || (address >>> 48 & 0xff) != 0 || offset + bytes > range[2]) {
            throw new IllegalStateException("address 0x" + Long.toHexString(address) + " with " + bytes + " bytes");
        }
    }

    MemorySegment segment(long address) {
        long[] range = slots[(int) (address >>> 56)];
        if (range == null) {
            throw new IllegalStateException("address 0x" + Long.toHexString(address));
        }
        return bar((int) range[0]);
    }

    long offset(long address) {
        long[] range = slots[(int) (address >>> 56)];
        if (range == null) {
            throw new IllegalStateException("address 0x" + Long.toHexString(address));
        }
        return range[1] + (address & (1L << 48) - 1);
    }

    @Override
    public void close() {
        arena.close();
    }
}
