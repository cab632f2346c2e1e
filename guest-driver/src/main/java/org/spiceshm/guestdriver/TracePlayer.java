package org.spiceshm.guestdriver;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseRing;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.trace.TraceProto;
import org.spiceshm.protocol.trace.TraceReader;

/**
 * Plays a session trace: puts the memory that a command named back where it was, pushes the command, and waits until it
 * has been rendered before the next one's memory is put there. Slower than a recording's player, and exact: addresses,
 * faults and all.
 *
 * <p>Owned by the thread that plays, which is the device's only guest.
 */
public final class TracePlayer {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long POLL_NANOS = 20_000;
    private static final int LAST_BAR = 1;

    private final QxlHardware hardware;
    private final TraceReader trace;
    private final MemorySegment ram;
    private final PciBars bars;
    private final long header;
    private final CommandRing commandRing;
    private final CommandRing cursorRing;
    private boolean hasPrimary;
    private long events;
    private long commands;

    /** Resets the device behind {@code hardware}; the trace stays the caller's. */
    public TracePlayer(QxlHardware hardware, TraceReader trace) {
        this.hardware = hardware;
        this.trace = trace;
        bars = PciBars.assign(hardware);
        hardware.onInterrupt(() -> {});
        hardware.out(QxlIo.RESET, 0);
        ram = hardware.bar(0);
        header = QxlRom.RAM_HEADER_OFFSET.getUnsigned(hardware.bar(2), 0);
        commandRing = new CommandRing(ram, QxlRam.CMD_RING.at(header), "cmd_ring");
        cursorRing = new CommandRing(ram, QxlRam.CURSOR_RING.at(header), "cursor_ring");
        attach();
    }

    private void attach() {
        commandRing.attach();
        cursorRing.attach();
    }

    /** Commands and port writes played. */
    public long events() {
        return events;
    }

    /** Commands among them. */
    public long commands() {
        return commands;
    }

    /**
     * Plays until {@code maxEvents} commands and port writes have been played, or to the end.
     *
     * @throws IOException if the trace is damaged, or was made on a device with other BARs
     */
    public void play(long maxEvents) throws IOException {
        while (events < maxEvents) {
            TraceProto.Record record = trace.next();
            if (record == null) {
                return;
            }
            switch (record.getEventCase()) {
                case START -> checkDevice(record.getStart());
                case MEMORY_SLOT -> memorySlot(record.getMemorySlot());
                case COMMAND -> command(record.getCommand());
                case PORT -> port(record.getPort());
                case DAMAGE, INPUT, EVENT_NOT_SET -> {}
            }
        }
    }

    private void checkDevice(TraceProto.Start start) throws IOException {
        if (start.getRamBytes() != bars.size(0) || start.getVramBytes() != bars.size(1)) {
            throw new IOException("trace: got BARs of " + start.getRamBytes() + " and " + start.getVramBytes()
                    + " bytes, expected this device's " + bars.size(0) + " and " + bars.size(1));
        }
    }

    private void memorySlot(TraceProto.MemorySlot slot) throws IOException {
        if (slot.getLength() == 0) {
            hardware.out(QxlIo.MEMSLOT_DEL, slot.getSlot());
            return;
        }
        if (!(0 <= slot.getBar() && slot.getBar() <= LAST_BAR)) {
            throw new IOException("trace: got a memory slot in BAR " + slot.getBar() + ", expected 0 or 1");
        }
        long start = bars.address(slot.getBar()) + slot.getOffset();
        long at = QxlRam.MEM_SLOT.at(header);
        QxlMemSlot.MEM_START.set(ram, at, start);
        QxlMemSlot.MEM_END.set(ram, at, start + slot.getLength());
        hardware.out(QxlIo.MEMSLOT_ADD, slot.getSlot());
    }

    private void command(TraceProto.Command command) throws IOException {
        put(command.getMemoryList());
        CommandRing ring = command.getCursorRing() ? cursorRing : commandRing;
        if (ring.put(command.getType(), command.getAddress())) {
            hardware.out(command.getCursorRing() ? QxlIo.NOTIFY_CURSOR : QxlIo.NOTIFY_CMD, 0);
        }
        events++;
        commands++;
        awaitRendered();
    }

    private void port(TraceProto.Port port) throws IOException {
        put(port.getMemoryList());
        byte[] parameters = port.getParameters().toByteArray();
        long most = switch (port.getPort()) {
            case QxlIo.CREATE_PRIMARY -> QxlSurfaceCreate.STRUCT.size();
            case QxlIo.UPDATE_AREA -> QxlRect.STRUCT.size() + QxlRam.UPDATE_SURFACE.length();
            case QxlIo.DESTROY_PRIMARY,
                    QxlIo.DESTROY_ALL_SURFACES,
                    QxlIo.DESTROY_SURFACE_WAIT,
                    QxlIo.FLUSH_SURFACES_ASYNC,
                    QxlIo.MONITORS_CONFIG_ASYNC,
                    QxlIo.RESET -> 0;
            default ->
                throw new IOException(
                        "trace: got a write to port " + port.getPort() + ", expected one that a trace can hold");
        };
        if (!(parameters.length <= most)) {
            throw new IOException("trace: got " + parameters.length + " bytes for port " + port.getPort()
                    + ", expected at most " + most);
        }
        long at = switch (port.getPort()) {
            case QxlIo.CREATE_PRIMARY -> QxlRam.CREATE_SURFACE.at(header);
            default -> QxlRam.UPDATE_AREA.at(header);
        };
        MemorySegment.copy(parameters, 0, ram, ValueLayout.JAVA_BYTE, at, parameters.length);
        events++;
        if (port.getPort() == QxlIo.MONITORS_CONFIG_ASYNC) {
            QxlRam.MONITORS_CONFIG.set(ram, header, port.getAddress());
        }
        boolean async = port.getPort() == QxlIo.MONITORS_CONFIG_ASYNC || port.getPort() == QxlIo.FLUSH_SURFACES_ASYNC;
        if (async) {
            outAsync(port.getPort(), port.getValue());
        } else {
            hardware.out(port.getPort(), port.getValue());
        }
        switch (port.getPort()) {
            case QxlIo.CREATE_PRIMARY -> hasPrimary = port.getFault().isEmpty();
            case QxlIo.DESTROY_PRIMARY, QxlIo.DESTROY_ALL_SURFACES -> hasPrimary = false;
            case QxlIo.RESET -> {
                hasPrimary = false;
                attach();
            }
            default -> {}
        }
    }

    private void put(List<TraceProto.Memory> pieces) throws IOException {
        for (TraceProto.Memory piece : pieces) {
            boolean known = 0 <= piece.getBar() && piece.getBar() <= LAST_BAR;
            MemorySegment bar = known ? hardware.bar(piece.getBar()) : MemorySegment.NULL;
            long length = piece.getData().size();
            if (!(0 <= piece.getOffset() && piece.getOffset() <= bar.byteSize() - length)) {
                throw new IOException("trace: got memory at " + piece.getOffset() + " of BAR " + piece.getBar()
                        + ", expected it to lie in the BAR");
            }
            MemorySegment.copy(MemorySegment.ofArray(piece.getData().toByteArray()), 0, bar, piece.getOffset(), length);
        }
    }

    /** A synchronous port is answered only after all that stands before it has been rendered. */
    private void awaitRendered() throws IOException {
        if (hasPrimary) {
            long area = QxlRam.UPDATE_AREA.at(header);
            QxlRect.TOP.set(ram, area, 0);
            QxlRect.LEFT.set(ram, area, 0);
            QxlRect.BOTTOM.set(ram, area, 1);
            QxlRect.RIGHT.set(ram, area, 1);
            QxlRam.UPDATE_SURFACE.set(ram, header, 0);
            hardware.out(QxlIo.UPDATE_AREA, 0);
        } else {
            outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        }
        // Whatever was released is ours again; there is nothing to remember of it.
        long ring = QxlRam.RELEASE_RING.at(header);
        QxlReleaseRing.CONS.setRelease(ram, ring, QxlReleaseRing.PROD.getAcquire(ram, ring));
    }

    private void outAsync(int port, int value) throws IOException {
        QxlRam.INT_PENDING.setVolatile(ram, header, 0);
        hardware.out(port, value);
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while ((QxlRam.INT_PENDING.getVolatile(ram, header) & QxlInterrupt.IO_CMD) == 0) {
            if (deadline - System.nanoTime() < 0) {
                throw new IOException("port " + port + ": got no IO_CMD within 15 s");
            }
            LockSupport.parkNanos(this, POLL_NANOS);
        }
    }

    /** Returns when all that was played has been rendered. */
    public void finish() throws IOException {
        awaitRendered();
    }
}
