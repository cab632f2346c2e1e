package org.spiceshm.renderer;

import org.jspecify.annotations.Nullable;

/**
 * Who copies from the framebuffer while it is whole. Called by the render thread; no call may block, and {@link
 * #wantsBatches} and {@link #batchEnded} may not allocate.
 */
public interface BatchObserver {
    /** Wants to know nothing. */
    BatchObserver NONE = new BatchObserver() {
        @Override
        public void primary(@Nullable PrimarySurface newest) {}

        @Override
        public boolean wantsBatches() {
            return false;
        }

        @Override
        public void batchEnded(DamageBatch batch) {}
    };

    /** What is drawn on from now on, or null; its pixels are whole at the end of the batch. */
    void primary(@Nullable PrimarySurface newest);

    /** Whether {@link #batchEnded} is to be told what has changed; asked at the beginning of a batch. */
    boolean wantsBatches();

    /**
     * A batch has ended: the framebuffer is whole until the return.
     *
     * @param batch what it has changed on the primary, if that was wanted; valid during the call
     */
    void batchEnded(DamageBatch batch);
}
