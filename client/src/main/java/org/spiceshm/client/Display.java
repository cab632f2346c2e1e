package org.spiceshm.client;

import java.io.UncheckedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.SequencePage;

/**
 * One display: follows the screen, whichever way it comes, and gives whole pictures of it.
 *
 * <pre>
 *  shared memory: the server writes pixels ══► mapped segment ◄── capture copies, and checks the sequence page
 *                 SHM_DAMAGE ──► display thread ──► whoever waits, the listener
 *  normal mode:   drawings   ──► display thread draws, under the lock ◄── capture copies, under the lock
 * </pre>
 *
 * <p>Written by the display channel's thread; every public method but {@link #pixel} is for any other thread. In shared
 * memory a damage message allocates nothing. Lives as long as its {@link SpiceClient}.
 */
public final class Display {
    /** So long {@link #capture} tries while every copy is torn. */
    private static final long TORN_LIMIT_NANOS = 1_000_000_000;

    private static final int SPINS = 64;
    private static final long FIRST_BACKOFF_NANOS = 20_000;
    private static final long LONGEST_BACKOFF_NANOS = 2_000_000;
    /** While the screen changes without rest, {@link #awaitStable} looks at it this often. */
    private static final long STABLE_LOOK_NANOS = 50_000_000;

    private final DisplayHandler handler;
    private final DisplayState state;

    Display(ConnectOptions options, Consumer<SpiceClientException> ended) {
        this.handler = new DisplayHandler(options, ended);
        this.state = handler.state();
    }

    boolean asksForSharedMemory() {
        return handler.asksForSharedMemory();
    }

    /** Before the channel starts. */
    Channel.Handler handlerFor() {
        return handler;
    }

    void setChannel(Channel newChannel) {
        handler.setChannel(newChannel);
    }

    /** Waits until it is clear how the screen comes; whether in shared memory. */
    boolean awaitMode(Channel of, Deadline deadline) throws SpiceClientException {
        return of.await(handler.modeKnown(), deadline, "first display message");
    }

    /** Whether the screen is, or will be, in shared memory. */
    public boolean isUsingSharedMemory() {
        return state.segment() != null;
    }

    /** Why it is, or is not, in shared memory: one line. */
    public String modeReason() {
        return state.modeReason();
    }

    /** How damage comes now: as {@link ConnectOptions#damage} says, or by the socket where the server has nothing else. */
    public ConnectOptions.Damage damage() {
        return handler.damage();
    }

    /** The mapped segment's size; 0 without one. */
    public long segmentBytes() {
        return state.statistics().segmentBytes();
    }

    /** The newest batch that damage was told of; in normal mode the number of drawings so far. */
    public long sequence() {
        return state.sequence();
    }

    /** Throws why the display has ended, if it has. */
    public void requireOpen() throws SpiceClientException {
        state.requireOpen();
    }

    /** How it fares. */
    public DisplayStatistics statistics() {
        return state.statistics();
    }

    /**
     * One pixel of the screen as it is now, 0x00RRGGBB. Only in a call of a {@link DisplayListener};
     * allocates nothing.
     *
     * @throws IllegalStateException when there is no screen
     */
    public int pixel(int x, int y) {
        Primary now = handler.threadPrimary();
        if (now == null) {
            throw new IllegalStateException("pixel: got no screen, expected one");
        }
        try {
            return now.pixel(x, y);
        } catch (InternalError e) {
            throw new UncheckedIOException(faulted(e));
        }
    }

    /**
     * One whole picture: never black because nothing has come yet, never stale, never torn. Waits for a screen.
     *
     * @throws TornPictureException in shared memory, when the server draws without rest
     */
    public Frame capture(Deadline deadline) throws SpiceClientException {
        int torn = 0;
        long firstTorn = 0;
        while (true) {
            Primary now = state.awaitWhole(deadline);
            Frame frame = now.segment() == null ? state.copyDrawn(now) : copyShared(now, now.segment());
            if (frame != null) {
                return frame;
            }
            if (!state.isCurrent(now)) {
                continue;
            }
            firstTorn = torn == 0 ? System.nanoTime() : firstTorn;
            torn++;
            if (deadline.hasPassed() || System.nanoTime() - firstTorn >= TORN_LIMIT_NANOS) {
                throw new TornPictureException(torn);
            }
            backOff(torn);
        }
    }

    /**
     * Waits until no pixel has changed for {@code quietMillis}, and returns that picture. Drawing that changes no pixel
     * does not count.
     */
    public Frame awaitStable(long quietMillis, Deadline deadline) throws SpiceClientException {
        long quietNanos = Math.multiplyExact(quietMillis, 1_000_000L);
        long seen = state.changes();
        Frame last = capture(deadline);
        long since = System.nanoTime();
        while (true) {
            state.awaitChange(seen, quietNanos - (System.nanoTime() - since), deadline);
            long now = state.changes();
            boolean looked = now != seen;
            if (looked) {
                seen = now;
                Frame next = captureUnlessTorn(deadline);
                if (next == null || !next.samePixels(last)) {
                    last = next == null ? last : next;
                    since = System.nanoTime();
                }
            }
            if (System.nanoTime() - since >= quietNanos) {
                return last;
            }
            DisplayState.requireTime(
                    deadline, "a screen without change for " + quietMillis + " ms", "one that changes");
            if (looked) {
                state.pause(Math.min(quietNanos / 4, STABLE_LOOK_NANOS), deadline);
            }
        }
    }

    /** Waits until something newer than {@code afterSequence} has been told, or another screen; returns {@link #sequence}. */
    public long awaitDamage(long afterSequence, Deadline deadline) throws SpiceClientException {
        return state.awaitDamage(afterSequence, deadline);
    }

    /**
     * The next whole picture, where it lies: the server leaves it alone until it is closed, and then goes on to the newest.
     * For {@link ConnectOptions.Damage#FRAMES}; one at a time.
     *
     * @throws SpiceClientException with kind UNSUPPORTED when the server has no segment for this client alone
     */
    public HeldFrame awaitFrame(Deadline deadline) throws SpiceClientException {
        Primary shown = state.awaitWhole(deadline);
        if (handler.damage() != ConnectOptions.Damage.FRAMES && state.isCurrent(shown)) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.UNSUPPORTED,
                    "frame: got damage by " + handler.damage() + ", expected a segment of this client's own");
        }
        return handler.frames().await(deadline);
    }

    private @Nullable Frame captureUnlessTorn(Deadline deadline) throws SpiceClientException {
        try {
            return capture(deadline);
        } catch (TornPictureException e) {
            return null;
        }
    }

    /** A copy that no batch was drawn into, or null. */
    private @Nullable Frame copyShared(Primary now, MappedSegment held) throws SpiceClientException {
        if (!held.tryHold()) {
            return null;
        }
        try {
            SequencePage.Reader page = held.sequencePage();
            long batch = page.beginRead();
            // A batch is being drawn: to copy now would be in vain.
            for (int i = 0; i < SPINS && !page.validate(batch); i++) {
                Thread.onSpinWait();
                batch = page.beginRead();
            }
            if (page.validate(batch)) {
                int[] pixels = new int[now.width() * now.height()];
                now.copyRaw(pixels);
                if (page.validate(batch) && state.isCurrent(now)) {
                    now.convert(pixels);
                    return new Frame(now.width(), now.height(), batch, pixels);
                }
            }
        } catch (InternalError e) {
            throw faulted(e);
        } finally {
            held.release();
        }
        state.countTornRead();
        return null;
    }

    private static void backOff(int torn) {
        LockSupport.parkNanos(Math.min(FIRST_BACKOFF_NANOS << Math.min(torn, 16), LONGEST_BACKOFF_NANOS));
    }

    private static SpiceClientException faulted(InternalError cause) {
        return new SpiceClientException(
                SpiceClientException.Kind.PROTOCOL,
                "shared segment: got a fault while reading, expected pages that stay: " + cause.getMessage(),
                cause);
    }
}
