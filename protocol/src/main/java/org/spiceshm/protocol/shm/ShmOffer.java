package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.DisplayServerMessage;

/**
 * SHM_OFFER: the server would share its screen in a segment of {@code segmentBytes}. Its version is
 * {@link #VERSION}; later ones may add features, so unknown bits are kept, and simply not repeated in the reply.
 */
public record ShmOffer(int features, long segmentBytes) implements DisplayServerMessage {
    /** The only version there is. */
    public static final int VERSION = 1;

    private static final Struct STRUCT = Struct.littleEndian("SHM_OFFER");
    private static final Struct.U32 VERSION_FIELD = STRUCT.u32("version");
    private static final Struct.U32 FEATURES = STRUCT.u32("features");
    private static final Struct.U64 SEGMENT_SIZE = STRUCT.u64("segment_size");
    private static final Struct.U16 NAME_SIZE = STRUCT.u16("name_size");

    /** Reads a body completely. */
    public static ShmOffer decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        long version = VERSION_FIELD.getUnsigned(body, base);
        long segmentBytes = SEGMENT_SIZE.get(body, base);
        int nameSize = NAME_SIZE.get(body, base);
        if (!(version == VERSION)) {
            throw reader.malformed(VERSION_FIELD, base, version, VERSION);
        }
        if (!(0 < segmentBytes)) {
            throw reader.malformed(SEGMENT_SIZE, base, Long.toUnsignedString(segmentBytes), "1 to 2^63-1");
        }
        if (!(nameSize == 0)) {
            throw reader.malformed(NAME_SIZE, base, nameSize, 0);
        }
        reader.requireEnd();
        return new ShmOffer(FEATURES.get(body, base), segmentBytes);
    }

    @Override
    public int type(Numbering numbering) {
        return numbering.offer();
    }

    @Override
    public void encode(BodyWriter out) {
        long base = out.put(STRUCT);
        VERSION_FIELD.set(out.segment(), base, VERSION);
        FEATURES.set(out.segment(), base, features);
        SEGMENT_SIZE.set(out.segment(), base, segmentBytes);
    }
}
