package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** What stands before both link messages. spice-protocol, protocol.h: SpiceLinkHeader. */
final class LinkHeader {
    static final Struct STRUCT = Struct.littleEndian("SpiceLinkHeader");
    static final Struct.U32 MAGIC = STRUCT.u32("magic");
    static final Struct.U32 MAJOR_VERSION = STRUCT.u32("major_version");
    static final Struct.U32 MINOR_VERSION = STRUCT.u32("minor_version");
    static final Struct.U32 SIZE = STRUCT.u32("size");

    /** "REDQ". */
    static final int MAGIC_VALUE = 0x51444552;

    static final int MAJOR = 2;
    static final int MINOR = 2;

    private LinkHeader() {}

    /** A header and then {@code body}. */
    static byte[] prepend(byte[] body) {
        byte[] whole = new byte[Math.toIntExact(STRUCT.size() + body.length)];
        MemorySegment segment = MemorySegment.ofArray(whole);
        MAGIC.set(segment, 0, MAGIC_VALUE);
        MAJOR_VERSION.set(segment, 0, MAJOR);
        MINOR_VERSION.set(segment, 0, MINOR);
        SIZE.set(segment, 0, body.length);
        System.arraycopy(body, 0, whole, (int) STRUCT.size(), body.length);
        return whole;
    }
}
