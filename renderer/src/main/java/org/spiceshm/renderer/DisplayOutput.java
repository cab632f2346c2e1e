package org.spiceshm.renderer;

import java.lang.foreign.MemorySegment;

/**
 * Who shows the screen. Called by the damage handler's thread, in the order of the commands; no call may block, and
 * {@link #damage} may not allocate. What is told is visible in memory before it is told.
 */
public interface DisplayOutput {
    /**
     * Primaries will lie in this segment from now on; whoever is told closes it when it is no longer of use. Called once
     * before the pipeline starts, and then before the first primary in a larger one.
     */
    void segment(FramebufferSegment segment);

    /** A primary exists: all of it is new. */
    void primaryCreated(PrimarySurface primary);

    /** The primary is gone; its pixels stay as they are until the next but one is created. */
    void primaryDestroyed();

    /** Parts of the primary have changed; {@code batch} is valid during the call. */
    void damage(DamageBatch batch);

    /**
     * The pointer has a new shape.
     *
     * @param type SpiceCursorType
     * @param pixels as spice-protocol lays them out for that type; valid during the call
     */
    void cursorSet(
            int x,
            int y,
            boolean visible,
            long unique,
            int type,
            int width,
            int height,
            int hotSpotX,
            int hotSpotY,
            MemorySegment pixels);

    /** The pointer has moved. */
    void cursorMoved(int x, int y);

    /** The pointer is hidden. */
    void cursorHidden();

    /** The pointer leaves a trail. */
    void cursorTrail(int length, int frequency);

    /** The pointer has neither shape nor place. */
    void cursorReset();

    /**
     * The guest's monitors.
     *
     * @param maxAllowed most that the guest can have; 0 if it does not say
     * @param heads QXLHead structs, one after the other; valid during the call
     */
    void monitors(int maxAllowed, MemorySegment heads);
}
