package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;

/** A QXL device as its driver sees it: memory, configuration space, ports, and a line. The driver's port. */
public interface QxlHardware {
    /** Memory of a BAR: 0 ram, 1 vram, 2 rom. */
    MemorySegment bar(int index);

    /** Reads {@code width} (1, 2 or 4) bytes of PCI configuration space, zero-extended. */
    int readConfig(int offset, int width);

    /** Writes {@code width} (1, 2 or 4) bytes of PCI configuration space. */
    void writeConfig(int offset, int width, int value);

    /** Writes one byte to an I/O port; returns when a synchronous port is done. */
    void out(int port, int value);

    /**
     * Writes {@code width} (1, 2 or 4) bytes to a VGA or DISPI port, by its number in the machine; lost on hardware without
     * VGA.
     */
    default void vgaOut(int port, int width, int value) {}

    /** Reads {@code width} (1, 2 or 4) bytes from a VGA or DISPI port; all ones from hardware without VGA. */
    default int vgaIn(int port, int width) {
        return width == 1 ? 0xff : width == 2 ? 0xffff : -1;
    }

    /** Sets who is called, by any thread, whenever the interrupt line is raised. The handler neither blocks nor writes ports. */
    void onInterrupt(Runnable handler);
}
