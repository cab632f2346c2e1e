package org.spiceshm.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One client's half of DAMAGE_HANDLED: whether it has asked, which segment it has, and what it has not answered. Owned by
 * the connection's thread.
 */
final class LockStepClient {
    private static final Logger LOG = System.getLogger(LockStepClient.class.getName());
    private static final long ANSWER_NANOS = 100_000_000L;
    private static final long NONE = 0;
    private static final long NO_EPOCH = -1;
    /** Segments are powers of two from here on, so that a little growth needs no new one. */
    private static final long LEAST_BYTES = 1 << 20;

    private final LockSteps all;
    private final int mostPlaces;
    private final String peer;
    private final AtomicLong lateAnswers;
    private boolean asked;
    private boolean refused;
    private boolean hasPlace;
    private @Nullable LockStepFeed feed;
    /** The epoch whose picture is being made. */
    private long requestedEpoch = NO_EPOCH;

    /** The sequence that was told last, if the client has not done with it. */
    private long outstanding = NONE;

    /** A picture was left with the client when its surface was destroyed: nobody knows when it is done with it. */
    private boolean leftBehind;

    private long toldAt;
    private boolean late;
    private boolean logged;

    /** {@code lateAnswers} counts answers that did not come in time, of all clients. */
    LockStepClient(LockSteps all, int mostPlaces, String peer, AtomicLong lateAnswers) {
        this.all = all;
        this.mostPlaces = mostPlaces;
        this.peer = peer;
        this.lateAnswers = lateAnswers;
    }

    /** Whether an offer may say that there are segments of one's own. */
    boolean mayAsk() {
        return !asked && !refused && all.hasPlace(mostPlaces);
    }

    /** The client wants one. */
    void ask() {
        asked = true;
    }

    /** Whether the client has asked, and may answer damage. */
    boolean hasAsked() {
        return asked;
    }

    /** Whether the client has, or can now have, a segment of its own. */
    boolean takePlace() {
        if (asked && !refused && !hasPlace) {
            hasPlace = all.takePlace(mostPlaces);
        }
        return hasPlace;
    }

    /** Whether {@code segment} is the client's own. */
    boolean isOwn(@Nullable SharedSegment segment) {
        LockStepFeed own = feed;
        return own != null && own.shared().equals(segment);
    }

    /** Whether a picture of {@code primary} can go where the last one was. */
    boolean canHold(Primary primary) {
        LockStepFeed own = feed;
        return own != null && !leftBehind && own.fits(primary);
    }

    /** A new segment for {@code primary}, in place of the one before. */
    SharedSegment renew(Primary primary) throws IOException {
        long bytes = Math.max(LEAST_BYTES, (long) primary.strideBytes() * primary.heightPixels());
        LockStepFeed made = new LockStepFeed(Long.highestOneBit(bytes - 1) * 2, feed == null ? 0 : feed.sequence());
        closeFeed();
        feed = made;
        all.add(made);
        return made.shared();
    }

    /** Whether a whole picture of {@code primary} is in the segment and can be told; if not, it is being made. */
    boolean isWhole(Primary primary, long epoch) {
        LockStepFeed own = ownFeed();
        if (own.isReady()) {
            if (own.isWholeOf(epoch)) {
                return true;
            }
            requestedEpoch = NO_EPOCH;
        }
        if (requestedEpoch != epoch) {
            requestedEpoch = epoch;
            own.request(primary, epoch);
            all.look();
        }
        return false;
    }

    /** Whether a newer picture is in the segment and can be told. */
    boolean isReady() {
        return ownFeed().isReady();
    }

    /** The picture that can be told, and what of it is new. */
    LockStepFeed ownFeed() {
        LockStepFeed own = feed;
        if (own == null) {
            throw new IllegalStateException("a client without a segment of its own");
        }
        return own;
    }

    /** What {@link #ownFeed} has is told. */
    void told(long now) {
        LockStepFeed own = ownFeed();
        outstanding = own.sequence();
        requestedEpoch = NO_EPOCH;
        toldAt = now;
        late = false;
        own.told();
    }

    /** The client has done with {@code sequence}; what is not outstanding was overtaken by a destroyed surface. */
    void handled(long sequence, long now) {
        if (outstanding == NONE || sequence != outstanding) {
            return;
        }
        outstanding = NONE;
        if (now - toldAt >= ANSWER_NANOS) {
            countLate();
        }
        if (ownFeed().handled()) {
            all.look();
        }
    }

    /** The client is told that its surface is gone. */
    void surfaceDestroyed() {
        leftBehind |= outstanding != NONE;
        outstanding = NONE;
        requestedEpoch = NO_EPOCH;
    }

    /** When an answer is late. */
    long deadline() {
        return outstanding == NONE || late ? Channel.NEVER : toldAt + ANSWER_NANOS;
    }

    /** The answer is late: the client keeps its last picture until it comes. */
    void countLate() {
        if (late) {
            return;
        }
        late = true;
        lateAnswers.incrementAndGet();
        if (!logged) {
            logged = true;
            LOG.log(
                    Level.WARNING,
                    "{0}: got no SHM_DAMAGE_HANDLED within {1} ms; it keeps its last picture until then",
                    peer,
                    ANSWER_NANOS / 1_000_000);
        }
    }

    /** The client has no segment of its own, and shall not be offered another. */
    void refuse() {
        refused = true;
        close();
    }

    /** The client is gone, or goes on without. */
    void close() {
        closeFeed();
        outstanding = NONE;
        if (hasPlace) {
            hasPlace = false;
            all.givePlaceBack();
        }
    }

    private void closeFeed() {
        LockStepFeed old = feed;
        feed = null;
        leftBehind = false;
        requestedEpoch = NO_EPOCH;
        if (old != null) {
            all.remove(old);
            old.close();
        }
    }
}
