package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * Colours of an indexed picture. spice.proto: Palette.
 *
 * @param unique what a client caches it under
 * @param entries little-endian 0x00RRGGBB each; a slice of the body
 */
public record Palette(long unique, MemorySegment entries) {
    private static final Struct STRUCT = Struct.littleEndian("Palette");
    private static final Struct.U64 UNIQUE = STRUCT.u64("unique");
    private static final Struct.U16 NUM_ENTS = STRUCT.u16("num_ents");
    private static final Struct ENTRY = Struct.littleEndian("Palette");
    private static final Struct.U32 ENT = ENTRY.u32("ents");

    /** How many colours there are. */
    public int size() {
        return (int) (entries.byteSize() / ENTRY.size());
    }

    /** One colour; {@code 0 <= index && index < size()}. */
    public int color(int index) {
        return ENT.get(entries, index * ENTRY.size());
    }

    static Palette read(BodyReader reader) throws MalformedMessageException {
        long base = reader.take(STRUCT);
        long bytes = NUM_ENTS.get(reader.body(), base) * ENTRY.size();
        return new Palette(
                UNIQUE.get(reader.body(), base), reader.slice("ents", bytes).asReadOnly());
    }

    void write(BodyWriter out) {
        long base = out.put(STRUCT);
        UNIQUE.set(out.segment(), base, unique);
        NUM_ENTS.set(out.segment(), base, size());
        out.putBytes(entries);
    }
}
