package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PciConfigSpaceTest {
    private final PciConfigSpace config = new PciConfigSpace(QxlConfig.DEFAULT);

    @Test
    void saysWhatItIs() {
        assertEquals(0x0100_1b36, config.read(0x00, 4));
        assertEquals(0x0380_0005, config.read(0x08, 4));
        assertEquals(0x1100_1af4, config.read(0x2c, 4));
        assertEquals(0, config.read(0x34, 1), "no capabilities");
        assertEquals(1, config.read(0x3d, 1), "INTA");
    }

    @Test
    void tellsTheSizesOfItsBars() {
        int[] sizes = {64 << 20, 64 << 20, 8192, 32, 0, 0};
        for (int bar = 0; bar < sizes.length; bar++) {
            int offset = 0x10 + 4 * bar;
            config.write(offset, 4, -1);
            int value = config.read(offset, 4);
            int mask = bar == 3 ? ~3 : ~15;
            assertEquals(sizes[bar], -(value & mask), "BAR " + bar);
            assertEquals(bar == 3 ? 1 : 0, value & 15 & ~mask, "BAR " + bar);
        }
    }

    @Test
    void keepsAddressesWrittenByteByByte() {
        config.write(0x10, 1, 0xff);
        config.write(0x13, 1, 0xe4);
        assertEquals(0xe400_0000L, config.barAddress(0));
        config.write(0x1c, 4, 0xc057);
        assertEquals(0xc040, config.barAddress(3));
        assertThrows(IllegalArgumentException.class, () -> config.barAddress(6));
    }

    @Test
    void keepsWhatCannotBeWritten() {
        config.write(0x00, 4, -1);
        config.write(0x08, 4, -1);
        config.write(0x3d, 1, 7);
        assertEquals(0x0100_1b36, config.read(0x00, 4));
        assertEquals(0x0380_0005, config.read(0x08, 4));
        assertEquals(1, config.read(0x3d, 1));
        config.write(0x04, 2, 0xffff);
        assertEquals(0x0507, config.read(0x04, 2));
        assertFalse(config.interruptsEnabled());
        config.write(0x04, 2, 3);
        assertTrue(config.interruptsEnabled());
    }

    @Test
    void readsOnesPastItsEnd() {
        int[][] places = {
            {256, 1}, {253, 4}, {-1, 1}, {Integer.MAX_VALUE, 4}, {Integer.MIN_VALUE, 4}, {0, 0}, {0, -1}, {0, 8}
        };
        for (int[] place : places) {
            assertEquals(-1, config.read(place[0], place[1]));
            config.write(place[0], place[1], 0x55);
        }
        assertEquals(0, config.read(252, 4));
    }
}
