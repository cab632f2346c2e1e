package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlRam;

class InterruptsTest {
    private final MemorySegment ram = Arena.ofAuto().allocate(QxlRam.STRUCT.size(), 8);
    private final PciConfigSpace config = new PciConfigSpace(QxlConfig.DEFAULT);
    private final List<Boolean> levels = new ArrayList<>();

    @Test
    void leavesThePinAloneWhileTheBitIsMasked() {
        Interrupts interrupts = new Interrupts(ram, 0, config, levels::add);
        interrupts.raise(QxlInterrupt.CURSOR);
        assertEquals(List.of(), levels);
        assertEquals(QxlInterrupt.CURSOR, QxlRam.INT_PENDING.get(ram, 0));
    }

    @Test
    void leavesNoStaleLevelWhenTheGuestClearsTheBitsMeanwhile() {
        Interrupts interrupts = new Interrupts(ram, 0, config, high -> {
            levels.add(high);
            QxlRam.INT_PENDING.set(ram, 0, 0);
        });
        QxlRam.INT_MASK.set(ram, 0, -1);
        interrupts.raise(QxlInterrupt.DISPLAY);
        assertEquals(List.of(true, false), levels);
    }

    @Test
    void endsThoughTheGuestChangesTheBitsForEver() {
        Interrupts interrupts = new Interrupts(ram, 0, config, high -> {
            levels.add(high);
            QxlRam.INT_PENDING.set(ram, 0, high ? 0 : 1);
        });
        QxlRam.INT_MASK.set(ram, 0, -1);
        interrupts.raise(QxlInterrupt.DISPLAY);
        assertEquals(17, levels.size());
    }
}
