package org.spiceshm.renderer;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlCursorTrail;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlMonitorsConfig;
import org.spiceshm.protocol.qxl.QxlPoint16;
import org.spiceshm.protocol.shm.DamageRing;

/**
 * Tells the display what has happened: damage once a batch, in the segment's ring and by the port; the rest in its place
 * between. Runs after the renderer, on its thread or on one of its own; allocates nothing for damage.
 */
final class DamageHandler implements PipelineStage {
    private final DisplayOutput output;
    private final DamageBatch batch = new DamageBatch();
    private FramebufferSegment segment;
    private DamageRing.Writer ring;

    DamageHandler(DisplayOutput output, FramebufferSegment segment) {
        this.output = output;
        this.segment = segment;
        this.ring = new DamageRing.Writer(segment.writable());
    }

    @Override
    public void onEvent(CommandSlot slot, long sequence, boolean endOfBatch) {
        if (slot.damageCount != 0) {
            batch.add(slot);
        } else if (slot.fault == null) {
            tell(slot);
        }
        if (endOfBatch) {
            flush();
        }
    }

    private void tell(CommandSlot slot) {
        if (slot.primaryGone) {
            // What changed on it no longer matters.
            batch.clear();
            output.primaryDestroyed();
        }
        switch (slot.kind) {
            case CURSOR -> cursor(slot);
            case RESET -> output.cursorReset();
            case MONITORS_CONFIG -> monitors(slot);
            case PRIMARY_CREATE -> {
                if (slot.primary instanceof PrimarySurface primary) {
                    created(primary);
                }
            }
            case NONE,
                    DRAW,
                    SURFACE_CREATE,
                    SURFACE_DESTROY,
                    DESTROY_ALL_SURFACES,
                    PRIMARY_DESTROY,
                    UPDATE_AREA,
                    FLUSH_SURFACES,
                    MEMORY_SLOT,
                    FLUSH_RELEASE -> {}
        }
    }

    private void created(PrimarySurface primary) {
        // All of it is new; what changed on one before it may not even lie inside.
        batch.clear();
        FramebufferSegment newest = primary.segment();
        if (!newest.equals(segment)) {
            segment = newest;
            ring = new DamageRing.Writer(newest.writable());
            output.segment(newest);
        }
        output.primaryCreated(primary);
    }

    private void flush() {
        if (!batch.isEmpty()) {
            ring.write(batch.sequence(), batch.readNanos(), PrimarySurface.ID, batch.rects());
            output.damage(batch);
            batch.clear();
        }
    }

    private void monitors(CommandSlot slot) {
        int most = QxlMonitorsConfig.MAX_ALLOWED.get(slot.snapshot(), 0);
        output.monitors(most, slot.snapshot().asSlice(slot.dataOffset, slot.dataLength));
    }

    private void cursor(CommandSlot slot) {
        MemorySegment copy = slot.snapshot();
        switch (QxlCursorCmd.TYPE.get(copy, 0)) {
            case QxlFlags.CURSOR_SET -> cursorSet(slot, QxlCursorCmd.SET.at(0));
            case QxlFlags.CURSOR_MOVE -> {
                long position = QxlCursorCmd.POSITION.at(0);
                output.cursorMoved(QxlPoint16.X.get(copy, position), QxlPoint16.Y.get(copy, position));
            }
            case QxlFlags.CURSOR_HIDE -> output.cursorHidden();
            default -> {
                long trail = QxlCursorCmd.TRAIL.at(0);
                output.cursorTrail(QxlCursorTrail.LENGTH.get(copy, trail), QxlCursorTrail.FREQUENCY.get(copy, trail));
            }
        }
    }

    private void cursorSet(CommandSlot slot, long at) {
        MemorySegment copy = slot.snapshot();
        long position = QxlCursorSet.POSITION.at(at);
        int shape = slot.styleOffset;
        output.cursorSet(
                QxlPoint16.X.get(copy, position),
                QxlPoint16.Y.get(copy, position),
                QxlCursorSet.VISIBLE.get(copy, at) != 0,
                QxlCursorHeader.UNIQUE.get(copy, shape),
                QxlCursorHeader.TYPE.get(copy, shape),
                QxlCursorHeader.WIDTH.get(copy, shape),
                QxlCursorHeader.HEIGHT.get(copy, shape),
                QxlCursorHeader.HOT_SPOT_X.get(copy, shape),
                QxlCursorHeader.HOT_SPOT_Y.get(copy, shape),
                copy.asSlice(slot.dataOffset, slot.dataLength));
    }
}
