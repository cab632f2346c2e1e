package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/**
 * What stands before every message: 6 bytes when both sides have MINI_HEADER, else 18. spice-protocol, protocol.h:
 * SpiceMiniDataHeader, SpiceDataHeader.
 */
public enum MessageHeader {
    MINI,
    FULL;

    private static final Struct MINI_STRUCT = Struct.littleEndian("SpiceMiniDataHeader");
    private static final Struct.U16 MINI_TYPE = MINI_STRUCT.u16("type");
    private static final Struct.U32 MINI_SIZE = MINI_STRUCT.u32("size");

    private static final Struct FULL_STRUCT = Struct.littleEndian("SpiceDataHeader");
    private static final Struct.U64 FULL_SERIAL = FULL_STRUCT.u64("serial");
    private static final Struct.U16 FULL_TYPE = FULL_STRUCT.u16("type");
    private static final Struct.U32 FULL_SIZE = FULL_STRUCT.u32("size");
    private static final Struct.U32 FULL_SUB_LIST = FULL_STRUCT.u32("sub_list");

    private static final int MINI_BYTES = (int) MINI_STRUCT.size();
    private static final int FULL_BYTES = (int) FULL_STRUCT.size();

    /** The header that two sides with these common capabilities use. */
    public static MessageHeader negotiated(Capabilities one, Capabilities other) {
        return one.has(CommonCapability.MINI_HEADER) && other.has(CommonCapability.MINI_HEADER) ? MINI : FULL;
    }

    /** 6 or 18. */
    public int sizeBytes() {
        return this == MINI ? MINI_BYTES : FULL_BYTES;
    }

    /** Writes a header without sub-messages; allocates nothing. A mini header has no room for the serial. */
    public void write(MemorySegment target, long offset, long serial, int type, int bodyBytes) {
        if (this == MINI) {
            MINI_TYPE.set(target, offset, type);
            MINI_SIZE.set(target, offset, bodyBytes);
        } else {
            FULL_SERIAL.set(target, offset, serial);
            FULL_TYPE.set(target, offset, type);
            FULL_SIZE.set(target, offset, bodyBytes);
            FULL_SUB_LIST.set(target, offset, 0);
        }
    }

    int type(MemorySegment header, long base) {
        return this == MINI ? MINI_TYPE.get(header, base) : FULL_TYPE.get(header, base);
    }

    long bodyBytes(MemorySegment header, long base) {
        return this == MINI ? MINI_SIZE.getUnsigned(header, base) : FULL_SIZE.getUnsigned(header, base);
    }

    /** The serial in a full header; a mini header has none. */
    long serial(MemorySegment header, long base) {
        return FULL_SERIAL.get(header, base);
    }

    /** The offset of the list of sub-messages, or 0; a mini header has none. */
    long subList(MemorySegment header, long base) {
        return this == MINI ? 0 : FULL_SUB_LIST.getUnsigned(header, base);
    }

    String specificationName() {
        return this == MINI ? MINI_STRUCT.name() : FULL_STRUCT.name();
    }

    Struct.U32 sizeField() {
        return this == MINI ? MINI_SIZE : FULL_SIZE;
    }

    Struct.U32 subListField() {
        return FULL_SUB_LIST;
    }
}
