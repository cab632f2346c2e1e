package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;

/** Gathers a fixed number of bytes out of inputs that may be split anywhere. Never larger than a link message. */
final class LinkBuffer {
    private byte[] bytes = new byte[0];
    private int have;

    void expect(long count) {
        bytes = new byte[Math.toIntExact(count)];
        have = 0;
    }

    /** Takes what is missing, if it is there; whether all has come. */
    boolean fill(InputCursor input) {
        have += (int) input.read(MemorySegment.ofArray(bytes), have, bytes.length - have);
        return have == bytes.length;
    }

    byte[] bytes() {
        return bytes;
    }

    MemorySegment segment() {
        return MemorySegment.ofArray(bytes);
    }
}
