package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlDataChunk;

/**
 * Copies out of guest memory, each byte once, after its address has been checked; what is checked afterwards is the
 * copy. Every method returns null, or the fault that stopped it. Owned by the device thread; allocates only to grow.
 */
final class GuestMemory {
    /** A chain of more chunks is taken to be a circle. */
    static final int MAX_CHUNKS = CommandSlot.MAX_PIECES;
    /** The reference's limit on what a chain may hold. */
    static final long MAX_CHUNK_BYTES = Integer.MAX_VALUE;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DeviceMemory memory;
    private final MemorySlots slots;

    private long[] chunkAt = new long[64];
    private int[] chunkLength = new int[64];
    private int chunks;
    private long chunkBytes;

    /** Where the last {@link #copy} put its bytes. */
    private int copiedTo;

    GuestMemory(DeviceMemory memory, MemorySlots slots) {
        this.memory = memory;
        this.slots = slots;
    }

    /** Copies {@code size} bytes to the end of the slot's snapshot; {@link #copiedTo} says where. */
    @Nullable
    GuestFault copy(CommandSlot slot, long physical, long size) {
        int offset = slot.reserve(size);
        if (offset < 0) {
            return GuestFault.COMMAND_TOO_LARGE;
        }
        copiedTo = offset;
        return copyTo(slot, physical, size, offset);
    }

    /** Snapshot offset of what {@link #copy} or {@link #linearize} copied last. */
    int copiedTo() {
        return copiedTo;
    }

    /** Copies {@code size} bytes to snapshot offset {@code offset}, where room was reserved. */
    @Nullable
    GuestFault copyTo(CommandSlot slot, long physical, long size, int offset) {
        long at = slots.resolve(physical, size);
        if (MemorySlots.isFault(at)) {
            return MemorySlots.faultOf(at);
        }
        MemorySegment.copy(segment(at), MemorySlots.offsetOf(at), slot.snapshot(), offset, size);
        slot.noteRead(MemorySlots.barOf(at), MemorySlots.offsetOf(at), size);
        return null;
    }

    /** Notes {@code size} bytes of pixels as one piece. */
    @Nullable
    GuestFault addPiece(CommandSlot slot, long physical, long size) {
        long at = slots.resolve(physical, size);
        if (MemorySlots.isFault(at)) {
            return MemorySlots.faultOf(at);
        }
        return addPieceAt(slot, at, (int) size) ? null : GuestFault.COMMAND_TOO_LARGE;
    }

    private boolean addPieceAt(CommandSlot slot, long at, int size) {
        slot.noteRead(MemorySlots.barOf(at), MemorySlots.offsetOf(at), size);
        return slot.addPiece(segment(at), MemorySlots.offsetOf(at), size);
    }

    /**
     * Follows a chunk list whose first header lies at {@code physical}; the headers are read once each. Empty chunks are
     * skipped, but they count.
     */
    @Nullable
    GuestFault walkChunks(CommandSlot slot, long physical) {
        chunks = 0;
        chunkBytes = 0;
        long header = physical;
        for (int left = MAX_CHUNKS; left > 0; left--) {
            long at = slots.resolve(header, QxlDataChunk.STRUCT.size());
            if (MemorySlots.isFault(at)) {
                return MemorySlots.faultOf(at);
            }
            MemorySegment segment = segment(at);
            long offset = MemorySlots.offsetOf(at);
            slot.noteRead(MemorySlots.barOf(at), offset, QxlDataChunk.STRUCT.size());
            long size = QxlDataChunk.DATA_SIZE.getUnsigned(segment, offset);
            long next = QxlDataChunk.NEXT_CHUNK.get(segment, offset);
            if (size != 0) {
                if (!(chunkBytes + size <= MAX_CHUNK_BYTES)) {
                    return GuestFault.CHUNK_DATA_TOO_LARGE;
                }
                long data = slots.resolve(header + QxlDataChunk.STRUCT.size(), size);
                if (MemorySlots.isFault(data)) {
                    return MemorySlots.faultOf(data);
                }
                addChunk(data, (int) size);
            }
            if (next == 0) {
                return null;
            }
            header = next;
        }
        return GuestFault.CHUNKS_TOO_MANY;
    }

    private void addChunk(long at, int length) {
        if (chunks == chunkAt.length) {
            chunkAt = Arrays.copyOf(chunkAt, 4 * chunks);
            chunkLength = Arrays.copyOf(chunkLength, 4 * chunks);
        }
        chunkAt[chunks] = at;
        chunkLength[chunks] = length;
        chunks++;
        chunkBytes += length;
    }

    /** Bytes that the chunks of the last {@link #walkChunks} hold. */
    long chunkBytes() {
        return chunkBytes;
    }

    /** Copies what the last {@link #walkChunks} found into the snapshot, in one run. */
    @Nullable
    GuestFault linearize(CommandSlot slot) {
        int offset = slot.reserve(chunkBytes);
        if (offset < 0) {
            return GuestFault.COMMAND_TOO_LARGE;
        }
        copiedTo = offset;
        for (int i = 0; i < chunks; i++) {
            long at = chunkAt[i];
            MemorySegment.copy(segment(at), MemorySlots.offsetOf(at), slot.snapshot(), offset, chunkLength[i]);
            slot.noteRead(MemorySlots.barOf(at), MemorySlots.offsetOf(at), chunkLength[i]);
            offset += chunkLength[i];
        }
        return null;
    }

    /** Notes what the last {@link #walkChunks} found as pieces of pixels. */
    @Nullable
    GuestFault addChunksAsPieces(CommandSlot slot) {
        for (int i = 0; i < chunks; i++) {
            if (!addPieceAt(slot, chunkAt[i], chunkLength[i])) {
                return GuestFault.COMMAND_TOO_LARGE;
            }
        }
        return null;
    }

    /** A u32 of the slot's snapshot. */
    static int intAt(CommandSlot slot, int snapshotOffset) {
        return slot.snapshot().get(INT, snapshotOffset);
    }

    /** Where the release info of the command at {@code physical} lies; a fault if nowhere. */
    @Nullable
    GuestFault findReleaseInfo(CommandSlot slot, long physical) {
        long at = slots.resolve(physical, ReleaseRing.RELEASE_INFO_BYTES);
        if (MemorySlots.isFault(at)) {
            return MemorySlots.faultOf(at);
        }
        slot.releaseMemory = segment(at);
        slot.releaseOffset = MemorySlots.offsetOf(at);
        slot.releaseId = ReleaseRing.idAt(slot.releaseMemory, slot.releaseOffset);
        return null;
    }

    /** Whether a NUL comes within {@code limit} bytes and the slot; the bytes in between are not kept. */
    @Nullable
    GuestFault scanText(long physical, int limit) {
        for (int i = 0; i < limit; i++) {
            long at = slots.resolve(physical + i, 1);
            if (MemorySlots.isFault(at)) {
                return MemorySlots.faultOf(at);
            }
            if (segment(at).get(ValueLayout.JAVA_BYTE, MemorySlots.offsetOf(at)) == 0) {
                return null;
            }
        }
        return GuestFault.MESSAGE_TOO_LONG;
    }

    private MemorySegment segment(long at) {
        return memory.segment(MemorySlots.barOf(at));
    }
}
