package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlHead;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlMonitorsConfig;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;

/**
 * A QXL driver: sets the device up as a guest's would, fills its rings, and takes back what it releases.
 *
 * <pre>
 *  Scene, RecordingPlayer --push--> command and cursor ring --> device
 *         ReleaseListener &lt;-- release ring, interrupts &lt;------- device
 * </pre>
 *
 * <p>A command's release id is its address with its owner's number in the low bits, which the granule of {@link
 * GuestMemory} leaves free. Owned by one thread, that of the scene or the player; only the interrupt handler runs
 * elsewhere. Pushing and releasing allocate nothing. Whatever the device does not do within the time limit is a {@link
 * DriverTimeoutException}.
 */
public final class QxlDriver {
    /** What Linux waits before it gives a device up. */
    public static final long DEFAULT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(15);

    private static final int RAM_BAR = 0;
    private static final int VRAM_BAR = 1;
    private static final int ROM_BAR = 2;
    private static final int RAM_MAGIC = 'Q' | 'X' << 8 | 'R' << 16 | 'A' << 24;

    private static final int INTERRUPT_MASK =
            QxlInterrupt.DISPLAY | QxlInterrupt.CURSOR | QxlInterrupt.IO_CMD | QxlInterrupt.ERROR;

    private static final int SPINS = 64;
    /** A device that publishes releases by itself is given this long before it is told of the shortage. */
    private static final long OOM_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long OOM_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /** A lost interrupt costs this much, and is counted. */
    private static final long LONGEST_PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int RELEASE_SIZE = QxlReleaseRing.ITEMS.count();
    private static final int MAX_OWNERS = GuestMemory.GRANULE;
    private static final long OWNER_MASK = GuestMemory.GRANULE - 1L;

    private final QxlHardware hardware;
    private final long timeoutNanos;
    private final PciBars bars;
    private final RomInfo rom;
    private final MemorySegment ram;
    private final long header;
    private final long releaseRing;
    private final GuestMemory memory;
    private final CommandRing commands;
    private final CommandRing cursor;
    private final @Nullable ReleaseListener[] owners = new ReleaseListener[MAX_OWNERS];

    private int ownerCount;
    private int releasesTaken;
    private int seen;
    private long pushed;
    private long released;
    private long outstanding;
    private long errors;
    private long oomNotices;
    private long missedInterrupts;

    private volatile boolean interrupted;
    private volatile @Nullable Thread waiter;

    /** Sets the device up, with the default time limit. */
    public QxlDriver(QxlHardware hardware) {
        this(hardware, DEFAULT_TIMEOUT_NANOS);
    }

    /**
     * Places the BARs, reads the ROM, resets the device, adds the memory slots and unmasks the interrupts.
     *
     * @throws IllegalStateException if it is no QXL device
     * @throws DriverTimeoutException if it does not answer
     */
    public QxlDriver(QxlHardware hardware, long timeoutNanos) {
        this.hardware = hardware;
        this.timeoutNanos = timeoutNanos;
        bars = PciBars.assign(hardware);
        rom = RomInfo.read(hardware.bar(ROM_BAR));
        ram = hardware.bar(RAM_BAR);
        header = rom.ramHeaderOffset();
        releaseRing = QxlRam.RELEASE_RING.at(header);
        checkHeader();
        memory = new GuestMemory(
                ram,
                rom.drawAreaOffset() + rom.surface0AreaBytes(),
                header,
                hardware.bar(VRAM_BAR),
                rom.firstSlot(),
                rom.slotShift());
        commands = new CommandRing(ram, QxlRam.CMD_RING.at(header), "cmd_ring");
        cursor = new CommandRing(ram, QxlRam.CURSOR_RING.at(header), "cursor_ring");
        hardware.onInterrupt(this::interrupt);
        reset();
    }

    private void checkHeader() {
        if (!(header + QxlRam.STRUCT.size() <= ram.byteSize())) {
            throw new IllegalStateException("QXLRom.ram_header_offset: got " + header + ", expected room for "
                    + QxlRam.STRUCT.size() + " bytes in a BAR of " + ram.byteSize());
        }
        if (!(rom.firstSlot() + 1 <= rom.lastSlot())) {
            throw new IllegalStateException(
                    "QXLRom.slots: got " + rom.firstSlot() + ".." + rom.lastSlot() + ", expected at least two");
        }
    }

    /** Resets the device: whatever is in flight is forgotten, on both sides, and the memory slots are added again. */
    public void reset() {
        hardware.out(QxlIo.RESET, 0);
        int magic = QxlRam.MAGIC.get(ram, header);
        if (magic != RAM_MAGIC) {
            throw new IllegalStateException("QXLRam.magic: got 0x" + Integer.toHexString(magic) + ", expected 0x"
                    + Integer.toHexString(RAM_MAGIC));
        }
        memory.clear();
        outstanding = 0;
        seen = 0;
        commands.attach();
        cursor.attach();
        releasesTaken = QxlReleaseRing.CONS.getAcquire(ram, releaseRing);
        QxlRam.INT_PENDING.getAndSet(ram, header, 0);
        QxlRam.INT_MASK.setVolatile(ram, header, INTERRUPT_MASK);
        hardware.out(QxlIo.UPDATE_IRQ, 0);
        addSlot(rom.firstSlot(), bars.address(RAM_BAR), bars.address(RAM_BAR) + header);
        addSlot(rom.firstSlot() + 1, bars.address(VRAM_BAR), bars.address(VRAM_BAR) + bars.size(VRAM_BAR));
    }

    private void addSlot(int slot, long start, long end) {
        long at = QxlRam.MEM_SLOT.at(header);
        QxlMemSlot.MEM_START.set(ram, at, start);
        QxlMemSlot.MEM_END.set(ram, at, end);
        outAsync(QxlIo.MEMSLOT_ADD_ASYNC, slot);
    }

    // ---- what it knows

    /** What the ROM says. */
    public RomInfo rom() {
        return rom;
    }

    /** The driver's heap. */
    public GuestMemory memory() {
        return memory;
    }

    /** The address of the primary's area. */
    public long primaryAddress() {
        return memory.address(GuestMemory.RAM, rom.drawAreaOffset());
    }

    /** Commands pushed so far. */
    public long pushed() {
        return pushed;
    }

    /** Commands released so far. */
    public long released() {
        return released;
    }

    /** Commands that the device still holds. */
    public long outstanding() {
        return outstanding;
    }

    /** ERROR interrupts seen. */
    public long errors() {
        return errors;
    }

    /** How often the device was told that memory is short. */
    public long oomNotices() {
        return oomNotices;
    }

    /** Interrupts that stood in int_pending without the line having been raised. */
    public long missedInterrupts() {
        return missedInterrupts;
    }

    // ---- commands

    /** Registers an owner of commands; the number goes to {@link #releaseId}. */
    public int addOwner(ReleaseListener owner) {
        if (!(ownerCount < MAX_OWNERS)) {
            throw new IllegalStateException("owners: got one more, expected at most " + MAX_OWNERS);
        }
        owners[ownerCount] = owner;
        return ownerCount++;
    }

    /** What to write into a command's release info. */
    public static long releaseId(long address, int owner) {
        return address | owner;
    }

    /** A block that is not cleared; waits for releases when there is none. */
    public long allocate(int bar, long bytes) {
        long address = memory.tryAllocate(bar, bytes);
        return address != 0 ? address : allocateSlowly(bar, bytes);
    }

    private long allocateSlowly(int bar, long bytes) {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            processReleases();
            long address = memory.tryAllocate(bar, bytes);
            if (address != 0) {
                return address;
            }
            if (bytes > memory.capacity(bar) || outstanding == 0 || !awaitRelease(deadline)) {
                throw new DriverTimeoutException("guest memory of BAR " + bar + ": got no " + bytes
                        + " bytes, expected room in a heap of " + memory.capacity(bar) + " (both heaps hold "
                        + memory.used()
                        + ", " + outstanding + " commands are not released)");
            }
        }
    }

    /** Pushes a command whose release info is at {@code address}; waits while the ring is full. */
    public void push(int type, long address) {
        if (commands.isFull()) {
            awaitPending(commands, QxlInterrupt.DISPLAY, CommandRing.size() - 1);
        }
        if (type != QxlCommandType.NOP) {
            outstanding++;
        }
        pushed++;
        if (commands.put(type, address)) {
            hardware.out(QxlIo.NOTIFY_CMD, 0);
        }
    }

    /** Pushes a cursor command; waits while the ring is full. */
    public void pushCursor(long address) {
        if (cursor.isFull()) {
            awaitPending(cursor, QxlInterrupt.CURSOR, CommandRing.size() - 1);
        }
        outstanding++;
        pushed++;
        if (cursor.put(QxlCommandType.CURSOR, address)) {
            hardware.out(QxlIo.NOTIFY_CURSOR, 0);
        }
    }

    /** Waits until the device has read all that was pushed. */
    public void awaitConsumed() {
        awaitPending(commands, QxlInterrupt.DISPLAY, 0);
        awaitPending(cursor, QxlInterrupt.CURSOR, 0);
    }

    /** Waits until at most {@code left} items stand in the ring. */
    private void awaitPending(CommandRing ring, int bit, int left) {
        for (int i = 0; i < SPINS; i++) {
            if (ring.pending() <= left) {
                return;
            }
            Thread.onSpinWait();
        }
        long deadline = System.nanoTime() + timeoutNanos;
        ring.notifyWhenPending(left);
        while (ring.pending() > left) {
            if (!awaitInterrupt(bit, deadline) && ring.pending() > left) {
                throw new DriverTimeoutException(ring.name() + ": got " + ring.pending() + " commands unread after "
                        + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms, expected at most " + left);
            }
            seen &= ~bit;
            ring.notifyWhenPending(left);
        }
    }

    // ---- releases

    /** Takes back what the device has released, without waiting; how many commands that was. */
    public int processReleases() {
        int count = 0;
        // acquire: the list before the index
        while (QxlReleaseRing.PROD.getAcquire(ram, releaseRing) != releasesTaken) {
            long item = QxlReleaseRing.ITEMS.at(releaseRing, releasesTaken & RELEASE_SIZE - 1);
            long list = QxlReleaseInfo.ID.get(ram, item);
            releasesTaken++;
            // release: the item has been read before the device may overwrite it
            QxlReleaseRing.CONS.setRelease(ram, releaseRing, releasesTaken);
            count += releaseList(list);
        }
        return count;
    }

    private int releaseList(long first) {
        int count = 0;
        long id = first;
        while (id != 0) {
            if (!(outstanding > 0)) {
                throw new IllegalStateException(
                        "release ring: got id 0x" + Long.toHexString(id) + ", expected no more than were pushed");
            }
            long address = id & ~OWNER_MASK;
            ReleaseListener owner = owners[(int) (id & OWNER_MASK)];
            id = QxlReleaseInfo.ID.get(memory.segment(address), memory.offset(address));
            outstanding--;
            released++;
            count++;
            if (owner == null) {
                throw new IllegalStateException("release ring: got an id without owner, expected one that was pushed");
            }
            owner.released(address);
        }
        return count;
    }

    /** Waits until something is released, telling the device that memory is short; how many commands were released. */
    public int awaitRelease() {
        int count = processReleases();
        if (count == 0) {
            if (!awaitRelease(System.nanoTime() + timeoutNanos)) {
                throw new DriverTimeoutException(
                        "release ring: got nothing within " + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
                                + " ms, expected some of " + outstanding + " commands");
            }
            count = processReleases();
        }
        return count;
    }

    /** Waits until the release ring has got something; false at the deadline. */
    private boolean awaitRelease(long deadline) {
        for (int i = 0; i < SPINS; i++) {
            if (hasRelease()) {
                return true;
            }
            Thread.onSpinWait();
        }
        long oom = System.nanoTime() + OOM_AFTER_NANOS;
        while (true) {
            QxlReleaseRing.NOTIFY_ON_PROD.setRelease(ram, releaseRing, releasesTaken + 1);
            // We write notify_on_prod, then look at prod; the device writes prod, then looks at notify_on_prod.
            VarHandle.fullFence();
            if (hasRelease()) {
                return true;
            }
            long now = System.nanoTime();
            if (deadline - now <= 0) {
                return false;
            }
            if (oom - now <= 0) {
                oomNotices++;
                hardware.out(QxlIo.NOTIFY_OOM, 0);
                oom = System.nanoTime() + OOM_AGAIN_NANOS;
            }
            awaitInterrupt(QxlInterrupt.DISPLAY, deadline - oom < 0 ? deadline : oom);
            seen &= ~QxlInterrupt.DISPLAY;
        }
    }

    private boolean hasRelease() {
        return QxlReleaseRing.PROD.getAcquire(ram, releaseRing) != releasesTaken;
    }

    // ---- ports

    /** Writes a synchronous port. */
    public void out(int port, int value) {
        hardware.out(port, value);
    }

    /** Writes an asynchronous port, and waits for IO_CMD. */
    public void outAsync(int port, int value) {
        service();
        seen &= ~QxlInterrupt.IO_CMD;
        hardware.out(port, value);
        if (!awaitInterrupt(QxlInterrupt.IO_CMD, System.nanoTime() + timeoutNanos)) {
            throw new DriverTimeoutException("port " + port + ": got no IO_CMD within "
                    + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms, expected one");
        }
        seen &= ~QxlInterrupt.IO_CMD;
    }

    /** Makes a primary over the primary's area, which holds its pixels already if KEEP_DATA is among {@code flags}. */
    public void createPrimary(
            int width,
            int height,
            int stride,
            int format,
            int position,
            int mouseMode,
            int flags,
            int type,
            boolean async) {
        long bytes = Math.abs((long) stride) * height;
        if (!(bytes <= rom.surface0AreaBytes())) {
            throw new IllegalStateException("primary of " + width + "x" + height + ": got " + bytes
                    + " bytes, expected at most " + rom.surface0AreaBytes() + ", the device's surface0 area");
        }
        long at = QxlRam.CREATE_SURFACE.at(header);
        QxlSurfaceCreate.WIDTH.set(ram, at, width);
        QxlSurfaceCreate.HEIGHT.set(ram, at, height);
        QxlSurfaceCreate.STRIDE.set(ram, at, stride);
        QxlSurfaceCreate.FORMAT.set(ram, at, format);
        QxlSurfaceCreate.POSITION.set(ram, at, position);
        QxlSurfaceCreate.MOUSE_MODE.set(ram, at, mouseMode);
        QxlSurfaceCreate.FLAGS.set(ram, at, flags);
        QxlSurfaceCreate.TYPE.set(ram, at, type);
        QxlSurfaceCreate.MEM.set(ram, at, primaryAddress());
        port(QxlIo.CREATE_PRIMARY, QxlIo.CREATE_PRIMARY_ASYNC, async);
    }

    /** Destroys the primary. */
    public void destroyPrimary(boolean async) {
        port(QxlIo.DESTROY_PRIMARY, QxlIo.DESTROY_PRIMARY_ASYNC, async);
    }

    /** Destroys all surfaces. */
    public void destroyAllSurfaces(boolean async) {
        port(QxlIo.DESTROY_ALL_SURFACES, QxlIo.DESTROY_ALL_SURFACES_ASYNC, async);
    }

    /** Has all that was pushed rendered, and the area written back into the surface's memory. */
    public void updateArea(int surface, int top, int left, int bottom, int right, boolean async) {
        long at = QxlRam.UPDATE_AREA.at(header);
        QxlRect.TOP.set(ram, at, top);
        QxlRect.LEFT.set(ram, at, left);
        QxlRect.BOTTOM.set(ram, at, bottom);
        QxlRect.RIGHT.set(ram, at, right);
        QxlRam.UPDATE_SURFACE.set(ram, header, surface);
        port(QxlIo.UPDATE_AREA, QxlIo.UPDATE_AREA_ASYNC, async);
    }

    /** Says that there is one monitor, which shows all of the primary. */
    public void monitorsConfig(int width, int height) {
        long bytes = QxlMonitorsConfig.STRUCT.size() + QxlHead.STRUCT.size();
        long address = allocate(GuestMemory.RAM, bytes);
        long config = memory.offset(address);
        long head = config + QxlMonitorsConfig.STRUCT.size();
        QxlMonitorsConfig.COUNT.set(ram, config, 1);
        QxlMonitorsConfig.MAX_ALLOWED.set(ram, config, 1);
        QxlHead.ID.set(ram, head, 0);
        QxlHead.SURFACE_ID.set(ram, head, 0);
        QxlHead.WIDTH.set(ram, head, width);
        QxlHead.HEIGHT.set(ram, head, height);
        QxlHead.X.set(ram, head, 0);
        QxlHead.Y.set(ram, head, 0);
        QxlHead.FLAGS.set(ram, head, 0);
        QxlRam.MONITORS_CONFIG.set(ram, header, address);
        outAsync(QxlIo.MONITORS_CONFIG_ASYNC, 0);
        memory.free(address);
    }

    private void port(int sync, int asynchronous, boolean async) {
        if (async) {
            outAsync(asynchronous, 0);
        } else {
            hardware.out(sync, 0);
        }
    }

    // ---- interrupts

    /** Any thread. The work is done by the driver's thread, as by a threaded interrupt handler. */
    private void interrupt() {
        interrupted = true;
        LockSupport.unpark(waiter);
    }

    /** Wakes the driver's thread if it waits or sleeps. Any thread. */
    void wake() {
        LockSupport.unpark(waiter);
    }

    /** Waits for one of {@code bits}; false at the deadline. The caller takes them out of {@link #seen}. */
    private boolean awaitInterrupt(int bits, long deadline) {
        waiter = Thread.currentThread();
        while (true) {
            service();
            if ((seen & bits) != 0) {
                return true;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            if (!interrupted) {
                LockSupport.parkNanos(this, Math.min(left, LONGEST_PARK_NANOS));
                boolean late = left > LONGEST_PARK_NANOS && System.nanoTime() - deadline + left >= LONGEST_PARK_NANOS;
                if (late && !interrupted && QxlRam.INT_PENDING.getVolatile(ram, header) != 0) {
                    missedInterrupts++;
                    interrupted = true;
                }
            }
        }
    }

    /** Takes all pending bits; the line falls with the last of them. */
    private void service() {
        if (!interrupted) {
            return;
        }
        interrupted = false;
        int pending = QxlRam.INT_PENDING.getAndSet(ram, header, 0);
        while (pending != 0) {
            seen |= pending;
            if ((pending & QxlInterrupt.ERROR) != 0) {
                errors++;
            }
            hardware.out(QxlIo.UPDATE_IRQ, 0);
            pending = QxlRam.INT_PENDING.getAndSet(ram, header, 0);
        }
    }
}
