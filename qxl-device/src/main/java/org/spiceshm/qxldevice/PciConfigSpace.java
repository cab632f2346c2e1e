package org.spiceshm.qxldevice;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first 256 bytes of PCI configuration space: a type 0 header, one INTx pin, no capabilities. PCI Local Bus 3.0,
 * 6.1 and 6.2.5 (a BAR is sized by writing ones).
 *
 * <p>Each register is a row: offset, width, reset value, writable bits. Owned by the device thread.
 */
public final class PciConfigSpace {
    private static final int SIZE = 256;
    private static final int BAR_COUNT = 6;
    private static final int BAR_OFFSET = 0x10;

    /** REDHAT_PCI_VENDOR_ID, qxl_dev.h. */
    public static final int VENDOR = 0x1b36;
    /** QXL_DEVICE_ID_STABLE, qxl_dev.h. */
    public static final int DEVICE = 0x0100;
    /** One past QXL_REVISION_STABLE_V12: VGA ports do not end native mode. */
    public static final int REVISION = 5;

    private record Register(int offset, int width, long reset, long writable) {}

    private final ByteBuffer values = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer writable = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);

    private final Register[] registers;

    PciConfigSpace(QxlConfig config) {
        registers = new Register[] {
            new Register(0x00, 2, VENDOR, 0),
            new Register(0x02, 2, DEVICE, 0),
            new Register(0x04, 2, 0, 0x0507), // command: I/O, memory, master, SERR, INTx disable
            new Register(0x06, 2, 0, 0),
            new Register(0x08, 1, REVISION, 0),
            new Register(0x09, 1, 0, 0),
            new Register(0x0a, 2, config.vga() ? 0x0300 : 0x0380, 0), // display controller, VGA or other
            new Register(0x0c, 1, 0, 0xff),
            new Register(0x0d, 1, 0, 0xff),
            new Register(0x10, 4, 0, barMask(config.ramBytes())),
            new Register(0x14, 4, 0, barMask(config.vramBytes())),
            new Register(0x18, 4, 0, barMask(DeviceMemory.ROM_BYTES)),
            new Register(0x1c, 4, 1, barMask(32)), // I/O space
            new Register(0x2c, 2, 0x1af4, 0),
            new Register(0x2e, 2, 0x1100, 0),
            new Register(0x3c, 1, 0, 0xff), // interrupt line
            new Register(0x3d, 1, 1, 0), // INTA
        };
        for (Register register : registers) {
            put(writable, register.offset, register.width, register.writable);
        }
        reset();
    }

    /** As at power-on: the guest's addresses are forgotten. */
    void reset() {
        for (Register register : registers) {
            put(values, register.offset, register.width, register.reset);
        }
    }

    private static long barMask(long bytes) {
        return -bytes & 0xffff_ffffL;
    }

    /** Reads 1, 2 or 4 bytes; past the end, ones, as on a bus. */
    public int read(int offset, int width) {
        if (!isInside(offset, width)) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= (values.get(offset + i) & 0xff) << (8 * i);
        }
        return value;
    }

    /** Writes 1, 2 or 4 bytes; bits that cannot be written stay. */
    public void write(int offset, int width, int value) {
        if (!isInside(offset, width)) {
            return;
        }
        for (int i = 0; i < width; i++) {
            int mask = writable.get(offset + i);
            int now = values.get(offset + i);
            values.put(offset + i, (byte) ((now & ~mask) | ((value >>> (8 * i)) & mask)));
        }
    }

    private static boolean isInside(int offset, int width) {
        return 0 < width && width <= Integer.BYTES && 0 <= offset && offset <= SIZE - width;
    }

    /** Where the guest has put BAR {@code index}, as a bus address. */
    public long barAddress(int index) {
        if (!(0 <= index && index < BAR_COUNT)) {
            throw new IllegalArgumentException("BAR: got " + index + ", expected 0..5");
        }
        long value = values.getInt(BAR_OFFSET + 4 * index) & 0xffff_ffffL;
        return (value & 1) != 0 ? value & ~3L : value & ~15L;
    }

    /** Whether the guest lets the device answer at its memory BARs. */
    boolean memoryEnabled() {
        return (values.getShort(0x04) & 0x0002) != 0;
    }

    /** Whether the guest lets the device raise its pin. */
    boolean interruptsEnabled() {
        return (values.getShort(0x04) & 0x0400) == 0;
    }

    private static void put(ByteBuffer target, int offset, int width, long value) {
        for (int i = 0; i < width; i++) {
            target.put(offset + i, (byte) (value >>> (8 * i)));
        }
    }
}
