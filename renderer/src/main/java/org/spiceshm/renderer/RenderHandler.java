package org.spiceshm.renderer;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Draws: the sole writer of surfaces and of the framebuffer. Follows the intake, precedes damage and release. Owned by
 * the render thread; allocates only when a surface is created.
 */
final class RenderHandler implements PipelineStage {
    private static final Logger LOG = System.getLogger(RenderHandler.class.getName());

    private final Framebuffer framebuffer;
    private final BatchObserver observer;
    private final DamageBatch observed = new DamageBatch();
    private boolean observing;
    private final Surfaces surfaces = new Surfaces();
    private final DrawablePainter painter = new DrawablePainter(surfaces);
    private final Region region = new Region();
    private final Queue<Runnable> betweenBatches = new ConcurrentLinkedQueue<>();

    RenderHandler(Framebuffer framebuffer, BatchObserver observer) {
        this.framebuffer = framebuffer;
        this.observer = observer;
    }

    /** Queues something for the render thread, to be run between two batches. Any thread. */
    void addTask(Runnable task) {
        betweenBatches.add(task);
    }

    @Override
    public void onEvent(CommandSlot slot, long sequence, boolean endOfBatch) {
        if (slot.fault == null) {
            try {
                render(slot);
            } catch (RuntimeException | IOException | OutOfMemoryError e) {
                // Our mistake, or the machine's; the guest's other commands still count.
                LOG.log(Level.ERROR, "a command was not rendered", e);
                slot.fault = GuestFault.UNSUPPORTED;
                damageAll(slot);
            }
        }
        slot.batch = framebuffer.batch();
        if (observing && slot.damageCount != 0) {
            observed.add(slot);
        }
        if (endOfBatch) {
            endBatch();
            runTasks();
        }
    }

    private void touch() {
        if (framebuffer.touch()) {
            observe();
        }
    }

    private void observe() {
        observed.clear();
        observing = observer.wantsBatches();
    }

    private void endBatch() {
        if (framebuffer.endBatch()) {
            observed.endAt(framebuffer.batch());
            try {
                observer.batchEnded(observed);
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.log(Level.ERROR, "who looks on between two batches failed", e);
            }
        }
    }

    /** The pipeline is idle, and somebody has something to do between two batches. */
    @Override
    public void onTimeout(long sequence) {
        runTasks();
    }

    private void runTasks() {
        for (Runnable task = betweenBatches.poll(); task != null; task = betweenBatches.poll()) {
            try {
                task.run();
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.log(Level.ERROR, "a task between two batches failed", e);
            }
        }
    }

    @Override
    public void onShutdown() {
        surfaces.removeAll();
    }

    private void render(CommandSlot slot) throws IOException {
        switch (slot.kind) {
            case DRAW -> draw(slot);
            case SURFACE_CREATE -> createSurface(slot);
            case SURFACE_DESTROY -> surfaces.remove(slot.surfaceId);
            case PRIMARY_CREATE -> createPrimary(slot);
            case PRIMARY_DESTROY -> destroyPrimary(slot);
            case DESTROY_ALL_SURFACES, RESET -> {
                destroyPrimary(slot);
                surfaces.removeAll();
            }
            case UPDATE_AREA ->
                surfaces.writeBack(slot.surfaceId, slot.boxTop, slot.boxLeft, slot.boxBottom, slot.boxRight);
            case FLUSH_SURFACES -> surfaces.writeBackAll();
            case NONE, CURSOR, FLUSH_RELEASE, MEMORY_SLOT, MONITORS_CONFIG -> {}
        }
    }

    // ---- surfaces

    private void createSurface(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        long create = QxlSurfaceCmd.SURFACE_CREATE.at(0);
        SurfaceFormat format = formatOf(QxlSurface.FORMAT.get(copy, create));
        int stride = QxlSurface.STRIDE.get(copy, create);
        int width = QxlSurface.WIDTH.get(copy, create);
        int height = QxlSurface.HEIGHT.get(copy, create);
        surfaces.create(slot.surfaceId, format, width, height, slot, stride);
        if ((QxlSurfaceCmd.FLAGS.get(copy, 0) & QxlFlags.SURFACE_KEEP_DATA) != 0) {
            surfaces.readGuest(slot.surfaceId);
        }
    }

    private void createPrimary(CommandSlot slot) throws IOException {
        MemorySegment copy = slot.snapshot();
        SurfaceFormat format = formatOf(QxlSurfaceCreate.FORMAT.get(copy, 0));
        int width = QxlSurfaceCreate.WIDTH.get(copy, 0);
        int height = QxlSurfaceCreate.HEIGHT.get(copy, 0);
        PrimarySurface primary = framebuffer.place(format, width, height);
        observe();
        observer.primary(primary);
        Surface surface = framebuffer.surfaceOf(primary);
        surfaces.putPrimary(surface, slot, QxlSurfaceCreate.STRIDE.get(copy, 0));
        if ((QxlSurfaceCreate.FLAGS.get(copy, 0) & QxlFlags.SURFACE_KEEP_DATA) != 0) {
            surfaces.readGuest(0);
        } else {
            surface.clear();
        }
        slot.primary = primary;
    }

    private void destroyPrimary(CommandSlot slot) {
        slot.primaryGone = surfaces.get(0) != null;
        surfaces.remove(0);
        if (slot.primaryGone) {
            observer.primary(null);
        }
    }

    private static SurfaceFormat formatOf(int number) {
        SurfaceFormat format = SurfaceFormat.ofNumber(number);
        if (format == null) {
            throw new IllegalStateException("the device let surface format " + number + " pass");
        }
        return format;
    }

    // ---- drawables

    private void draw(CommandSlot slot) {
        Surface target = surfaces.get(slot.surfaceId);
        if (target == null) {
            slot.fault = GuestFault.SURFACE_ABSENT;
            return;
        }
        region.reset();
        region.setBox(target, slot.boxTop, slot.boxLeft, slot.boxBottom, slot.boxRight);
        if (slot.clipCount >= 0) {
            region.clipTo(slot.snapshot(), slot.clipOffset, slot.clipCount);
        }
        boolean onScreen = slot.surfaceId == 0;
        if (onScreen) {
            touch();
        }
        Outcome outcome = painter.draw(slot, target, region);
        if (slot.fault != null) {
            return;
        }
        switch (outcome) {
            case DRAWN -> {
                if (onScreen) {
                    addDamage(slot);
                }
            }
            case NOTHING -> {}
            case UNSUPPORTED -> slot.fault = GuestFault.UNSUPPORTED;
            case INVALID -> slot.fault = contradiction(slot);
        }
    }

    /** What is left to be wrong with a drawable that passed the device. */
    private static GuestFault contradiction(CommandSlot slot) {
        return switch (QxlDrawable.TYPE.get(slot.snapshot(), 0)) {
            case QxlDrawType.STROKE -> GuestFault.PATH_MALFORMED;
            case QxlDrawType.TEXT -> GuestFault.STRING_MALFORMED;
            default -> GuestFault.BITMAP_SIZE_INVALID;
        };
    }

    /** How much of a command that failed was drawn is not known. */
    private void damageAll(CommandSlot slot) {
        Surface screen = surfaces.get(0);
        if (slot.kind == CommandSlot.Kind.DRAW && slot.surfaceId == 0 && screen != null) {
            slot.addDamage(0, 0, screen.heightPixels(), screen.widthPixels());
        }
    }

    private void addDamage(CommandSlot slot) {
        for (int i = 0; i < region.count(); i++) {
            slot.addDamage(region.top(i), region.left(i), region.bottom(i), region.right(i));
        }
    }
}
