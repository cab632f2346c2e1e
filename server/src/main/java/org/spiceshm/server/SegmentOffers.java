package org.spiceshm.server;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;

/**
 * Which segment one client has been offered, and which it has taken. At most one offer is outstanding; silence counts as
 * a refusal, and one answer to it may still come. Does no I/O. Owned by the connection's thread.
 */
final class SegmentOffers {
    private static final long REPLY_NANOS = 5_000_000_000L;

    private @Nullable SharedSegment offered;
    private @Nullable ShmOffer offer;
    private @Nullable SharedSegment accepted;
    private int features;
    private long deadline = Channel.NEVER;
    private int repliesTooLate;

    /** What there is to send. */
    ShmOffer make(SharedSegment segment, int offeredFeatures, long now) {
        ShmOffer made = new ShmOffer(offeredFeatures, segment.sizeBytes());
        offered = segment;
        offer = made;
        deadline = now + REPLY_NANOS;
        return made;
    }

    /** Whether an answer is awaited. */
    boolean isOutstanding() {
        return offer != null;
    }

    /** The segment that the client maps, or null. */
    @Nullable
    SharedSegment accepted() {
        return accepted;
    }

    /** Whether all these features were agreed on for {@link #accepted}. */
    boolean has(int wanted) {
        return accepted != null && (features & wanted) == wanted;
    }

    /**
     * The client answers.
     *
     * @return false if this was the answer to an offer whose time is up
     * @throws MalformedMessageException if it answers nothing, or asks for more than there is
     */
    boolean answer(ShmReply reply) throws MalformedMessageException {
        ShmOffer asked = offer;
        if (asked == null) {
            if (repliesTooLate == 0) {
                throw new MalformedMessageException("SHM_REPLY", "(order)", "got one that answers no offer");
            }
            repliesTooLate--;
            return false;
        }
        reply.requireAnswerTo(asked);
        boolean usable = reply.accepted() && (reply.features() & SegmentFeatures.FD_FOLLOWS) != 0;
        settle(usable ? offered : null, reply.features());
        return true;
    }

    /** The client has not answered in time. */
    void refuseForSilence() {
        repliesTooLate++;
        settle(null, 0);
    }

    /** The client maps nothing that can be used. */
    void forget() {
        accepted = null;
    }

    /** When an answer will have come too late. */
    long deadline() {
        return deadline;
    }

    private void settle(@Nullable SharedSegment agreed, int agreedFeatures) {
        accepted = agreed;
        features = agreedFeatures;
        offered = null;
        offer = null;
        deadline = Channel.NEVER;
    }
}
