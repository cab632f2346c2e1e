package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlReleaseRing;

/**
 * Gives commands back to the guest, in lists: each item of the ring is the id of the first of a list whose members are
 * linked through their release infos.
 *
 * <pre>
 *  items[prod & 7] -> id of A     A.release_info = id of B     B.release_info = 0
 * </pre>
 *
 * <p>The list grows while the ring has no room, so nothing is ever lost or waited for. A surface's creating command is
 * held until the surface is gone, since its memory is the surface. Owned by the thread that finishes slots; all
 * indices are our own copies, the guest's are only compared with.
 */
final class ReleaseRing {
    static final long RELEASE_INFO_BYTES = QxlReleaseInfo.STRUCT.size();

    private static final int SIZE = QxlReleaseRing.ITEMS.count();

    private final MemorySegment ram;
    private final long ring;
    private final Interrupts interrupts;

    private final @Nullable MemorySegment[] heldMemory;
    private final long[] heldOffset;
    private final long[] heldId;

    private int produced;
    private long headId;
    private @Nullable MemorySegment tailMemory;
    private long tailOffset;

    ReleaseRing(MemorySegment ram, long ramHeader, Interrupts interrupts, int surfaces) {
        this.ram = ram;
        this.ring = QxlRam.RELEASE_RING.at(ramHeader);
        this.interrupts = interrupts;
        this.heldMemory = new MemorySegment[surfaces];
        this.heldOffset = new long[surfaces];
        this.heldId = new long[surfaces];
    }

    static long idAt(MemorySegment memory, long offset) {
        return QxlReleaseInfo.ID.get(memory, offset);
    }

    /** Forgets everything; the guest has reset the device. */
    void reset() {
        produced = 0;
        tailMemory = null;
        Arrays.fill(heldMemory, null);
    }

    /** The command's resources are no longer needed. */
    void release(CommandSlot slot) {
        MemorySegment memory = slot.releaseMemory;
        if (memory != null) {
            append(memory, slot.releaseOffset, slot.releaseId);
        }
    }

    /** Keeps the command that created {@code slot.surfaceId}. */
    void hold(CommandSlot slot) {
        int surface = slot.surfaceId;
        heldMemory[surface] = slot.releaseMemory;
        heldOffset[surface] = slot.releaseOffset;
        heldId[surface] = slot.releaseId;
    }

    /** Gives back the command that created {@code surface}. */
    void releaseHeld(int surface) {
        MemorySegment memory = heldMemory[surface];
        if (memory != null) {
            heldMemory[surface] = null;
            append(memory, heldOffset[surface], heldId[surface]);
        }
    }

    /** Gives back every held command. */
    void releaseAllHeld() {
        for (int surface = 0; surface < heldMemory.length; surface++) {
            releaseHeld(surface);
        }
    }

    private void append(MemorySegment memory, long offset, long id) {
        MemorySegment tail = tailMemory;
        if (tail == null) {
            headId = id;
        } else {
            QxlReleaseInfo.ID.set(tail, tailOffset, id);
        }
        QxlReleaseInfo.ID.set(memory, offset, 0);
        tailMemory = memory;
        tailOffset = offset;
    }

    /** Publishes the list if there is one and the ring has room; one item is always left free. */
    void publish() {
        if (tailMemory == null) {
            return;
        }
        int consumed = QxlReleaseRing.CONS.getAcquire(ram, ring);
        if (!(Integer.compareUnsigned(produced - consumed, SIZE - 1) < 0)) {
            return;
        }
        int index = produced & SIZE - 1;
        QxlReleaseInfo.ID.set(ram, QxlReleaseRing.ITEMS.at(ring, index), headId);
        produced++;
        // release: the list and its item before the index
        QxlReleaseRing.PROD.setRelease(ram, ring, produced);
        tailMemory = null;
        // The guest writes notify_on_prod, then looks at prod; we write prod, then look at notify_on_prod.
        VarHandle.fullFence();
        if (QxlReleaseRing.NOTIFY_ON_PROD.getAcquire(ram, ring) == produced) {
            interrupts.raise(QxlInterrupt.DISPLAY);
        }
    }
}
