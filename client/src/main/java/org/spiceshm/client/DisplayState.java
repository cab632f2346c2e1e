package org.spiceshm.client;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;

/**
 * What is known of the screen: written by the thread that hears of it, looked at and waited for by any other. Its own
 * monitor guards it, and is notified of every change.
 */
final class DisplayState {
    /** A marked primary that nobody draws on is black in truth, and not only for the moment, after so long. */
    private static final long BLACK_GRACE_NANOS = 250_000_000;

    private static final String IMAGE = "capture";

    private final NormalScreen screen = new NormalScreen();
    private @Nullable Primary primary;
    private @Nullable MappedSegment segment;
    private long primaries;
    private long changes;
    private long sequence;
    private long damages;
    private long tornReads;
    private String modeReason;
    private @Nullable SpiceClientException end;

    DisplayState(String modeReason) {
        this.modeReason = modeReason;
    }

    // ---- told by the display thread

    /** Draws, or changes something else of normal mode. */
    synchronized void onScreen(ScreenChange change) throws MalformedMessageException {
        change.apply(screen);
        notifyAll();
    }

    /** What {@link #onScreen} does. */
    interface ScreenChange {
        void apply(NormalScreen screen) throws MalformedMessageException;
    }

    /** Draws; returns what has changed on the screen, or null. */
    synchronized @Nullable Rect draw(Drawing drawing) throws MalformedMessageException {
        Rect changed = drawing.draw(screen);
        sequence = segment == null ? screen.draws() : sequence;
        if (changed != null) {
            changes++;
        }
        notifyAll();
        return changed;
    }

    /** What {@link #draw} does: says what has changed on the screen, or null. */
    interface Drawing {
        @Nullable
        Rect draw(NormalScreen screen) throws MalformedMessageException;
    }

    /** The screen that {@link #onScreen} has made a surface of. */
    synchronized @Nullable Primary drawnPrimary() {
        return screen.primary(primaries + 1);
    }

    /** Destroys a surface of normal mode; false if there is none. */
    synchronized boolean removeSurface(int surfaceId) {
        return screen.remove(surfaceId);
    }

    synchronized long nextSerial() {
        return primaries + 1;
    }

    synchronized void show(Primary next) {
        primary = next;
        primaries++;
        changes++;
        notifyAll();
    }

    synchronized void hide() {
        primary = null;
        changes++;
        notifyAll();
    }

    /** Shared memory has changed up to batch {@code newest}; false if that would go backwards. */
    synchronized boolean damaged(long newest) {
        if (!(Long.compareUnsigned(sequence, newest) <= 0)) {
            return false;
        }
        sequence = newest;
        damages++;
        changes++;
        notifyAll();
        return true;
    }

    /** Another segment takes the place of the one that is returned. */
    synchronized @Nullable MappedSegment replaceSegment(MappedSegment mapped, String why) {
        MappedSegment old = segment;
        segment = mapped;
        modeReason = why;
        return old;
    }

    /** There is no segment any more; returns the one that there was. */
    synchronized @Nullable MappedSegment dropSegment(String why) {
        MappedSegment old = segment;
        segment = null;
        if (old != null) {
            modeReason = why;
            sequence = 0;
        }
        return old;
    }

    synchronized void setModeReason(String why) {
        modeReason = why;
    }

    /** Nothing more will come. */
    synchronized void end(SpiceClientException reason) {
        end = reason;
        notifyAll();
    }

    synchronized void closeScreen() {
        screen.close();
    }

    // ---- asked by anybody

    synchronized @Nullable MappedSegment segment() {
        return segment;
    }

    synchronized String modeReason() {
        return modeReason;
    }

    synchronized long sequence() {
        return sequence;
    }

    synchronized long changes() {
        return changes;
    }

    synchronized boolean isCurrent(Primary wanted) {
        return primary != null && primary.serial() == wanted.serial();
    }

    synchronized void countTornRead() {
        tornReads++;
    }

    synchronized DisplayStatistics statistics() {
        return new DisplayStatistics(
                segment != null,
                modeReason,
                segment == null ? 0 : segment.memory().byteSize(),
                primaries,
                damages,
                screen.draws(),
                screen.undecodedImages(),
                screen.undrawnDraws(),
                screen.streams(),
                tornReads);
    }

    /** Copies what has been drawn, or null if it is no longer the screen. */
    synchronized @Nullable Frame copyDrawn(Primary now) {
        if (!isCurrent(now)) {
            return null;
        }
        int[] pixels = new int[now.width() * now.height()];
        now.copyRaw(pixels);
        now.convert(pixels);
        return new Frame(now.width(), now.height(), sequence, pixels);
    }

    // ---- waited for by anybody

    /** Waits for a screen that can be copied whole. */
    synchronized Primary awaitWhole(Deadline deadline) throws SpiceClientException {
        while (true) {
            requireOpen();
            Primary now = primary;
            if (now != null && now.segment() != null) {
                return now;
            }
            String fault = now == null ? null : screen.fault();
            if (fault != null) {
                throw new SpiceClientException(
                        SpiceClientException.Kind.UNSUPPORTED,
                        IMAGE + ": got a picture that would be wrong (" + fault + "), expected a whole one");
            }
            Long wholeAt = now == null ? null : screen.wholeAtNanos(BLACK_GRACE_NANOS);
            long wait = wholeAt == null ? Long.MAX_VALUE : wholeAt == Long.MIN_VALUE ? 0 : wholeAt - System.nanoTime();
            if (now != null && wait <= 0) {
                return now;
            }
            requireTime(deadline, "a whole picture", now == null ? "no primary surface" : "a surface without picture");
            waitFor(deadline, wait);
        }
    }

    /** Waits until something newer than {@code afterSequence} has been told, or another screen; returns {@link #sequence}. */
    synchronized long awaitDamage(long afterSequence, Deadline deadline) throws SpiceClientException {
        long primariesBefore = primaries;
        while (Long.compareUnsigned(sequence, afterSequence) <= 0 && primaries == primariesBefore) {
            requireOpen();
            requireTime(deadline, "damage after " + afterSequence, "none since " + sequence);
            waitFor(deadline, Long.MAX_VALUE);
        }
        return sequence;
    }

    /** Waits until {@link #changes} is no longer {@code seen}, but at most so long. */
    synchronized void awaitChange(long seen, long mostNanos, Deadline deadline) throws SpiceClientException {
        long until = System.nanoTime() + mostNanos;
        while (changes == seen && until - System.nanoTime() > 0) {
            requireOpen();
            requireTime(deadline, "a screen without change", "too little time");
            waitFor(deadline, until - System.nanoTime());
        }
        requireOpen();
    }

    synchronized void pause(long nanos, Deadline deadline) throws SpiceClientException {
        long until = System.nanoTime() + nanos;
        while (until - System.nanoTime() > 0 && !deadline.hasPassed()) {
            requireOpen();
            waitFor(deadline, until - System.nanoTime());
        }
    }

    synchronized void requireOpen() throws SpiceClientException {
        if (end != null) {
            throw end.again();
        }
    }

    static void requireTime(Deadline deadline, String expected, String got) throws SpiceClientException {
        if (deadline.hasPassed()) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.TIMEOUT, "display: got " + got + " in time, expected " + expected);
        }
    }

    /** Waits for a change; the caller owns the monitor. */
    void waitFor(Deadline deadline, long mostNanos) throws SpiceClientException {
        try {
            deadline.await(this, mostNanos);
        } catch (InterruptedException e) {
            throw SpiceClientException.interrupted("display");
        }
    }
}
