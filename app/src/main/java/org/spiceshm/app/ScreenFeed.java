package org.spiceshm.app;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.renderer.BatchObserver;
import org.spiceshm.renderer.DamageBatch;
import org.spiceshm.renderer.DisplayOutput;
import org.spiceshm.renderer.FramebufferSegment;
import org.spiceshm.renderer.PrimarySurface;
import org.spiceshm.server.LockSteps;
import org.spiceshm.server.PixelSource;
import org.spiceshm.server.Primary;
import org.spiceshm.server.Screen;
import org.spiceshm.server.SharedSegment;

/** Tells the server's screen what the renderer says, in the server's words. Owned by the damage handler's thread. */
final class ScreenFeed implements DisplayOutput {
    private final Screen screen;
    private @Nullable SharedSegment shared;
    private volatile @Nullable PrimarySurface primary;

    ScreenFeed(Screen screen) {
        this.screen = screen;
    }

    /** What is on the screen now. Any thread. */
    @Nullable
    PrimarySurface primary() {
        return primary;
    }

    /** The half that the render thread talks to. */
    BatchObserver batches() {
        return new Batches(screen.lockSteps());
    }

    @Override
    public void segment(FramebufferSegment segment) {
        SharedSegment newest = new SharedSegment(segment.readOnlyFile(), segment.memory());
        shared = newest;
        screen.segment(newest);
    }

    @Override
    public void primaryCreated(PrimarySurface created) {
        SharedSegment segment = shared;
        if (segment == null) {
            throw new IllegalStateException("a primary in a segment that was not told");
        }
        primary = created;
        screen.primaryCreated(new Primary(
                segment,
                created.offset(),
                created.strideBytes(),
                created.widthPixels(),
                created.heightPixels(),
                created.format()));
    }

    @Override
    public void primaryDestroyed() {
        primary = null;
        screen.primaryDestroyed();
    }

    @Override
    public void damage(DamageBatch batch) {
        screen.damage(batch.sequence(), batch.readNanos(), batch.rects());
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
            MemorySegment pixels) {
        screen.cursorSet(x, y, visible, unique, type, width, height, hotSpotX, hotSpotY, pixels);
    }

    @Override
    public void cursorMoved(int x, int y) {
        screen.cursorMoved(x, y);
    }

    @Override
    public void cursorHidden() {
        screen.cursorHidden();
    }

    @Override
    public void cursorTrail(int length, int frequency) {
        screen.cursorTrail(length, frequency);
    }

    @Override
    public void cursorReset() {
        screen.cursorReset();
    }

    @Override
    public void monitors(int maxAllowed, MemorySegment heads) {
        screen.monitors(maxAllowed, heads);
    }

    /** Owned by the render thread. */
    private record Batches(LockSteps lockSteps) implements BatchObserver {
        @Override
        public void primary(@Nullable PrimarySurface newest) {
            lockSteps.primary(
                    newest == null
                            ? null
                            : new PixelSource(
                                    newest.segment().memory(),
                                    newest.offset(),
                                    newest.strideBytes(),
                                    newest.widthPixels(),
                                    newest.heightPixels(),
                                    newest.format()));
        }

        @Override
        public boolean wantsBatches() {
            return lockSteps.areThere();
        }

        @Override
        public void batchEnded(DamageBatch batch) {
            lockSteps.batchEnded(batch.sequence(), batch.readNanos(), batch.rects());
        }
    }
}
