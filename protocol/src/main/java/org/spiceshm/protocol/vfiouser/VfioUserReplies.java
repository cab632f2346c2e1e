package org.spiceshm.protocol.vfiouser;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.spiceshm.protocol.vfiouser.VfioUserRequest.Header;

/**
 * Encodes replies, each into the same room: it is good until the next is made. Owned by the connection's thread.
 *
 * <p>A reply goes out whole, and its descriptor with it: QEMU takes descriptors with the first 16 bytes.
 */
public final class VfioUserReplies {
    private static final int HEADER_BYTES = Math.toIntExact(VfioUser.Header.STRUCT.size());
    private static final int ACCESS_BYTES = Math.toIntExact(VfioUser.RegionAccess.STRUCT.size());

    /** Neither write_multiple nor migration: what is not named is not used. */
    private static final String CAPABILITIES = "{\"capabilities\":{\"max_msg_fds\":" + VfioUser.MAX_DESCRIPTORS
            + ",\"max_data_xfer_size\":" + VfioUser.MAX_DATA_BYTES + ",\"pgsizes\":4096}}\0";

    private final MemorySegment out = MemorySegment.ofArray(new byte[VfioUser.MAX_MESSAGE_BYTES]);

    public VfioUserReplies() {}

    /** Version 0.0, and what we can do. */
    public MemorySegment version(VfioUserRequest.Version request) {
        byte[] text = CAPABILITIES.getBytes(StandardCharsets.US_ASCII);
        int fixed = Math.toIntExact(VfioUser.Version.STRUCT.size());
        MemorySegment reply = begin(request.header(), fixed + text.length);
        VfioUser.Version.MAJOR.set(reply, HEADER_BYTES, VfioUser.MAJOR);
        VfioUser.Version.MINOR.set(reply, HEADER_BYTES, VfioUser.MINOR);
        MemorySegment.copy(MemorySegment.ofArray(text), 0, reply, HEADER_BYTES + fixed, text.length);
        return reply;
    }

    /** Done, and nothing to say of it. */
    public MemorySegment done(Header request) {
        return begin(request, 0);
    }

    /** Refused; {@code errno} as in errno(3). */
    public MemorySegment error(Header request, int errno) {
        MemorySegment reply = begin(request, 0);
        VfioUser.Header.FLAGS.set(reply, 0, VfioUser.FLAG_REPLY | VfioUser.FLAG_ERROR);
        VfioUser.Header.ERROR.set(reply, 0, errno);
        return reply;
    }

    /** Unmapped: the request again. */
    public MemorySegment dmaUnmap(VfioUserRequest.DmaUnmap request) {
        int size = Math.toIntExact(VfioUser.DmaUnmap.STRUCT.size());
        MemorySegment reply = begin(request.header(), size);
        VfioUser.DmaUnmap.ARGSZ.set(reply, HEADER_BYTES, size);
        VfioUser.DmaUnmap.FLAGS.set(reply, HEADER_BYTES, request.flags());
        VfioUser.DmaUnmap.ADDRESS.set(reply, HEADER_BYTES, request.address());
        VfioUser.DmaUnmap.SIZE.set(reply, HEADER_BYTES, request.size());
        return reply;
    }

    public MemorySegment deviceInfo(VfioUserRequest.GetInfo request, int flags, int regions, int irqs) {
        int size = Math.toIntExact(VfioUser.DeviceInfo.STRUCT.size());
        MemorySegment reply = begin(request.header(), size);
        VfioUser.DeviceInfo.ARGSZ.set(reply, HEADER_BYTES, size);
        VfioUser.DeviceInfo.FLAGS.set(reply, HEADER_BYTES, flags);
        VfioUser.DeviceInfo.NUM_REGIONS.set(reply, HEADER_BYTES, regions);
        VfioUser.DeviceInfo.NUM_IRQS.set(reply, HEADER_BYTES, irqs);
        return reply;
    }

    public MemorySegment regionInfo(VfioUserRequest.GetRegionInfo request, int flags, long sizeBytes) {
        int size = Math.toIntExact(VfioUser.RegionInfo.STRUCT.size());
        MemorySegment reply = begin(request.header(), size);
        VfioUser.RegionInfo.ARGSZ.set(reply, HEADER_BYTES, size);
        VfioUser.RegionInfo.FLAGS.set(reply, HEADER_BYTES, flags);
        VfioUser.RegionInfo.INDEX.set(reply, HEADER_BYTES, request.index());
        VfioUser.RegionInfo.SIZE.set(reply, HEADER_BYTES, sizeBytes);
        return reply;
    }

    public MemorySegment irqInfo(VfioUserRequest.GetIrqInfo request, int flags, int count) {
        int size = Math.toIntExact(VfioUser.IrqInfo.STRUCT.size());
        MemorySegment reply = begin(request.header(), size);
        VfioUser.IrqInfo.ARGSZ.set(reply, HEADER_BYTES, size);
        VfioUser.IrqInfo.FLAGS.set(reply, HEADER_BYTES, flags);
        VfioUser.IrqInfo.INDEX.set(reply, HEADER_BYTES, request.index());
        VfioUser.IrqInfo.COUNT.set(reply, HEADER_BYTES, count);
        return reply;
    }

    /**
     * A reply with {@code count} zeros, to be written over: see {@link #data}.
     *
     * @throws IllegalArgumentException if the count is not 0..{@link VfioUser#MAX_DATA_BYTES}
     */
    public MemorySegment regionRead(VfioUserRequest.RegionRead request) {
        if (!(0 <= request.count() && request.count() <= VfioUser.MAX_DATA_BYTES)) {
            throw new IllegalArgumentException(
                    "count: got " + request.count() + ", expected 0.." + VfioUser.MAX_DATA_BYTES);
        }
        return access(request.header(), request.offset(), request.region(), request.count(), request.count());
    }

    /** Where the data stand in {@link #regionRead}'s reply. */
    public static MemorySegment data(MemorySegment regionRead) {
        return regionRead.asSlice(HEADER_BYTES + ACCESS_BYTES);
    }

    /** Written: the request again, without its data. */
    public MemorySegment regionWrite(VfioUserRequest.RegionWrite request) {
        return access(request.header(), request.offset(), request.region(), request.count(), 0);
    }

    private MemorySegment access(Header request, long offset, int region, int count, int dataBytes) {
        MemorySegment reply = begin(request, ACCESS_BYTES + dataBytes);
        VfioUser.RegionAccess.OFFSET.set(reply, HEADER_BYTES, offset);
        VfioUser.RegionAccess.REGION.set(reply, HEADER_BYTES, region);
        VfioUser.RegionAccess.COUNT.set(reply, HEADER_BYTES, count);
        return reply;
    }

    private MemorySegment begin(Header request, int bodyBytes) {
        MemorySegment reply = out.asSlice(0, HEADER_BYTES + bodyBytes);
        reply.fill((byte) 0);
        VfioUser.Header.MESSAGE_ID.set(reply, 0, request.id());
        VfioUser.Header.COMMAND.set(reply, 0, request.command());
        VfioUser.Header.SIZE.set(reply, 0, HEADER_BYTES + bodyBytes);
        VfioUser.Header.FLAGS.set(reply, 0, VfioUser.FLAG_REPLY);
        return reply;
    }
}
