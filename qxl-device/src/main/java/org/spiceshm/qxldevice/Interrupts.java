package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.qxl.QxlRam;

/**
 * Pending bits in the RAM header, and the pin. Bits are set by any thread of the device with one atomic OR; the guest
 * clears them.
 */
final class Interrupts {
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
            line.set(config.interruptsEnabled());
        }
    }

    /** Looks at mask and pending again: the guest has changed one of them. */
    void update() {
        int wanted = QxlRam.INT_PENDING.getVolatile(ram, header) & QxlRam.INT_MASK.getVolatile(ram, header);
        line.set(wanted != 0 && config.interruptsEnabled());
    }

    /** Which bits the guest wants to hear of. */
    int mask() {
        return QxlRam.INT_MASK.getVolatile(ram, header);
    }
}
