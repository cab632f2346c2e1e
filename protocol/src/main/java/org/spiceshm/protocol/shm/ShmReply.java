package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.DisplayClientMessage;

/** SHM_REPLY: whether the client takes an offer, and which of its features. */
public record ShmReply(boolean accepted, int features) implements DisplayClientMessage {
    private static final Struct STRUCT = Struct.littleEndian("SHM_REPLY");
    private static final Struct.U32 ACCEPTED = STRUCT.u32("accepted");
    private static final Struct.U32 FEATURES = STRUCT.u32("features");

    /** Reads a body completely. */
    public static ShmReply decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        long accepted = ACCEPTED.getUnsigned(body, base);
        if (!(accepted <= 1)) {
            throw reader.malformed(ACCEPTED, base, accepted, "0 or 1");
        }
        reader.requireEnd();
        return new ShmReply(accepted == 1, FEATURES.get(body, base));
    }

    /** Refuses features that {@code offer} did not have. */
    public void requireAnswerTo(ShmOffer offer) throws MalformedMessageException {
        if (!((features & ~offer.features()) == 0)) {
            throw MalformedMessageException.at(
                    STRUCT.name(),
                    FEATURES.name(),
                    FEATURES.offset(),
                    "0x" + Integer.toHexString(features),
                    "a subset of the offer's 0x" + Integer.toHexString(offer.features()));
        }
    }

    @Override
    public int type(Numbering numbering) {
        return numbering.reply();
    }

    @Override
    public void encode(BodyWriter out) {
        long base = out.put(STRUCT);
        ACCEPTED.set(out.segment(), base, accepted ? 1 : 0);
        FEATURES.set(out.segment(), base, features);
    }
}
