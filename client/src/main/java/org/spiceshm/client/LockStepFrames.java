package org.spiceshm.client;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;

/**
 * The one picture at a time that a display in lock-step has: told by the display thread, held by whoever awaits it, and
 * told to be handled when that is done. Its own monitor guards it.
 */
final class LockStepFrames {
    /** How the server hears of it. */
    interface Answer {
        void handled(long sequence) throws SpiceClientException;
    }

    private final Answer answer;
    private @Nullable Primary primary;
    private @Nullable DamageRects changed;
    private long sequence;
    private long readNanos;
    private boolean held;
    private @Nullable SpiceClientException end;

    LockStepFrames(Answer answer) {
        this.answer = answer;
    }

    /** A picture has come; the server waits until it is handled. */
    synchronized void told(Primary shown, ShmDamageFlyweight damage) {
        DamageRects rects = new DamageRects();
        for (int i = 0; i < damage.rectCount(); i++) {
            rects.add(damage.top(i), damage.left(i), damage.bottom(i), damage.right(i));
        }
        primary = shown;
        changed = rects;
        sequence = damage.sequence();
        readNanos = damage.readNanos();
        held = false;
        notifyAll();
    }

    /** Its surface is gone; who holds it may read on. */
    synchronized void gone() {
        primary = null;
        changed = null;
        held = false;
    }

    /** Nothing more will come. */
    synchronized void end(SpiceClientException reason) {
        gone();
        end = reason;
        notifyAll();
    }

    /** Waits for a picture that nobody holds. */
    synchronized HeldFrame await(Deadline deadline) throws SpiceClientException {
        while (true) {
            if (end != null) {
                throw end.again();
            }
            Primary shown = primary;
            MappedSegment segment = shown == null ? null : shown.segment();
            if (shown != null && segment != null && changed != null && !held && segment.tryHold()) {
                held = true;
                return new HeldFrame(this, shown, segment, sequence, readNanos, changed);
            }
            DisplayState.requireTime(deadline, "a frame", held ? "one that is held already" : "none");
            try {
                deadline.await(this);
            } catch (InterruptedException e) {
                throw SpiceClientException.interrupted("display");
            }
        }
    }

    /** The picture {@code handledSequence} is done with. */
    void handled(long handledSequence) throws SpiceClientException {
        synchronized (this) {
            if (primary == null || sequence != handledSequence) {
                // Its surface was destroyed, or the connection has ended: nobody waits for the answer.
                return;
            }
            gone();
        }
        answer.handled(handledSequence);
    }
}
