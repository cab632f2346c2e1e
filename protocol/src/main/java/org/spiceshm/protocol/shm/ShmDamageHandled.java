package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.DisplayClientMessage;

/** SHM_DAMAGE_HANDLED: the client has taken what SHM_DAMAGE {@code sequence} told; the segment may change again. */
public record ShmDamageHandled(long sequence) implements DisplayClientMessage {
    private static final Struct STRUCT = Struct.littleEndian("SHM_DAMAGE_HANDLED");
    private static final Struct.U64 SEQUENCE = STRUCT.u64("sequence");

    /** The body's length. */
    public static final int BYTES = (int) STRUCT.size();

    /** Writes a body in place. */
    public static void write(MemorySegment target, long at, long sequence) {
        SEQUENCE.set(target, at, sequence);
    }

    /** Reads a body completely. */
    public static ShmDamageHandled decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        reader.requireEnd();
        return new ShmDamageHandled(SEQUENCE.get(body, base));
    }

    @Override
    public int type(Numbering numbering) {
        return numbering.damageHandled();
    }

    @Override
    public void encode(BodyWriter out) {
        long base = out.put(STRUCT);
        SEQUENCE.set(out.segment(), base, sequence);
    }
}
