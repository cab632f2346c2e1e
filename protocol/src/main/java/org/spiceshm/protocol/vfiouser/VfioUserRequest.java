package org.spiceshm.protocol.vfiouser;

import java.lang.foreign.MemorySegment;

/** What a VMM asks of a device, decoded completely. Unsigned 64-bit fields are held in a {@code long}. */
public sealed interface VfioUserRequest {
    /** What the reply needs, and what came along. */
    Header header();

    /**
     * Of the request's own header.
     *
     * @param id repeated in the reply
     * @param command repeated in the reply
     * @param wantsReply false: whatever comes of it, nobody hears of it
     * @param descriptors how many descriptors came with this message; at most {@link VfioUser#MAX_DESCRIPTORS}
     */
    record Header(int id, int command, boolean wantsReply, int descriptors) {}

    /** The first message; {@code capabilities} is JSON. */
    record Version(Header header, int major, int minor, String capabilities) implements VfioUserRequest {}

    /** Guest memory at {@code address}; {@code flags} is 1 for reading, 2 for writing. */
    record DmaMap(Header header, int flags, long offset, long address, long size) implements VfioUserRequest {}

    /** The guest memory at {@code address} goes. */
    record DmaUnmap(Header header, int flags, long address, long size) implements VfioUserRequest {}

    /** What kind of device this is. */
    record GetInfo(Header header) implements VfioUserRequest {}

    /** How large a region is, and how to reach it. */
    record GetRegionInfo(Header header, int index) implements VfioUserRequest {}

    /** How many interrupts of a kind there are. */
    record GetIrqInfo(Header header, int index) implements VfioUserRequest {}

    /** Sets up {@code count} interrupts from {@code start}; {@code flags} says what is done, and by what. */
    record SetIrqs(Header header, int flags, int index, int start, int count) implements VfioUserRequest {}

    /** Reads {@code count} bytes; nothing is known of region, offset and count. */
    record RegionRead(Header header, long offset, int region, int count) implements VfioUserRequest {}

    /**
     * Writes {@code count} bytes; nothing is known of region and offset.
     *
     * @param data exactly {@code count} bytes, good until the session receives more
     */
    record RegionWrite(Header header, long offset, int region, int count, MemorySegment data)
            implements VfioUserRequest {}

    /** Back to power-on. */
    record DeviceReset(Header header) implements VfioUserRequest {}

    /** A command that this protocol does not have, or that we do not. */
    record Unsupported(Header header) implements VfioUserRequest {}
}
