package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.spiceshm.protocol.qxl.QxlCommand;
import org.spiceshm.protocol.qxl.QxlCommandRing;

/**
 * The driver's end of one ring that it fills.
 *
 * <pre>
 *  cons &lt;= prod &lt;= cons + 32     items[prod & 31] &lt;- (address, type)
 * </pre>
 *
 * <p>Single producer, owned by the driver's thread.
 */
final class CommandRing {
    private static final int SIZE = QxlCommandRing.ITEMS.count();

    private final MemorySegment ram;
    private final long ring;
    private final String name;
    private int produced;

    CommandRing(MemorySegment ram, long ring, String name) {
        this.ram = ram;
        this.ring = ring;
        this.name = name;
    }

    /** Goes on where the device's ring stands. */
    void attach() {
        int items = QxlCommandRing.NUM_ITEMS.get(ram, ring);
        if (items != SIZE) {
            throw new IllegalStateException(name + ".num_items: got " + items + ", expected " + SIZE);
        }
        produced = QxlCommandRing.PROD.getAcquire(ram, ring);
    }

    int pending() {
        // acquire: the device has read an item before we overwrite it
        return produced - QxlCommandRing.CONS.getAcquire(ram, ring);
    }

    boolean isFull() {
        return pending() == SIZE;
    }

    /** Appends an item; the caller has seen room. True if the device wants to be told. */
    boolean put(int type, long address) {
        long item = QxlCommandRing.ITEMS.at(ring, produced & SIZE - 1);
        QxlCommand.DATA.set(ram, item, address);
        QxlCommand.TYPE.set(ram, item, type);
        QxlCommand.PADDING.set(ram, item, 0);
        produced++;
        // release: the item, and what it points to, before the index
        QxlCommandRing.PROD.setRelease(ram, ring, produced);
        // We write prod, then look at notify_on_prod; the device writes notify_on_prod, then looks at prod.
        VarHandle.fullFence();
        return QxlCommandRing.NOTIFY_ON_PROD.getAcquire(ram, ring) == produced;
    }

    /** Asks for an interrupt once at most {@code left} items stand in the ring; the caller looks again afterwards. */
    void notifyWhenPending(int left) {
        QxlCommandRing.NOTIFY_ON_CONS.setRelease(ram, ring, produced - left);
        // We write notify_on_cons, then look at cons; the device writes cons, then looks at notify_on_cons.
        VarHandle.fullFence();
    }

    String name() {
        return name;
    }

    static int size() {
        return SIZE;
    }
}
