package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.QxlHead;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.spice.CursorShape;
import org.spiceshm.protocol.spice.CursorType;
import org.spiceshm.protocol.spice.DisplayServerMessage.Head;
import org.spiceshm.sharedmemory.Futex;

/**
 * What is on the screen, told by one thread (the damage handler's) and shown by any number of connections.
 *
 * <p>State, not events: what changes seldom is an immutable snapshot that replaces the one before, so a slow client
 * skips what it has missed; damage is a {@link DamageJournal}. The teller never waits and, for damage, never allocates.
 */
public final class Screen {
    private static final int HEAD_BYTES = (int) QxlHead.STRUCT.size();

    private final BatchGate gate;
    private final DamageJournal journal = new DamageJournal();
    private final LockSteps lockSteps;
    private final AtomicInteger ringReaders = new AtomicInteger();
    private volatile List<Runnable> wakers = List.of();
    private volatile ScreenState state = ScreenState.EMPTY;
    private volatile CursorState cursor = CursorState.INITIAL;

    /** A screen without a picture, whose pixels are written by whoever is behind {@code gate}. */
    public Screen(BatchGate gate) {
        this.gate = gate;
        this.lockSteps = new LockSteps(gate, this::wake);
    }

    // ---- told by the writer's side

    /** Primaries will lie in {@code segment} from now on. */
    public void segment(SharedSegment segment) {
        ScreenState old = state;
        state = new ScreenState(
                old.epoch(), segment, old.primary(), old.maxHeads(), old.heads(), old.monitorsVersion());
        if (old.segment() != null) {
            old.segment().release();
        }
        wake();
    }

    /** A primary is there: all of it is new. */
    public void primaryCreated(Primary primary) {
        ScreenState old = state;
        state = new ScreenState(old.epoch() + 1, old.segment(), primary, 1, List.of(), old.monitorsVersion() + 1);
        wake();
    }

    /** There is no primary any more. */
    public void primaryDestroyed() {
        ScreenState old = state;
        state = new ScreenState(old.epoch() + 1, old.segment(), null, 1, List.of(), old.monitorsVersion() + 1);
        wake();
    }

    /** Parts of the primary have changed, up to batch {@code sequence}, and stand in its segment's ring. Allocates nothing. */
    public void damage(long sequence, long readNanos, DamageRects rects) {
        ScreenState now = state;
        wakeRingReaders(now.segment());
        journal.write(now.epoch(), sequence, readNanos, rects);
        wake();
    }

    private void wakeRingReaders(@Nullable SharedSegment segment) {
        // store-load: the ring's records before the look at who may sleep; a reader is counted before it begins.
        VarHandle.fullFence();
        if (ringReaders.get() != 0 && segment != null) {
            Futex.wakeAll(segment.memory(), DamageRing.WAKE_OFFSET);
        }
    }

    /** Where the render thread tells what it draws on, and when that is whole. */
    public LockSteps lockSteps() {
        return lockSteps;
    }

    /** The guest's monitors: QXLHead structs, one after the other. Empty ones are left out. */
    public void monitors(int maxAllowed, MemorySegment qxlHeads) {
        List<Head> heads = new ArrayList<>();
        for (long at = 0; at + HEAD_BYTES <= qxlHeads.byteSize(); at += HEAD_BYTES) {
            int width = QxlHead.WIDTH.get(qxlHeads, at);
            int height = QxlHead.HEIGHT.get(qxlHeads, at);
            if (width != 0 && height != 0) {
                heads.add(new Head(
                        QxlHead.ID.get(qxlHeads, at),
                        QxlHead.SURFACE_ID.get(qxlHeads, at),
                        width,
                        height,
                        QxlHead.X.get(qxlHeads, at),
                        QxlHead.Y.get(qxlHeads, at),
                        0));
            }
        }
        ScreenState old = state;
        int most = Math.max(heads.size(), Math.max(1, maxAllowed));
        state = new ScreenState(
                old.epoch(), old.segment(), old.primary(), most, List.copyOf(heads), old.monitorsVersion() + 1);
        wake();
    }

    /**
     * The pointer has a new shape.
     *
     * @param type a SpiceCursorType
     * @param pixels laid out as spice-protocol says; copied
     */
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
        CursorType cursorType = CursorType.ofNumber(type);
        CursorState old = cursor;
        CursorShape shape = cursorType == null
                ? new CursorShape.None()
                : new CursorShape.Pixels(
                        new CursorShape.Header(unique, cursorType, width, height, hotSpotX, hotSpotY),
                        false,
                        MemorySegment.ofArray(pixels.toArray(ValueLayout.JAVA_BYTE)));
        cursor = new CursorState(
                x, y, visible, shape, old.shapeVersion() + 1, old.trailLength(), old.trailFrequency(), old.resets());
        wake();
    }

    /** The pointer has moved, and is shown. */
    public void cursorMoved(int x, int y) {
        CursorState old = cursor;
        cursor = new CursorState(
                x, y, true, old.shape(), old.shapeVersion(), old.trailLength(), old.trailFrequency(), old.resets());
        wake();
    }

    /** The pointer is hidden. */
    public void cursorHidden() {
        CursorState old = cursor;
        cursor = new CursorState(
                old.x(),
                old.y(),
                false,
                old.shape(),
                old.shapeVersion(),
                old.trailLength(),
                old.trailFrequency(),
                old.resets());
        wake();
    }

    /** The pointer leaves a trail. */
    public void cursorTrail(int length, int frequency) {
        CursorState old = cursor;
        cursor = new CursorState(
                old.x(), old.y(), old.visible(), old.shape(), old.shapeVersion(), length, frequency, old.resets());
        wake();
    }

    /** The pointer has neither shape nor place. */
    public void cursorReset() {
        CursorState old = cursor;
        cursor = new CursorState(0, 0, false, new CursorShape.None(), old.shapeVersion() + 1, 0, 0, old.resets() + 1);
        wake();
    }

    // ---- asked by connections

    ScreenState state() {
        return state;
    }

    CursorState cursor() {
        return cursor;
    }

    DamageJournal journal() {
        return journal;
    }

    BatchGate gate() {
        return gate;
    }

    /** So many more clients, or fewer, take damage from the ring and may sleep. */
    void countRingReaders(int change) {
        ringReaders.addAndGet(change);
    }

    /** {@code waker} is run after every change; it must neither block nor allocate. */
    synchronized void addWaker(Runnable waker) {
        List<Runnable> more = new ArrayList<>(wakers);
        more.add(waker);
        wakers = List.copyOf(more);
    }

    synchronized void removeWaker(Runnable waker) {
        List<Runnable> fewer = new ArrayList<>(wakers);
        fewer.remove(waker);
        wakers = List.copyOf(fewer);
    }

    private void wake() {
        List<Runnable> now = wakers;
        // By index: an iterator would be an allocation on the frame path.
        for (int i = 0; i < now.size(); i++) {
            now.get(i).run();
        }
    }

    /** Lets go of the segment's descriptor; once the writer has stopped, or again. */
    public void close() {
        ScreenState old = state;
        SharedSegment segment = old.segment();
        if (segment != null) {
            state = new ScreenState(
                    old.epoch(), null, old.primary(), old.maxHeads(), old.heads(), old.monitorsVersion());
            segment.release();
        }
    }
}
