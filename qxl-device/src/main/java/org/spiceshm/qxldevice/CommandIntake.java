package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommand;
import org.spiceshm.protocol.qxl.QxlCommandRing;

/**
 * The device's end of one ring that the guest fills. An item is read once, into the slot that carries it on.
 *
 * <p>Our consumer index is our own; the guest's memory only gets copies of it, and its producer index is only compared
 * with ours. Owned by the device thread.
 */
final class CommandIntake {
    private static final int SIZE = QxlCommandRing.ITEMS.count();

    private final MemorySegment ram;
    private final long ring;
    private final boolean cursorRing;
    private final int interruptBit;
    private final CommandParser parser;
    private final CommandSink sink;
    private final Interrupts interrupts;

    private int consumed;
    /** The guest's index as it was read last. */
    private int produced;

    private boolean blocked;

    CommandIntake(
            MemorySegment ram,
            long ring,
            boolean cursorRing,
            int interruptBit,
            CommandParser parser,
            CommandSink sink,
            Interrupts interrupts) {
        this.ram = ram;
        this.ring = ring;
        this.cursorRing = cursorRing;
        this.interruptBit = interruptBit;
        this.parser = parser;
        this.sink = sink;
        this.interrupts = interrupts;
    }

    /** As after a reset: empty, and the guest is to knock. */
    void reset() {
        consumed = 0;
        MemorySegment items = ram.asSlice(ring, QxlCommandRing.STRUCT.size());
        items.fill((byte) 0);
        QxlCommandRing.NUM_ITEMS.set(ram, ring, SIZE);
        QxlCommandRing.NOTIFY_ON_PROD.set(ram, ring, 1);
    }

    /**
     * Moves at most {@code limit} commands from the ring to the sink; {@code listener} hears of a broken ring.
     *
     * @return how many were moved, where the losing of a broken ring's contents counts as one; fewer than the limit if the
     *     ring is empty, and the guest will knock, or if {@link #blocked}
     */
    int poll(int limit, FaultListener listener) {
        blocked = false;
        int taken = 0;
        while (taken < limit && !isEmpty()) {
            if (!(available() <= SIZE)) {
                listener.fault(GuestFault.RING_INDEX_OUT_OF_RANGE);
                skipTo(produced);
                taken++;
                continue;
            }
            CommandSlot slot = sink.claim();
            if (slot == null) {
                blocked = true;
                break;
            }
            take(slot);
            sink.publish(slot);
            taken++;
        }
        return taken;
    }

    /** Whether the last {@link #poll} stopped for want of room in the sink. */
    boolean blocked() {
        return blocked;
    }

    /** Commands that stand in the ring now. */
    int pending() {
        produced = QxlCommandRing.PROD.getAcquire(ram, ring);
        return (int) Math.min(available(), SIZE);
    }

    private long available() {
        return Integer.toUnsignedLong(produced - consumed);
    }

    /** True when empty; then the guest has been asked to knock at the next command. */
    private boolean isEmpty() {
        produced = QxlCommandRing.PROD.getAcquire(ram, ring);
        if (produced == consumed) {
            QxlCommandRing.NOTIFY_ON_PROD.setRelease(ram, ring, consumed + 1);
            // The guest writes prod, then looks at notify_on_prod; we write notify_on_prod, then look at prod.
            VarHandle.fullFence();
            produced = QxlCommandRing.PROD.getAcquire(ram, ring);
        }
        return produced == consumed;
    }

    private void take(CommandSlot slot) {
        slot.clear();
        slot.readNanos = System.nanoTime();
        long item = QxlCommandRing.ITEMS.at(ring, consumed & SIZE - 1);
        long physical = QxlCommand.DATA.get(ram, item);
        int type = QxlCommand.TYPE.get(ram, item);
        skipTo(consumed + 1);
        parser.parse(slot, type, physical, cursorRing);
    }

    private void skipTo(int index) {
        consumed = index;
        // release: the item has been read before the guest may overwrite it
        QxlCommandRing.CONS.setRelease(ram, ring, consumed);
        // The guest writes notify_on_cons, then looks at cons; we write cons, then look at notify_on_cons.
        VarHandle.fullFence();
        if (QxlCommandRing.NOTIFY_ON_CONS.getAcquire(ram, ring) == consumed) {
            interrupts.raise(interruptBit);
        }
    }

    /** Hears of faults that belong to no command. */
    interface FaultListener {
        void fault(GuestFault fault);
    }
}
