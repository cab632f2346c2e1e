package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.qxl.QxlRam;

/**
 * Pending bits in the RAM header, and the pin. Bits are set by any thread of the device with one atomic OR; the guest
 * clears them.
 *
 * <p>Two threads may drive the pin at once. Each looks again after it has set the level, so that whoever sets it last has
 * seen the newest bits, and no stale level stays.
 */
final class Interrupts {
    /** A guest that changes the bits faster than they are looked at gets the level that it deserves. */
    private static final int MAX_LOOKS = 16;

    private final MemorySegment ram;
    private final long header;
    private final PciConfigSpace config;
    private final InterruptLine line;

    Interrupts(MemorySegment ram, long header, PciConfigSpace config, InterruptLine line) {
        this.ram = ram;
        this.header = header;
        this.config = config;
        this.line = line;
    }

    /** Sets {@code bits}, and the pin if the guest wants to hear of them. */
    void raise(int bits) {
        QxlRam.INT_PENDING.getAndBitwiseOr(ram, header, bits);
        if ((QxlRam.INT_MASK.getVolatile(ram, header) & bits) != 0) {
            update();
        }
    }

    /** Looks at mask and pending, one of which has changed, and drives the pin. */
    void update() {
        boolean level = level();
        line.set(level);
        for (int left = MAX_LOOKS; left > 0 && level != level(); left--) {
            level = !level;
            line.set(level);
        }
    }

    private boolean level() {
        int wanted = QxlRam.INT_PENDING.getVolatile(ram, header) & QxlRam.INT_MASK.getVolatile(ram, header);
        return wanted != 0 && config.interruptsEnabled();
    }

    /** Which bits the guest wants to hear of. */
    int mask() {
        return QxlRam.INT_MASK.getVolatile(ram, header);
    }
}
