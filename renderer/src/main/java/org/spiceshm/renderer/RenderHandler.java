package org.spiceshm.renderer;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.CompositeParameters;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBlackness;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlPattern;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlPoint16;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.qxl.QxlTransform;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Draws: the sole writer of surfaces and of the framebuffer. Follows the intake, precedes damage and release. Owned by
 * the render thread; allocates only when a surface is created.
 */
final class RenderHandler implements PipelineStage {
    private static final Logger LOG = System.getLogger(RenderHandler.class.getName());
    private static final int COMPOSITE_OPTIONAL = QxlFlags.COMPOSITE_HAS_MASK
            | QxlFlags.COMPOSITE_HAS_SOURCE_TRANSFORM
            | QxlFlags.COMPOSITE_HAS_MASK_TRANSFORM;
    private static final ValueLayout.OfInt ENTRY = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PALETTE_ENTRIES = 256;
    private static final int MASK_INVERS = 1;

    private final Framebuffer framebuffer;
    private final BatchObserver observer;
    private final DamageBatch observed = new DamageBatch();
    private boolean observing;
    private final Surfaces surfaces = new Surfaces();
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Image source = new Image();
    private final Image compositeMask = new Image();
    private final Brush brush = new Brush();
    private final Mask mask = new Mask();
    private final CompositeParameters parameters = new CompositeParameters();
    private final int[] palette = new int[PALETTE_ENTRIES];
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
        switch (operation(slot, target)) {
            case DRAWN -> {
                if (onScreen) {
                    addDamage(slot);
                }
            }
            case NOTHING -> {}
            case UNSUPPORTED -> slot.fault = GuestFault.UNSUPPORTED;
            case INVALID -> slot.fault = GuestFault.BITMAP_SIZE_INVALID;
        }
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

    private Outcome operation(CommandSlot slot, Surface target) {
        return switch (QxlDrawable.TYPE.get(slot.snapshot(), 0)) {
            case QxlDrawType.FILL -> fill(slot, target);
            case QxlDrawType.COPY, QxlDrawType.BLEND -> copy(slot, target);
            case QxlDrawType.COPY_BITS -> copyBits(slot, target);
            case QxlDrawType.COMPOSITE -> composite(slot, target);
            case QxlDrawType.BLACKNESS -> canvas.blackness(target, region, maskOfThree(slot));
            case QxlDrawType.WHITENESS -> canvas.whiteness(target, region, maskOfThree(slot));
            case QxlDrawType.INVERS -> canvas.invers(target, region, maskOfThree(slot));
            case QxlDrawType.NOP -> Outcome.NOTHING;
            default -> Outcome.UNSUPPORTED;
        };
    }

    private Outcome fill(CommandSlot slot, Surface target) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.FILL.at(0);
        describeBrush(slot, QxlFill.BRUSH.at(at));
        describeMask(slot, QxlFill.MASK.at(at));
        return canvas.fill(target, region, brush, QxlFill.ROP_DESCRIPTOR.get(copy, at), mask);
    }

    private Outcome copy(CommandSlot slot, Surface target) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.COPY.at(0);
        long area = QxlCopy.SRC_AREA.at(at);
        describe(source, slot, CommandSlot.SOURCE);
        describeMask(slot, QxlCopy.MASK.at(at));
        return canvas.copy(
                target,
                region,
                source,
                QxlRect.TOP.get(copy, area),
                QxlRect.LEFT.get(copy, area),
                QxlRect.BOTTOM.get(copy, area),
                QxlRect.RIGHT.get(copy, area),
                QxlCopy.ROP_DESCRIPTOR.get(copy, at),
                QxlCopy.SCALE_MODE.get(copy, at),
                mask);
    }

    private Outcome copyBits(CommandSlot slot, Surface target) {
        MemorySegment copy = slot.snapshot();
        long point = QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(0));
        return canvas.copyBits(target, region, QxlPoint.X.get(copy, point), QxlPoint.Y.get(copy, point));
    }

    private Outcome composite(CommandSlot slot, Surface target) {
        MemorySegment copy = slot.snapshot();
        long at = QxlDrawable.COMPOSITE.at(0);
        boolean masked = describe(compositeMask, slot, CommandSlot.MASK);
        describe(source, slot, CommandSlot.SOURCE);
        // A guest says what there is by addresses; the flags say the same on the wire.
        int flags = QxlComposite.FLAGS.get(copy, at) & ~COMPOSITE_OPTIONAL;
        flags |= slot.sourceTransformOffset >= 0 ? QxlFlags.COMPOSITE_HAS_SOURCE_TRANSFORM : 0;
        flags |= masked ? QxlFlags.COMPOSITE_HAS_MASK : 0;
        flags |= masked && slot.maskTransformOffset >= 0 ? QxlFlags.COMPOSITE_HAS_MASK_TRANSFORM : 0;
        parameters.reset(flags);
        long sourceOrigin = QxlComposite.SRC_ORIGIN.at(at);
        long maskOrigin = QxlComposite.MASK_ORIGIN.at(at);
        parameters.sourceOrigin(QxlPoint16.X.get(copy, sourceOrigin), QxlPoint16.Y.get(copy, sourceOrigin));
        parameters.maskOrigin(QxlPoint16.X.get(copy, maskOrigin), QxlPoint16.Y.get(copy, maskOrigin));
        if (slot.sourceTransformOffset >= 0) {
            long t = slot.sourceTransformOffset;
            parameters.sourceTransform(
                    QxlTransform.T00.get(copy, t),
                    QxlTransform.T01.get(copy, t),
                    QxlTransform.T02.get(copy, t),
                    QxlTransform.T10.get(copy, t),
                    QxlTransform.T11.get(copy, t),
                    QxlTransform.T12.get(copy, t));
        }
        if (slot.maskTransformOffset >= 0) {
            long t = slot.maskTransformOffset;
            parameters.maskTransform(
                    QxlTransform.T00.get(copy, t),
                    QxlTransform.T01.get(copy, t),
                    QxlTransform.T02.get(copy, t),
                    QxlTransform.T10.get(copy, t),
                    QxlTransform.T11.get(copy, t),
                    QxlTransform.T12.get(copy, t));
        }
        return canvas.composite(target, region, parameters, source, compositeMask);
    }

    // ---- parts of drawables

    private Mask maskOfThree(CommandSlot slot) {
        describeMask(slot, QxlBlackness.MASK.at(QxlDrawable.BLACKNESS.at(0)));
        return mask;
    }

    private void describeMask(CommandSlot slot, long at) {
        if (slot.imageOffset(CommandSlot.MASK) < 0) {
            mask.none();
            return;
        }
        MemorySegment copy = slot.snapshot();
        long position = QxlQMask.POS.at(at);
        describe(mask.bitmap(), slot, CommandSlot.MASK);
        boolean inverse = (QxlQMask.FLAGS.get(copy, at) & MASK_INVERS) != 0;
        mask.set(QxlPoint.X.get(copy, position), QxlPoint.Y.get(copy, position), inverse);
    }

    private void describeBrush(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        switch (QxlBrush.TYPE.get(copy, at)) {
            case QxlFlags.BRUSH_SOLID -> brush.solid(QxlBrush.COLOR.get(copy, at));
            case QxlFlags.BRUSH_PATTERN -> {
                long position = QxlPattern.POS.at(QxlBrush.PATTERN.at(at));
                describe(brush.pattern(), slot, CommandSlot.PATTERN);
                brush.pattern(QxlPoint.X.get(copy, position), QxlPoint.Y.get(copy, position));
            }
            default -> brush.none();
        }
    }

    /** Describes the slot's image of that role; false, and no picture, if it has none. */
    private boolean describe(Image image, CommandSlot slot, int role) {
        image.none();
        int at = slot.imageOffset(role);
        if (at < 0) {
            return false;
        }
        MemorySegment copy = slot.snapshot();
        if (QxlImageDescriptor.TYPE.get(copy, at) == QxlFlags.IMAGE_SURFACE) {
            Surface surface = surfaces.get(QxlSurfaceId.SURFACE_ID.get(copy, QxlImage.SURFACE_IMAGE.at(at)));
            if (surface == null) {
                return false;
            }
            image.ofSurface(surface);
            return true;
        }
        describeBitmap(image, slot, role, QxlImage.BITMAP.at(at));
        if ((QxlImageDescriptor.FLAGS.get(copy, at) & QxlFlags.IMAGE_HIGH_BITS_SET) != 0) {
            image.highBitsSet();
        }
        return true;
    }

    private void describeBitmap(Image image, CommandSlot slot, int role, long at) {
        MemorySegment copy = slot.snapshot();
        @Nullable BitmapFormat format = BitmapFormat.ofNumber(QxlBitmap.FORMAT.get(copy, at));
        if (format == null) {
            throw new IllegalStateException("the device let a bitmap format pass");
        }
        image.ofBitmap(
                format,
                (QxlBitmap.FLAGS.get(copy, at) & QxlFlags.BITMAP_TOP_DOWN) != 0,
                QxlBitmap.X.get(copy, at),
                QxlBitmap.Y.get(copy, at),
                QxlBitmap.STRIDE.get(copy, at));
        int first = slot.firstPiece(role);
        for (int i = first; i < first + slot.pieceCount(role); i++) {
            image.piece(slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        int entries = slot.paletteCount(role);
        if (entries > 0) {
            MemorySegment.copy(copy, ENTRY, slot.paletteOffset(role), palette, 0, entries);
            image.palette(palette, entries);
        }
    }
}
