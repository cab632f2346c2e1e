package org.spiceshm.renderer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** A pipeline whose slots are filled by hand, and both of its ports, which note what they hear. */
final class Pipe implements DisplayOutput, CommandCompletion, AutoCloseable {
    private static final long DEADLINE_NANOS = 10_000_000_000L;
    private static final int PUT = 8;

    final List<String> told = new CopyOnWriteArrayList<>();
    final List<FramebufferSegment> segments = new CopyOnWriteArrayList<>();
    final List<PrimarySurface> primaries = new CopyOnWriteArrayList<>();
    final List<GuestFault> faults = new CopyOnWriteArrayList<>();
    final AtomicLong finished = new AtomicLong();
    final AtomicLong damages = new AtomicLong();
    final Semaphore hold = new Semaphore(0);
    final Arena arena = Arena.ofShared();
    final MemorySegment guest = arena.allocate(1 << 20, 8);
    final RenderPipeline pipeline;
    volatile boolean held;
    volatile boolean quiet;
    volatile boolean fails;
    volatile long lastSequence;
    private long published;

    Pipe(PipelineOptions options) throws IOException {
        this(options, BatchObserver.NONE);
    }

    Pipe(PipelineOptions options, BatchObserver observer) throws IOException {
        pipeline = RenderPipeline.start(options, this, observer, this);
    }

    /** Claims, fills and publishes; waits for room if there is none. */
    void put(Consumer<CommandSlot> fill) {
        CommandSlot slot = await();
        slot.clear();
        fill.accept(slot);
        published++;
        pipeline.publish(slot);
    }

    private CommandSlot await() {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (System.nanoTime() < deadline) {
            CommandSlot slot = pipeline.claim();
            if (slot != null) {
                return slot;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no room within the deadline");
    }

    /** Waits until all that was published has been finished. */
    void drain() {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (finished.get() < published) {
            if (deadline < System.nanoTime()) {
                throw new AssertionError(finished + " of " + published + " were finished");
            }
            LockSupport.parkNanos(10_000);
        }
    }

    void primary(int width, int height, int stride, int flags) {
        put(slot -> {
            slot.kind = Kind.PRIMARY_CREATE;
            slot.reserve(QxlSurfaceCreate.STRUCT.size());
            MemorySegment copy = slot.snapshot();
            copy.asSlice(0, QxlSurfaceCreate.STRUCT.size()).fill((byte) 0);
            QxlSurfaceCreate.WIDTH.set(copy, 0, width);
            QxlSurfaceCreate.HEIGHT.set(copy, 0, height);
            QxlSurfaceCreate.STRIDE.set(copy, 0, stride);
            QxlSurfaceCreate.FORMAT.set(copy, 0, SurfaceFormat.XRGB_32.number());
            QxlSurfaceCreate.FLAGS.set(copy, 0, flags);
            slot.surfaceMemory = guest;
        });
    }

    void primary(int width, int height) {
        primary(width, height, 4 * width, 0);
    }

    void surface(int id, SurfaceFormat format, int width, int height, int stride, long offset, int flags) {
        put(slot -> {
            slot.kind = Kind.SURFACE_CREATE;
            slot.surfaceId = id;
            slot.reserve(QxlSurfaceCmd.STRUCT.size());
            MemorySegment copy = slot.snapshot();
            copy.asSlice(0, QxlSurfaceCmd.STRUCT.size()).fill((byte) 0);
            long create = QxlSurfaceCmd.SURFACE_CREATE.at(0);
            QxlSurfaceCmd.FLAGS.set(copy, 0, flags);
            QxlSurface.FORMAT.set(copy, create, format.number());
            QxlSurface.WIDTH.set(copy, create, width);
            QxlSurface.HEIGHT.set(copy, create, height);
            QxlSurface.STRIDE.set(copy, create, stride);
            slot.surfaceMemory = guest;
            slot.surfaceMemoryOffset = offset;
        });
    }

    void kind(Kind kind, int surface) {
        put(slot -> {
            slot.kind = kind;
            slot.surfaceId = surface;
        });
    }

    void update(int surface, int top, int left, int bottom, int right) {
        put(slot -> {
            slot.kind = Kind.UPDATE_AREA;
            slot.surfaceId = surface;
            box(slot, top, left, bottom, right);
        });
    }

    void solid(int surface, int top, int left, int bottom, int right, int color) {
        put(slot -> fill(slot, surface, top, left, bottom, right, color));
    }

    static void fill(CommandSlot slot, int surface, int top, int left, int bottom, int right, int color) {
        MemorySegment copy = drawable(slot, surface, QxlDrawType.FILL);
        box(slot, top, left, bottom, right);
        long at = QxlDrawable.FILL.at(0);
        QxlBrush.TYPE.set(copy, QxlFill.BRUSH.at(at), QxlFlags.BRUSH_SOLID);
        QxlBrush.COLOR.set(copy, QxlFill.BRUSH.at(at), color);
        QxlFill.ROP_DESCRIPTOR.set(copy, at, PUT);
    }

    void copyBits(int top, int left, int bottom, int right, int fromX, int fromY) {
        put(slot -> {
            MemorySegment copy = drawable(slot, 0, QxlDrawType.COPY_BITS);
            box(slot, top, left, bottom, right);
            long point = QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(0));
            QxlPoint.X.set(copy, point, fromX);
            QxlPoint.Y.set(copy, point, fromY);
        });
    }

    static MemorySegment drawable(CommandSlot slot, int surface, int type) {
        slot.kind = Kind.DRAW;
        slot.surfaceId = surface;
        slot.readNanos = 1;
        slot.reserve(QxlDrawable.STRUCT.size());
        MemorySegment copy = slot.snapshot();
        // By hand: a slice would be an allocation.
        for (long i = 0; i + Long.BYTES <= QxlDrawable.STRUCT.size(); i += Long.BYTES) {
            copy.set(ValueLayout.JAVA_LONG_UNALIGNED, i, 0);
        }
        QxlDrawable.TYPE.set(copy, 0, type);
        return copy;
    }

    static void box(CommandSlot slot, int top, int left, int bottom, int right) {
        slot.boxTop = top;
        slot.boxLeft = left;
        slot.boxBottom = bottom;
        slot.boxRight = right;
    }

    PrimarySurface newest() {
        return primaries.get(primaries.size() - 1);
    }

    static int pixel(PrimarySurface primary, int x, int y) {
        return primary.segment()
                .memory()
                .get(ValueLayout.JAVA_INT, primary.offset() + (long) primary.strideBytes() * y + 4L * x);
    }

    // ---- ports

    @Override
    public void finish(CommandSlot slot) {
        if (held) {
            hold.acquireUninterruptibly();
        }
        GuestFault fault = slot.fault;
        if (fault != null) {
            faults.add(fault);
        }
        finished.incrementAndGet();
    }

    @Override
    public void batchFinished() {}

    @Override
    public void segment(FramebufferSegment segment) {
        segments.add(segment);
    }

    @Override
    public void primaryCreated(PrimarySurface primary) {
        primaries.add(primary);
        told.add("created " + primary.widthPixels() + "x" + primary.heightPixels());
    }

    @Override
    public void primaryDestroyed() {
        told.add("destroyed");
    }

    @Override
    public void damage(DamageBatch batch) {
        damages.incrementAndGet();
        lastSequence = batch.sequence();
        if (fails) {
            throw new IllegalStateException("a display that fails, as the test wants it");
        }
        if (quiet) {
            return;
        }
        for (int i = 0; i < batch.rects().count(); i++) {
            told.add("damage " + batch.rects().top(i) + " " + batch.rects().left(i) + " "
                    + batch.rects().bottom(i) + " " + batch.rects().right(i));
        }
    }

    @Override
    public void cursorSet(
            int x,
            int y,
            boolean visible,
            long unique,
            int type,
            int width,
            int height,
            int hotSpotX,
            int hotSpotY,
            MemorySegment pixels) {}

    @Override
    public void cursorMoved(int x, int y) {}

    @Override
    public void cursorHidden() {}

    @Override
    public void cursorTrail(int length, int frequency) {}

    @Override
    public void cursorReset() {
        told.add("cursor reset");
    }

    @Override
    public void monitors(int maxAllowed, MemorySegment heads) {}

    @Nullable
    CommandSlot claim() {
        return pipeline.claim();
    }

    @Override
    public void close() {
        held = false;
        hold.release(1 << 16);
        pipeline.close();
        segments.forEach(FramebufferSegment::close);
    }
}
