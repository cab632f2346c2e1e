package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** The capability words behind a link message: common ones, then the channel's, from caps_offset on. */
final class CapabilityWords {
    private static final Struct STRUCT = Struct.littleEndian("capability");
    private static final Struct.U32 WORD = STRUCT.u32("word");

    private CapabilityWords() {}

    static void put(BodyWriter out, Capabilities capabilities) {
        for (int i = 0; i < capabilities.wordCount(); i++) {
            long base = out.put(STRUCT);
            WORD.set(out.segment(), base, capabilities.word(i));
        }
    }

    /** Both sets; {@code reader} stands behind the fixed part, where the words may begin at the earliest. */
    static Capabilities[] read(
            BodyReader reader, long base, Struct.U32 commonCount, Struct.U32 channelCount, Struct.U32 offset)
            throws MalformedMessageException {
        MemorySegment body = reader.body();
        long common = count(reader, base, commonCount);
        long channel = count(reader, base, channelCount);
        if (common + channel == 0) {
            return new Capabilities[] {Capabilities.NONE, Capabilities.NONE};
        }
        // INVARIANT: common + channel <= 2048, so the sum below fits a long by far.
        long from = offset.getUnsigned(body, base);
        if (!(reader.position() <= from && from + (common + channel) * STRUCT.size() <= body.byteSize())) {
            throw reader.malformed(
                    offset,
                    base,
                    from,
                    "room for " + (common + channel) + " words between " + reader.position() + " and "
                            + body.byteSize());
        }
        return new Capabilities[] {
            words(body, from, (int) common), words(body, from + common * STRUCT.size(), (int) channel)
        };
    }

    private static long count(BodyReader reader, long base, Struct.U32 field) throws MalformedMessageException {
        long count = field.getUnsigned(reader.body(), base);
        if (!(count <= Capabilities.MAX_WORDS)) {
            throw reader.malformed(field, base, count, "at most " + Capabilities.MAX_WORDS);
        }
        return count;
    }

    private static Capabilities words(MemorySegment body, long from, int count) {
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = WORD.get(body, from + i * STRUCT.size());
        }
        return Capabilities.ofWords(words);
    }
}
