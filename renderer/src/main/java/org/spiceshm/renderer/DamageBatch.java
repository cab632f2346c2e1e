package org.spiceshm.renderer;

import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.shm.DamageRects;

/**
 * What one batch of commands has changed on the primary. Reused from batch to batch; owned by the thread of
 * the handler that made it.
 */
public final class DamageBatch {
    private final DamageRects rects = new DamageRects();
    private long sequence;
    private long readNanos;

    DamageBatch() {}

    /** Rectangles that cover what changed. */
    public DamageRects rects() {
        return rects;
    }

    /** The newest batch in it; never above the sequence page's write_end. */
    public long sequence() {
        return sequence;
    }

    /** CLOCK_MONOTONIC when the oldest command in it was read from its ring. */
    public long readNanos() {
        return readNanos;
    }

    boolean isEmpty() {
        return rects.count() == 0;
    }

    void clear() {
        rects.clear();
    }

    void endAt(long newest) {
        sequence = newest;
    }

    void add(CommandSlot slot) {
        if (isEmpty()) {
            readNanos = slot.readNanos;
        }
        for (int i = 0; i < slot.damageCount; i++) {
            int at = 4 * i;
            rects.add(slot.damage[at], slot.damage[at + 1], slot.damage[at + 2], slot.damage[at + 3]);
        }
        sequence = slot.batch;
    }
}
