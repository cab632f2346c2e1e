package org.spiceshm.app;

import com.google.protobuf.ByteString;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.trace.TraceProto;
import org.spiceshm.protocol.trace.TraceWriter;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.qxldevice.QxlDevice;
import org.spiceshm.renderer.TraceSink;
import org.spiceshm.server.InputSink;

/**
 * Writes {@code serve --trace FILE}: every slot of the pipeline with the memory it was read from, its damage, and the
 * clients' inputs. A trace that cannot be written any more ends with one line in the log; the guest goes on.
 *
 * <p>Slots come from the pipeline's thread, inputs from the event loops' threads; a lock keeps records apart.
 */
final class SessionTrace implements TraceSink, InputSink, AutoCloseable {
    private static final Logger LOG = System.getLogger(SessionTrace.class.getName());

    private final TraceWriter writer;
    private final Path file;
    private final long begin = System.nanoTime();
    private @Nullable QxlDevice device;
    private boolean failed;

    SessionTrace(Path file, QxlConfig config) throws IOException {
        this.file = file;
        writer = new TraceWriter(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
        writer.write(record(begin)
                .setStart(TraceProto.Start.newBuilder()
                        .setRamBytes(config.ramBytes())
                        .setVramBytes(config.vramBytes())
                        .setVgaBytes(config.vgaBytes())
                        .setSurfaces(config.surfaces()))
                .build());
    }

    /** Whose memory the slots name; before the first of them. */
    synchronized void attach(QxlDevice traced) {
        device = traced;
    }

    private TraceProto.Record.Builder record(long nanos) {
        return TraceProto.Record.newBuilder().setNanos(Math.max(0, nanos - begin));
    }

    private synchronized void write(TraceProto.Record.Builder record) {
        if (failed) {
            return;
        }
        try {
            writer.write(record.build());
        } catch (IOException e) {
            failed = true;
            LOG.log(Level.ERROR, "{0}: the trace ends here: {1}", file, e.getMessage());
        }
    }

    // ---- slots

    @Override
    public void rendered(CommandSlot slot) {
        TraceProto.Record.Builder record = record(slot.readNanos);
        switch (slot.kind) {
            case MEMORY_SLOT -> write(record.setMemorySlot(memorySlot(slot)));
            case PRIMARY_CREATE ->
                write(record.setPort(
                        port(slot, QxlIo.CREATE_PRIMARY).setParameters(bytes(slot, QxlSurfaceCreate.STRUCT.size()))));
            case PRIMARY_DESTROY -> write(record.setPort(port(slot, QxlIo.DESTROY_PRIMARY)));
            case DESTROY_ALL_SURFACES -> write(record.setPort(port(slot, QxlIo.DESTROY_ALL_SURFACES)));
            case FLUSH_SURFACES -> write(record.setPort(port(slot, QxlIo.FLUSH_SURFACES_ASYNC)));
            case MONITORS_CONFIG ->
                write(record.setPort(port(slot, QxlIo.MONITORS_CONFIG_ASYNC).setAddress(slot.commandAddress)));
            case RESET -> write(record.setPort(port(slot, QxlIo.RESET)));
            case SURFACE_DESTROY -> {
                if (slot.commandType == 0) {
                    write(record.setPort(port(slot, QxlIo.DESTROY_SURFACE_WAIT).setValue(slot.surfaceId)));
                } else {
                    write(record.setCommand(command(slot)));
                }
            }
            case UPDATE_AREA -> {
                if (slot.commandType == 0) {
                    write(record.setPort(port(slot, QxlIo.UPDATE_AREA).setParameters(updateArea(slot))));
                } else {
                    write(record.setCommand(command(slot)));
                }
            }
            case NONE, DRAW, SURFACE_CREATE, CURSOR -> {
                if (slot.commandType != 0) {
                    write(record.setCommand(command(slot)));
                }
            }
            case FLUSH_RELEASE -> {}
        }
        damage(slot);
    }

    private static TraceProto.MemorySlot memorySlot(CommandSlot slot) {
        long start = QxlMemSlot.MEM_START.get(slot.snapshot(), 0);
        return TraceProto.MemorySlot.newBuilder()
                .setSlot(slot.surfaceId)
                .setBar(slot.boxTop)
                .setOffset(start)
                .setLength(QxlMemSlot.MEM_END.get(slot.snapshot(), 0) - start)
                .build();
    }

    private TraceProto.Port.Builder port(CommandSlot slot, int port) {
        TraceProto.Port.Builder built = TraceProto.Port.newBuilder().setPort(port);
        GuestFault fault = slot.fault;
        if (fault != null) {
            built.setFault(fault.name());
        }
        return built.addAllMemory(memory(slot));
    }

    private TraceProto.Command.Builder command(CommandSlot slot) {
        TraceProto.Command.Builder built = TraceProto.Command.newBuilder()
                .setCursorRing(slot.cursorRing)
                .setType(slot.commandType)
                .setAddress(slot.commandAddress);
        GuestFault fault = slot.fault;
        if (fault != null) {
            built.setFault(fault.name());
        }
        return built.addAllMemory(memory(slot));
    }

    private List<TraceProto.Memory> memory(CommandSlot slot) {
        List<TraceProto.Memory> pieces = new ArrayList<>();
        for (int i = 0; i < slot.reads(); i++) {
            if (isNeeded(slot, i)) {
                pieces.add(memory(slot, i));
            }
        }
        return pieces;
    }

    /** The memory behind a new surface matters only if its data is kept. */
    private boolean isNeeded(CommandSlot slot, int read) {
        int flags = switch (slot.kind) {
            case SURFACE_CREATE -> QxlSurfaceCmd.FLAGS.get(slot.snapshot(), 0);
            case PRIMARY_CREATE -> QxlSurfaceCreate.FLAGS.get(slot.snapshot(), 0);
            default -> QxlFlags.SURFACE_KEEP_DATA;
        };
        boolean kept = (flags & QxlFlags.SURFACE_KEEP_DATA) != 0;
        return kept
                || slot.readOffset(read) != slot.surfaceMemoryOffset
                || !traced().bar(slot.readBar(read)).equals(slot.surfaceMemory);
    }

    private QxlDevice traced() {
        QxlDevice traced = device;
        if (traced == null) {
            throw new IllegalStateException("a slot before its device");
        }
        return traced;
    }

    private TraceProto.Memory memory(CommandSlot slot, int read) {
        MemorySegment bar = traced().bar(slot.readBar(read));
        MemorySegment bytes = bar.asSlice(slot.readOffset(read), slot.readLength(read));
        return TraceProto.Memory.newBuilder()
                .setBar(slot.readBar(read))
                .setOffset(slot.readOffset(read))
                .setData(ByteString.copyFrom(bytes.asByteBuffer()))
                .build();
    }

    private static ByteString bytes(CommandSlot slot, long length) {
        return ByteString.copyFrom(slot.snapshot().asSlice(0, length).asByteBuffer());
    }

    /** update_area and update_surface lie one behind the other in the RAM header. */
    private static ByteString updateArea(CommandSlot slot) {
        ByteBuffer area = ByteBuffer.allocate((int) QxlRect.STRUCT.size() + 4).order(ByteOrder.LITTLE_ENDIAN);
        area.putInt(slot.boxTop).putInt(slot.boxLeft).putInt(slot.boxBottom).putInt(slot.boxRight);
        area.putInt(slot.surfaceId).flip();
        return ByteString.copyFrom(area);
    }

    private void damage(CommandSlot slot) {
        if (slot.damageCount == 0) {
            return;
        }
        TraceProto.Damage.Builder damage = TraceProto.Damage.newBuilder().setBatch(slot.batch);
        for (int i = 0; i < slot.damageCount; i++) {
            damage.addRectangles(TraceProto.Rectangle.newBuilder()
                    .setTop(slot.damage[4 * i])
                    .setLeft(slot.damage[4 * i + 1])
                    .setBottom(slot.damage[4 * i + 2])
                    .setRight(slot.damage[4 * i + 3]));
        }
        write(record(System.nanoTime()).setDamage(damage));
    }

    // ---- inputs

    private void input(TraceProto.Input.Builder input) {
        write(record(System.nanoTime()).setInput(input));
    }

    @Override
    public void key(int scancode, boolean down) {
        input(TraceProto.Input.newBuilder()
                .setKind(TraceProto.Input.Kind.KEY)
                .setCode(scancode)
                .setDown(down));
    }

    @Override
    public void modifiers(int bits) {
        input(TraceProto.Input.newBuilder()
                .setKind(TraceProto.Input.Kind.MODIFIERS)
                .setCode(bits));
    }

    @Override
    public void motion(int dx, int dy, int buttons) {
        input(TraceProto.Input.newBuilder()
                .setKind(TraceProto.Input.Kind.MOTION)
                .setX(dx)
                .setY(dy)
                .setButtons(buttons));
    }

    @Override
    public void position(int x, int y, int buttons, int display) {
        input(TraceProto.Input.newBuilder()
                .setKind(TraceProto.Input.Kind.POSITION)
                .setX(x)
                .setY(y)
                .setButtons(buttons));
    }

    @Override
    public void button(int button, int buttons, boolean down) {
        input(TraceProto.Input.newBuilder()
                .setKind(TraceProto.Input.Kind.BUTTON)
                .setCode(button)
                .setButtons(buttons)
                .setDown(down));
    }

    @Override
    public boolean absolute() {
        return true;
    }

    @Override
    public synchronized void close() {
        try {
            writer.close();
        } catch (IOException e) {
            if (!failed) {
                LOG.log(Level.ERROR, "{0}: the trace ends here: {1}", file, e.getMessage());
            }
        }
        failed = true;
    }
}
