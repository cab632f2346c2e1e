package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Completion;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.FaultCounters;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlHead;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlMode;
import org.spiceshm.protocol.qxl.QxlMonitorsConfig;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.MemoryFile;

/**
 * A QXL device of revision 5: its memory, its ports, its rings; and, if it is a machine's first card, its VGA.
 *
 * <pre>
 *  guest --BARs--> rings --CommandIntake/CommandParser--> CommandSlot --CommandSink--> ...
 *  guest &lt;-- release ring, interrupts &lt;-- finish(slot) &lt;-- ...
 *  guest --VGA ports, memory--> VgaRegisters/VgaPicture/VgaScreen --CommandSlot--> ...        while in VGA mode
 * </pre>
 *
 * <p>Nothing a guest does throws or stops it: a bad command is a {@link GuestFault}, counted and released, and the next
 * one is read; a bad port write has no effect, and an asynchronous one still raises IO_CMD. The ERROR interrupt is
 * raised once per kind of fault.
 *
 * <p>Threads: {@link #doWork}, {@link #refresh}, ports and {@link #config} belong to the device thread; {@link #finish} and
 * {@link #batchFinished} to the one thread behind the sink; counters to anybody. It lives until {@link #close}, after
 * both threads have stopped.
 */
public final class QxlDevice implements AutoCloseable {
    /** Most commands that one {@link #doWork} takes from a ring, so that ports are heard in between. */
    private static final int INTAKE_LIMIT = 64;
    /** A text that {@link QxlIo#LOG} finds is cut here. */
    private static final int MAX_LOG_CHARACTERS = 256;

    private static final int RAM_MAGIC = 'Q' | 'X' << 8 | 'R' << 16 | 'A' << 24;
    /** How often a VGA's memory is looked at; QEMU's period. */
    private static final long REFRESH_NANOS = 30_000_000;
    /** See {@link #await}. */
    private static final long MAX_PARK_NANOS = 1_000_000;

    private static final Logger LOG = System.getLogger(QxlDevice.class.getName());

    private final QxlConfig sizes;
    private final CommandSink sink;
    private final DeviceMemory memory;
    private final MemorySegment ram;
    private final long header;
    private final PciConfigSpace config;
    private final RomImage rom;
    private final Interrupts interrupts;
    private final MemorySlots slots = new MemorySlots();
    private final SurfaceTable surfaces;
    private final CommandParser parser;
    private final GuestMemory guest;
    private final CommandIntake commands;
    private final CommandIntake cursor;
    private final ReleaseRing releases;
    private final FaultCounters faults = new FaultCounters();
    private final CommandIntake.FaultListener countFault = this::fault;
    private final VgaRegisters vgaRegisters;
    private final VgaPicture vgaPicture;
    private final VgaScreen vgaScreen;

    private DeviceMode mode;
    private long lastTicket;
    private long nextRefresh;
    /** A picture that there was no memory for is not tried again until it has another size. */
    private int refusedWidth;

    private int refusedHeight;

    private volatile boolean asyncPending;
    private volatile long finishedTicket;
    private volatile boolean waiting;
    private volatile @Nullable Thread deviceThread;

    /**
     * Makes the device's memory and resets it.
     *
     * @throws IOException if the memory cannot be had
     */
    public QxlDevice(QxlConfig sizes, CommandSink sink, InterruptLine line) throws IOException {
        this.sizes = sizes;
        this.sink = sink;
        memory = new DeviceMemory(sizes);
        ram = memory.ram();
        header = memory.ramHeader();
        config = new PciConfigSpace(sizes);
        rom = new RomImage(memory.rom(), sizes, header);
        interrupts = new Interrupts(ram, header, config, line);
        surfaces = new SurfaceTable(sizes.surfaces());
        guest = new GuestMemory(memory, slots);
        parser = new CommandParser(guest, surfaces);
        commands = new CommandIntake(
                ram, QxlRam.CMD_RING.at(header), false, QxlInterrupt.DISPLAY, parser, sink, interrupts);
        cursor = new CommandIntake(
                ram, QxlRam.CURSOR_RING.at(header), true, QxlInterrupt.CURSOR, parser, sink, interrupts);
        releases = new ReleaseRing(ram, header, interrupts, sizes.surfaces());
        vgaRegisters = new VgaRegisters(ram, sizes.vgaBytes());
        vgaPicture = new VgaPicture(vgaRegisters, ram, sizes.vgaBytes());
        vgaScreen = new VgaScreen(vgaPicture, ram);
        mode = modeAfterReset();
        nextRefresh = System.nanoTime();
        initialiseHeader();
    }

    // ---- what others see

    /** PCI configuration space. Device thread. */
    public PciConfigSpace config() {
        return config;
    }

    /** The file behind BAR 0 (ram), 1 (vram) or 2 (rom); it stays the device's. */
    public MemoryFile barFile(int bar) {
        return memory.file(bar);
    }

    /** The memory behind BAR 0, 1 or 2; the ROM cannot be written through it. */
    public MemorySegment bar(int bar) {
        MemorySegment segment = memory.segment(bar);
        return bar == DeviceMemory.ROM_BAR ? segment.asReadOnly() : segment;
    }

    /** What the guest has done wrong so far. Any thread. */
    public FaultCounters faults() {
        return faults;
    }

    /** Current mode. Device thread. */
    public DeviceMode mode() {
        return mode;
    }

    // ---- duty cycle

    /** What a {@link #doWork} has left. */
    public enum Work {
        /** There may be more at once. */
        MORE,
        /** The sink is full; {@link #batchFinished} will wake the thread. */
        BLOCKED,
        /** The rings are empty, and the guest will knock. */
        IDLE
    }

    /** Reads both rings. Device thread. */
    public Work doWork() {
        if (mode == DeviceMode.VGA) {
            return Work.IDLE;
        }
        boolean more = commands.poll(INTAKE_LIMIT, countFault) == INTAKE_LIMIT;
        more |= cursor.poll(INTAKE_LIMIT, countFault) == INTAKE_LIMIT;
        if (commands.blocked() || cursor.blocked()) {
            return Work.BLOCKED;
        }
        return more ? Work.MORE : Work.IDLE;
    }

    /**
     * Looks at the VGA's memory, if it is time to; never waits but for a new picture size. Device thread, no borrower.
     *
     * @param now System.nanoTime()
     * @return nanoseconds until it wants to be called again; far away outside of VGA mode
     */
    public long refresh(long now) {
        if (mode != DeviceMode.VGA) {
            return Long.MAX_VALUE;
        }
        long left = nextRefresh - now;
        if (left > 0) {
            return left;
        }
        nextRefresh = now + REFRESH_NANOS;
        vgaPicture.look();
        if (vgaScreen.needsPrimary()) {
            showVga();
        } else if (vgaScreen.isShown()) {
            updateVga();
        }
        return REFRESH_NANOS;
    }

    private void showVga() {
        hideVga();
        if (vgaPicture.width() == refusedWidth && vgaPicture.height() == refusedHeight) {
            return;
        }
        if (!vgaScreen.reshape()) {
            refusedWidth = vgaPicture.width();
            refusedHeight = vgaPicture.height();
            fault(GuestFault.PRIMARY_TOO_LARGE);
            return;
        }
        CommandSlot slot = claim();
        vgaScreen.describePrimary(slot);
        publish(slot, null, Completion.NONE);
    }

    /** Without room in the sink, what has changed stays unlooked at until the next time. */
    private void updateVga() {
        CommandSlot slot = sink.claim();
        if (slot != null && vgaScreen.update()) {
            slot.clear();
            slot.readNanos = System.nanoTime();
            vgaScreen.describeUpdate(slot);
            publish(slot, null, Completion.NONE);
        }
    }

    private void hideVga() {
        if (vgaScreen.isShown()) {
            vgaScreen.hide();
            CommandSlot slot = claim();
            slot.kind = Kind.PRIMARY_DESTROY;
            publish(slot, null, Completion.NONE);
        }
    }

    // ---- VGA's ports

    /**
     * A write of {@code width} bytes (1, 2 or 4) to a VGA or DISPI port, by its number in the machine. As of revision 5 it
     * does not end native mode. Device thread.
     */
    public void vgaWrite(int port, int width, int value) {
        if (sizes.vga()) {
            vgaRegisters.write(port, width, value);
        }
    }

    /** A read of {@code width} bytes (1, 2 or 4) from a VGA or DISPI port; ones if there is no VGA. Device thread. */
    public int vgaRead(int port, int width) {
        return sizes.vga() ? vgaRegisters.read(port, width) : VgaRegisters.allOnes(width);
    }

    // ---- ports

    /**
     * A one-byte write to BAR 3. Returns when a synchronous port is done; after it, {@link #doWork} until it is idle.
     * Device thread.
     */
    public void ioWrite(int port, int value) {
        if (!mode.acts(port)) {
            refuse(port);
            return;
        }
        switch (port) {
            case QxlIo.NOTIFY_CMD, QxlIo.NOTIFY_CURSOR -> doWork();
            case QxlIo.UPDATE_IRQ -> interrupts.update();
            case QxlIo.NOTIFY_OOM, QxlIo.FLUSH_RELEASE -> flushRelease();
            case QxlIo.RESET -> reset();
            case QxlIo.LOG -> log();
            case QxlIo.MEMSLOT_ADD -> memslotAdd(value, Completion.SYNC);
            case QxlIo.MEMSLOT_DEL -> memslotDelete(value);
            case QxlIo.UPDATE_AREA -> updateArea(Completion.SYNC);
            case QxlIo.CREATE_PRIMARY -> createPrimary(value, Completion.SYNC);
            case QxlIo.DESTROY_PRIMARY -> destroyPrimary(value, Completion.SYNC);
            case QxlIo.DESTROY_SURFACE_WAIT -> destroySurface(value, Completion.SYNC);
            case QxlIo.DESTROY_ALL_SURFACES -> destroyAllSurfaces(Completion.SYNC);
            case QxlIo.SET_MODE -> setMode(value);
            default -> {
                if (QxlIo.isAsync(port)) {
                    async(port, value);
                } else {
                    fault(GuestFault.PORT_UNKNOWN);
                }
            }
        }
    }

    private void refuse(int port) {
        if (port == QxlIo.NOTIFY_CMD || port == QxlIo.NOTIFY_CURSOR) {
            return; // a driver that is late hurts nobody
        }
        fault(GuestFault.PORT_IN_WRONG_MODE);
        if (QxlIo.isAsync(port)) {
            interrupts.raise(QxlInterrupt.IO_CMD);
        }
    }

    /** A read of BAR 3: all ones. */
    public int ioRead() {
        return 0xff;
    }

    /** At most one is at work at a time; whatever is wrong with it, IO_CMD comes, since guests wait seconds for it. */
    private void async(int port, int value) {
        if (asyncPending) {
            fault(GuestFault.ASYNC_WHILE_PENDING);
            return;
        }
        asyncPending = true;
        switch (port) {
            case QxlIo.UPDATE_AREA_ASYNC -> updateArea(Completion.ASYNC);
            case QxlIo.CREATE_PRIMARY_ASYNC -> createPrimary(value, Completion.ASYNC);
            case QxlIo.DESTROY_PRIMARY_ASYNC -> destroyPrimary(value, Completion.ASYNC);
            case QxlIo.DESTROY_SURFACE_ASYNC -> destroySurface(value, Completion.ASYNC);
            case QxlIo.DESTROY_ALL_SURFACES_ASYNC -> destroyAllSurfaces(Completion.ASYNC);
            case QxlIo.FLUSH_SURFACES_ASYNC -> flushSurfaces();
            case QxlIo.MONITORS_CONFIG_ASYNC -> monitorsConfig();
            default -> memslotAdd(value, Completion.ASYNC);
        }
    }

    private void flushRelease() {
        drain();
        CommandSlot slot = claim();
        slot.kind = Kind.FLUSH_RELEASE;
        sink.publish(slot);
    }

    private void updateArea(Completion completion) {
        drain();
        CommandSlot slot = claim();
        int area = slot.append(ram, QxlRam.UPDATE_AREA.at(header), QxlRam.UPDATE_AREA.length());
        // The field is younger than compat mode's drivers.
        int surface = mode == DeviceMode.COMPAT ? SurfaceTable.PRIMARY : QxlRam.UPDATE_SURFACE.get(ram, header);
        publish(slot, parser.updateArea(slot, surface, slot.snapshot(), area), completion);
    }

    /** First generation: hard reset, all of BAR 0 named by bus addresses, and a primary at its start. QEMU, qxl_set_mode. */
    private void setMode(int id) {
        long at = rom.findMode(id);
        long address = config.barAddress(DeviceMemory.RAM_BAR);
        GuestFault fault = at < 0 ? GuestFault.MODE_UNKNOWN : address == 0 ? GuestFault.MEMSLOT_OUTSIDE_BARS : null;
        if (fault != null) {
            fault(fault);
            return;
        }
        int width = QxlMode.X_RES.get(memory.rom(), at);
        int height = QxlMode.Y_RES.get(memory.rom(), at);
        boolean sixteenBits = QxlMode.BITS.get(memory.rom(), at) == 16;
        // Whatever the mode's bits: they say what a colour is, not what a pixel is.
        int stride = -4 * width;
        // A table in which a mode has 16 bits lets some pass that do not fit in 32.
        if (!(SurfaceTable.bytes(height, stride) <= sizes.vgaBytes())) {
            fault(GuestFault.PRIMARY_TOO_LARGE);
            return;
        }
        hardReset();
        mode = DeviceMode.COMPAT;
        rom.setMode(id);
        slots.addCompat(DeviceMemory.RAM_BAR, address, ram.byteSize());
        parser.setCompat(sixteenBits);
        CommandSlot slot = claim();
        describeCompatPrimary(slot, width, height, stride, address);
        fault = parser.surfaceMemory(slot, address, height, stride);
        slot.kind = Kind.PRIMARY_CREATE;
        slot.surfaceId = SurfaceTable.PRIMARY;
        surfaces.put(SurfaceTable.PRIMARY, SurfaceFormat.XRGB_32, width, height);
        publish(slot, fault, Completion.SYNC);
    }

    private static void describeCompatPrimary(CommandSlot slot, int width, int height, int stride, long address) {
        int at = slot.reserve(QxlSurfaceCreate.STRUCT.size());
        MemorySegment copy = slot.snapshot();
        copy.asSlice(at, QxlSurfaceCreate.STRUCT.size()).fill((byte) 0);
        QxlSurfaceCreate.WIDTH.set(copy, at, width);
        QxlSurfaceCreate.HEIGHT.set(copy, at, height);
        QxlSurfaceCreate.STRIDE.set(copy, at, stride);
        QxlSurfaceCreate.FORMAT.set(copy, at, SurfaceFormat.XRGB_32.number());
        QxlSurfaceCreate.MOUSE_MODE.set(copy, at, 1);
        QxlSurfaceCreate.MEM.set(copy, at, address);
    }

    private void createPrimary(int number, Completion completion) {
        drain();
        if (mode == DeviceMode.VGA) {
            hideVga();
            mode = DeviceMode.UNDEFINED;
        }
        if (number == SurfaceTable.PRIMARY && surfaces.exists(SurfaceTable.PRIMARY)) {
            if (mode == DeviceMode.NATIVE) {
                fault(GuestFault.PRIMARY_ALREADY_EXISTS);
            }
            destroyPrimary(number, Completion.NONE);
        }
        CommandSlot slot = claim();
        slot.append(ram, QxlRam.CREATE_SURFACE.at(header), QxlSurfaceCreate.STRUCT.size());
        publish(slot, checkPrimary(slot, number), completion);
    }

    private @Nullable GuestFault checkPrimary(CommandSlot slot, int number) {
        if (number != SurfaceTable.PRIMARY) {
            return GuestFault.SURFACE_ID_OUT_OF_RANGE;
        }
        MemorySegment copy = slot.snapshot();
        int formatNumber = QxlSurfaceCreate.FORMAT.get(copy, 0);
        int width = QxlSurfaceCreate.WIDTH.get(copy, 0);
        int height = QxlSurfaceCreate.HEIGHT.get(copy, 0);
        int stride = QxlSurfaceCreate.STRIDE.get(copy, 0);
        GuestFault fault = SurfaceTable.checkShape(formatNumber, width, height, stride);
        if (fault == null && SurfaceTable.bytes(height, stride) > sizes.vgaBytes()) {
            fault = GuestFault.PRIMARY_TOO_LARGE;
        }
        if (fault == null) {
            fault = parser.surfaceMemory(slot, QxlSurfaceCreate.MEM.get(copy, 0), height, stride);
        }
        SurfaceFormat format = SurfaceFormat.ofNumber(formatNumber);
        if (fault != null || format == null) {
            return fault;
        }
        slot.kind = Kind.PRIMARY_CREATE;
        slot.surfaceId = SurfaceTable.PRIMARY;
        surfaces.put(SurfaceTable.PRIMARY, format, width, height);
        parser.setNative();
        mode = DeviceMode.NATIVE;
        return null;
    }

    private void destroyPrimary(int number, Completion completion) {
        drain();
        CommandSlot slot = claim();
        if (number != SurfaceTable.PRIMARY) {
            publish(slot, GuestFault.SURFACE_ID_OUT_OF_RANGE, completion);
        } else if (!surfaces.exists(SurfaceTable.PRIMARY)) {
            publish(slot, GuestFault.PRIMARY_ABSENT, completion);
        } else {
            slot.kind = Kind.PRIMARY_DESTROY;
            surfaces.remove(SurfaceTable.PRIMARY);
            mode = DeviceMode.UNDEFINED;
            publish(slot, null, completion);
        }
    }

    private void destroySurface(int surface, Completion completion) {
        drain();
        GuestFault fault =
                surface == SurfaceTable.PRIMARY ? GuestFault.SURFACE_ID_OUT_OF_RANGE : surfaces.check(surface);
        CommandSlot slot = claim();
        if (fault == null) {
            slot.kind = Kind.SURFACE_DESTROY;
            slot.surfaceId = surface;
            surfaces.remove(surface);
        }
        publish(slot, fault, completion);
    }

    private void destroyAllSurfaces(Completion completion) {
        drain();
        CommandSlot slot = claim();
        slot.kind = Kind.DESTROY_ALL_SURFACES;
        surfaces.clear();
        mode = DeviceMode.UNDEFINED;
        publish(slot, null, completion);
    }

    private void flushSurfaces() {
        drain();
        CommandSlot slot = claim();
        slot.kind = Kind.FLUSH_SURFACES;
        publish(slot, null, Completion.ASYNC);
    }

    private void monitorsConfig() {
        drain();
        CommandSlot slot = claim();
        GuestFault fault = copyMonitors(slot, QxlRam.MONITORS_CONFIG.get(ram, header));
        if (fault == null) {
            slot.kind = Kind.MONITORS_CONFIG;
        }
        publish(slot, fault, Completion.ASYNC);
    }

    /** CVE-2015-3247: count is copied once, checked, and the heads are copied for that count. */
    private @Nullable GuestFault copyMonitors(CommandSlot slot, long physical) {
        slot.commandAddress = physical;
        GuestFault fault = guest.copy(slot, physical, QxlMonitorsConfig.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        int count = QxlMonitorsConfig.COUNT.get(slot.snapshot(), 0);
        int most = QxlMonitorsConfig.MAX_ALLOWED.get(slot.snapshot(), 0);
        boolean valid = 0 < count && count <= RomImage.MAX_HEADS && count <= most;
        if (!valid) {
            return GuestFault.MONITORS_CONFIG_COUNT;
        }
        fault = guest.copy(slot, physical + QxlMonitorsConfig.STRUCT.size(), count * QxlHead.STRUCT.size());
        slot.dataOffset = guest.copiedTo();
        slot.dataLength = (int) (count * QxlHead.STRUCT.size());
        return fault;
    }

    /** Publishes a port's slot, or its fault, with the completion that is due in either case; SYNC waits for it. */
    private void publish(CommandSlot slot, @Nullable GuestFault fault, Completion completion) {
        slot.fault = fault;
        if (fault != null) {
            slot.kind = Kind.NONE;
        }
        slot.completion = completion;
        if (completion != Completion.SYNC) {
            sink.publish(slot);
            return;
        }
        // From here on the slot is not ours; and whoever finishes it must know whom to wake.
        deviceThread = Thread.currentThread();
        long ticket = ++lastTicket;
        slot.ticket = ticket;
        sink.publish(slot);
        while (finishedTicket < ticket) {
            await();
        }
    }

    private void memslotAdd(int slot, Completion completion) {
        long start = QxlMemSlot.MEM_START.get(ram, QxlRam.MEM_SLOT.at(header));
        long end = QxlMemSlot.MEM_END.get(ram, QxlRam.MEM_SLOT.at(header));
        CommandSlot report = claim();
        publish(report, addSlot(report, slot, start, end), completion);
    }

    /** What a trace has to know to find the same memory again. */
    private static void reportSlot(CommandSlot report, int slot, int bar, long start, long end) {
        report.kind = Kind.MEMORY_SLOT;
        report.surfaceId = slot;
        report.boxTop = bar;
        int at = report.reserve(QxlMemSlot.STRUCT.size());
        QxlMemSlot.MEM_START.set(report.snapshot(), at, start);
        QxlMemSlot.MEM_END.set(report.snapshot(), at, end);
    }

    private @Nullable GuestFault addSlot(CommandSlot report, int slot, long start, long end) {
        if (!(MemorySlots.FIRST <= slot && slot < MemorySlots.COUNT)) {
            return GuestFault.MEMSLOT_ID_OUT_OF_RANGE;
        }
        if (slots.isActive(slot)) {
            return GuestFault.MEMSLOT_ALREADY_ACTIVE;
        }
        for (int bar = DeviceMemory.RAM_BAR; bar <= DeviceMemory.VRAM_BAR; bar++) {
            long address = config.barAddress(bar);
            long barEnd = address + memory.segment(bar).byteSize();
            if (address != 0 && address <= start && start < end && end <= barEnd) {
                slots.add(slot, bar, start - address, end - start);
                reportSlot(report, slot, bar, start - address, end - address);
                return null;
            }
        }
        return GuestFault.MEMSLOT_OUTSIDE_BARS;
    }

    private void memslotDelete(int slot) {
        if (!(MemorySlots.FIRST <= slot && slot < MemorySlots.COUNT && slots.isActive(slot))) {
            fault(GuestFault.MEMSLOT_NOT_ACTIVE);
            return;
        }
        drain();
        slots.remove(slot);
        CommandSlot report = claim();
        reportSlot(report, slot, 0, 0, 0);
        publish(report, null, Completion.NONE);
    }

    /** The guest's text, made harmless; it need not end. */
    private void log() {
        if (!LOG.isLoggable(Level.DEBUG)) {
            return;
        }
        byte[] bytes = new byte[MAX_LOG_CHARACTERS];
        MemorySegment.copy(ram, ValueLayout.JAVA_BYTE, QxlRam.LOG_BUF.at(header), bytes, 0, bytes.length);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        String text = new String(bytes, 0, length, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
        LOG.log(Level.DEBUG, "guest: {0}", text);
    }

    /**
     * Hard reset: everything goes but the memory's bytes and the VGA's registers. What stands in the rings is lost, as on
     * hardware.
     */
    public void reset() {
        hardReset();
        mode = modeAfterReset();
    }

    /** The machine's reset: as {@link #reset}, and the VGA shows nothing until somebody sets a mode. Device thread. */
    public void powerOnReset() {
        vgaRegisters.reset();
        vgaPicture.reset();
        reset();
    }

    private DeviceMode modeAfterReset() {
        return sizes.vga() ? DeviceMode.VGA : DeviceMode.UNDEFINED;
    }

    private void hardReset() {
        CommandSlot slot = claim();
        slot.kind = Kind.RESET;
        publish(slot, null, Completion.SYNC);
        slots.clear();
        surfaces.clear();
        parser.setNative();
        vgaScreen.hide();
        nextRefresh = System.nanoTime();
        initialiseHeader();
        interrupts.update();
    }

    /**
     * As {@link #powerOnReset}, and another guest comes: it shall find neither the former one's addresses nor its memory.
     *
     * @throws IOException if the memory cannot be cleared
     */
    void powerOn() throws IOException {
        config.reset();
        powerOnReset();
        memory.clear();
        initialiseHeader();
    }

    private void initialiseHeader() {
        ram.asSlice(header, QxlRam.STRUCT.size()).fill((byte) 0);
        QxlRam.MAGIC.set(ram, header, RAM_MAGIC);
        commands.reset();
        cursor.reset();
        long ring = QxlRam.RELEASE_RING.at(header);
        QxlReleaseRing.NUM_ITEMS.set(ram, ring, QxlReleaseRing.ITEMS.count());
        QxlReleaseRing.NOTIFY_ON_PROD.set(ram, ring, 1);
    }

    // ---- the client's side

    /** Tells the guest whether anybody looks, and what all who look can do (bits 0..3). Device thread. */
    public void setClient(boolean present, int capabilities) {
        rom.setClient(present, capabilities);
        interrupts.raise(QxlInterrupt.CLIENT);
    }

    /**
     * Asks the guest for other monitors.
     *
     * @param heads x, y, width, height each, in pixels
     * @return whether the guest listens for such requests. Device thread.
     */
    public boolean requestMonitors(int[] heads) {
        int mask = interrupts.mask();
        boolean listens = mask != 0 && mask != -1 && (mask & QxlInterrupt.CLIENT_MONITORS_CONFIG) != 0;
        if (listens && rom.setMonitors(heads)) {
            interrupts.raise(QxlInterrupt.CLIENT_MONITORS_CONFIG);
        }
        return listens;
    }

    // ---- waiting for the sink

    /** Takes what stands in both rings now, waiting for room; a guest that keeps pushing does not keep it here. */
    private void drain() {
        if (mode == DeviceMode.VGA) {
            return;
        }
        drain(commands);
        drain(cursor);
    }

    private void drain(CommandIntake intake) {
        int left = intake.pending();
        while (left > 0) {
            int taken = intake.poll(left, countFault);
            left -= taken;
            if (intake.blocked()) {
                await();
            } else if (taken == 0) {
                return;
            }
        }
    }

    private CommandSlot claim() {
        CommandSlot slot = sink.claim();
        while (slot == null) {
            await();
            slot = sink.claim();
        }
        slot.clear();
        slot.readNanos = System.nanoTime();
        return slot;
    }

    /**
     * Sleeps until the sink has finished something, somebody unparks the thread, or a millisecond: room that came between
     * a failed claim and here has already been told. Device thread; a borrower never waits.
     */
    void await() {
        deviceThread = Thread.currentThread();
        waiting = true;
        LockSupport.parkNanos(this, MAX_PARK_NANOS);
        waiting = false;
    }

    // ---- behind the sink

    /** The pipeline is done with a slot: its command goes back to the guest, its port write is answered. */
    public void finish(CommandSlot slot) {
        GuestFault fault = slot.fault;
        if (fault != null) {
            fault(fault);
        }
        settle(slot);
        if (slot.completion == Completion.ASYNC) {
            releases.publish();
            // The guest's next asynchronous port may come as soon as it has seen the interrupt.
            asyncPending = false;
            interrupts.raise(QxlInterrupt.IO_CMD);
        } else if (slot.completion == Completion.SYNC) {
            releases.publish();
            finishedTicket = slot.ticket;
            LockSupport.unpark(deviceThread);
        }
    }

    private void settle(CommandSlot slot) {
        switch (slot.kind) {
            case SURFACE_CREATE -> releases.hold(slot);
            case SURFACE_DESTROY -> {
                releases.releaseHeld(slot.surfaceId);
                releases.release(slot);
            }
            case DESTROY_ALL_SURFACES -> releases.releaseAllHeld();
            case RESET -> releases.reset();
            case UPDATE_AREA -> {
                releases.release(slot);
                if (slot.releaseMemory != null) {
                    rom.setUpdateId((int) slot.ticket);
                    interrupts.raise(QxlInterrupt.DISPLAY);
                }
            }
            case NONE,
                    DRAW,
                    CURSOR,
                    PRIMARY_CREATE,
                    PRIMARY_DESTROY,
                    FLUSH_SURFACES,
                    FLUSH_RELEASE,
                    MEMORY_SLOT,
                    MONITORS_CONFIG -> releases.release(slot);
        }
    }

    /** The pipeline has come to the end of a batch: what was released is published, and a waiting intake woken. */
    public void batchFinished() {
        releases.publish();
        if (waiting) {
            LockSupport.unpark(deviceThread);
        }
    }

    private void fault(GuestFault fault) {
        if (faults.count(fault)) {
            LOG.log(Level.DEBUG, "guest fault {0}", fault);
            interrupts.raise(QxlInterrupt.ERROR);
        }
    }

    /** Frees the memory. Both threads must have stopped. */
    @Override
    public void close() {
        memory.close();
    }
}
