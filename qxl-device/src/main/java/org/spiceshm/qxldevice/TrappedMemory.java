package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.spiceshm.protocol.qxl.QxlRam;

/**
 * The BARs 0 to 2 of a guest whose VMM traps its accesses and sends them one by one. What a processor would do at once is
 * done at once here; the ROM is not written.
 *
 * <p>An interrupt handler takes the pending bits by an exchange with 0, which arrives as a read and a write. Between them
 * the device may set another bit: so the write clears only what the read has shown.
 *
 * <p>Owned by the vfio-user thread; the bytes are anybody's. Offsets are the caller's to check.
 */
final class TrappedMemory {
    private static final VarHandle SHORT = handle(ValueLayout.JAVA_SHORT);
    private static final VarHandle INT = handle(ValueLayout.JAVA_INT);
    private static final VarHandle LONG = handle(ValueLayout.JAVA_LONG);
    private static final int NOTHING_READ = -1;

    private final MemorySegment[] bars = new MemorySegment[3];
    private final long pendingOffset;
    private int pendingRead = NOTHING_READ;

    TrappedMemory(QxlDevice device) {
        for (int bar = 0; bar < bars.length; bar++) {
            bars[bar] = device.bar(bar);
        }
        pendingOffset =
                bars[DeviceMemory.RAM_BAR].byteSize() - DeviceMemory.RAM_HEADER_ROOM + QxlRam.INT_PENDING.offset();
    }

    private static VarHandle handle(ValueLayout layout) {
        return layout.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    }

    /** Another guest: what the former one has read counts no more. */
    void forget() {
        pendingRead = NOTHING_READ;
    }

    void read(int bar, long offset, MemorySegment target) {
        MemorySegment source = bars[bar];
        int count = (int) target.byteSize();
        if (!(offset % count == 0)) {
            MemorySegment.copy(source, offset, target, 0, count);
            return;
        }
        switch (count) {
            case 2 -> target.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) SHORT.getVolatile(source, offset));
            case 4 -> target.set(ValueLayout.JAVA_INT_UNALIGNED, 0, readInt(bar, offset));
            case 8 -> target.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, (long) LONG.getVolatile(source, offset));
            default -> MemorySegment.copy(source, offset, target, 0, count);
        }
    }

    private int readInt(int bar, long offset) {
        int value = (int) INT.getVolatile(bars[bar], offset);
        if (isPending(bar, offset)) {
            pendingRead = value;
        }
        return value;
    }

    void write(int bar, long offset, MemorySegment source) {
        if (bar == DeviceMemory.ROM_BAR) {
            return;
        }
        MemorySegment target = bars[bar];
        int count = (int) source.byteSize();
        if (!(offset % count == 0)) {
            MemorySegment.copy(source, 0, target, offset, count);
            return;
        }
        switch (count) {
            case 2 -> SHORT.setVolatile(target, offset, source.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
            case 4 -> writeInt(bar, offset, source.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
            case 8 -> LONG.setVolatile(target, offset, source.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
            default -> MemorySegment.copy(source, 0, target, offset, count);
        }
    }

    private void writeInt(int bar, long offset, int value) {
        if (isPending(bar, offset)) {
            // INVARIANT: bits that the guest has not read survive; without a read before, this is a plain write.
            int unused = (int) INT.getAndBitwiseAnd(bars[bar], offset, ~pendingRead | value);
            unused = (int) INT.getAndBitwiseOr(bars[bar], offset, value);
            pendingRead = NOTHING_READ;
        } else {
            INT.setVolatile(bars[bar], offset, value);
        }
    }

    private boolean isPending(int bar, long offset) {
        return bar == DeviceMemory.RAM_BAR && offset == pendingOffset;
    }
}
