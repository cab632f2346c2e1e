package org.spiceshm.guestdriver;

/**
 * What firmware does before a driver runs: finds out the BARs' sizes, and gives each a place. PCI Local Bus 3.0,
 * 6.2.5.1. Stateless but for the answer.
 */
final class PciBars {
    private static final int VENDOR_OFFSET = 0x00;
    private static final int COMMAND_OFFSET = 0x04;
    private static final int BAR_OFFSET = 0x10;
    private static final int COUNT = 6;

    private static final int VENDOR_AND_DEVICE = 0x0100_1b36;
    private static final int ENABLE_IO_MEMORY_MASTER = 7;
    private static final int IO_SPACE = 1;
    private static final int WIDTH_64 = 4;

    private static final long MEMORY_START = 0x2000_0000L;
    private static final long MEMORY_END = 0x1_0000_0000L;
    private static final long IO_START = 0xc000;

    private final long[] size = new long[COUNT];
    private final long[] address = new long[COUNT];

    /** Sizes and assigns all BARs, then enables the device. */
    static PciBars assign(QxlHardware hardware) {
        int identity = hardware.readConfig(VENDOR_OFFSET, 4);
        if (identity != VENDOR_AND_DEVICE) {
            throw new IllegalStateException("PCI vendor and device: got 0x" + Integer.toHexString(identity)
                    + ", expected 0x" + Integer.toHexString(VENDOR_AND_DEVICE));
        }
        PciBars bars = new PciBars();
        boolean[] wide = new boolean[COUNT];
        boolean[] io = new boolean[COUNT];
        for (int bar = 0; bar < COUNT; bar++) {
            int offset = BAR_OFFSET + 4 * bar;
            hardware.writeConfig(offset, 4, -1);
            int answer = hardware.readConfig(offset, 4);
            io[bar] = (answer & IO_SPACE) != 0;
            wide[bar] = !io[bar] && (answer & WIDTH_64) != 0;
            int mask = io[bar] ? answer & ~3 : answer & ~15;
            bars.size[bar] = mask & -(long) mask & 0xffff_ffffL;
            if (wide[bar]) {
                bar++;
            }
        }
        bars.place(hardware, io, wide);
        hardware.writeConfig(COMMAND_OFFSET, 2, ENABLE_IO_MEMORY_MASTER);
        return bars;
    }

    /** Largest first, each on a multiple of its size, so that nothing lies between them. */
    private void place(QxlHardware hardware, boolean[] io, boolean[] wide) {
        long memory = MEMORY_START;
        long ports = IO_START;
        for (int placed = largestUnplaced(); placed >= 0; placed = largestUnplaced()) {
            long at = io[placed] ? ports : memory;
            at = (at + size[placed] - 1) / size[placed] * size[placed];
            if (!(at + size[placed] <= MEMORY_END)) {
                throw new IllegalStateException(
                        "BAR " + placed + ": got " + size[placed] + " bytes, expected all BARs to fit below 4 GiB");
            }
            address[placed] = at;
            hardware.writeConfig(BAR_OFFSET + 4 * placed, 4, (int) at);
            if (wide[placed]) {
                hardware.writeConfig(BAR_OFFSET + 4 * placed + 4, 4, 0);
            }
            if (io[placed]) {
                ports = at + size[placed];
            } else {
                memory = at + size[placed];
            }
        }
    }

    private int largestUnplaced() {
        int largest = -1;
        for (int bar = 0; bar < COUNT; bar++) {
            if (size[bar] != 0 && address[bar] == 0 && (largest < 0 || size[bar] > size[largest])) {
                largest = bar;
            }
        }
        return largest;
    }

    long address(int bar) {
        return address[bar];
    }

    long size(int bar) {
        return size[bar];
    }
}
