package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlMode;
import org.spiceshm.protocol.qxl.QxlMonitors;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlURect;

class RomTest {
    @Test
    void describesTheDevice() throws IOException {
        try (TestGuest guest = new TestGuest()) {
            MemorySegment rom = guest.device.bar(2);
            assertTrue(rom.isReadOnly());
            assertEquals(8192, rom.byteSize());
            assertEquals(0x4f52_5851, QxlRom.MAGIC.get(rom, 0)); // QXRO
            assertEquals(1160, QxlRom.MODES_OFFSET.get(rom, 0));
            assertEquals((16 << 20) - 8192, QxlRom.RAM_HEADER_OFFSET.get(rom, 0));
            assertEquals(8 << 20, QxlRom.SURFACE0_AREA_SIZE.get(rom, 0));
            assertEquals(8 << 20, QxlRom.PAGES_OFFSET.get(rom, 0));
            assertEquals(2046, QxlRom.NUM_PAGES.get(rom, 0));
            assertEquals(0, QxlRom.DRAW_AREA_OFFSET.get(rom, 0));
            assertEquals(16, QxlRom.N_SURFACES.get(rom, 0));
            assertEquals(1, QxlRom.SLOTS_START.get(rom, 0));
            assertEquals(7, QxlRom.SLOTS_END.get(rom, 0));
            assertEquals(8, QxlRom.SLOT_GEN_BITS.get(rom, 0));
            assertEquals(8, QxlRom.SLOT_ID_BITS.get(rom, 0));
            assertEquals(0, QxlRom.SLOT_GENERATION.get(rom, 0));
            assertEquals(0x4152_5851, QxlRam.MAGIC.get(guest.ram, guest.header)); // QXRA
        }
    }

    @Test
    void listsTheModesThatFit() throws IOException {
        try (TestGuest guest = new TestGuest()) {
            MemorySegment rom = guest.device.bar(2);
            int count = rom.get(ValueLayout.JAVA_INT_UNALIGNED, 1160);
            int wide = 0;
            int last = -1;
            for (int i = 0; i < count; i++) {
                long mode = 1164 + i * QxlMode.STRUCT.size();
                int width = QxlMode.X_RES.get(rom, mode);
                int height = QxlMode.Y_RES.get(rom, mode);
                int bits = QxlMode.BITS.get(rom, mode);
                assertTrue((long) width * height * bits / 8 <= 8 << 20);
                assertEquals(width * bits / 8, QxlMode.STRIDE.get(rom, mode));
                assertTrue(last < QxlMode.ID.get(rom, mode));
                last = QxlMode.ID.get(rom, mode);
                wide += width == 1920 && height == 1080 ? 1 : 0;
            }
            assertEquals(4, wide, "16 and 32 bits, two orientations");
            assertEquals(640, QxlMode.X_RES.get(rom, 1164));
            assertEquals(187, QxlMode.X_MILI.get(rom, 1164));
            assertEquals(640, QxlMode.X_RES.get(rom, 1164 + 2 * 32), "the other orientation has the same size");
            assertEquals(1, QxlMode.ORIENTATION.get(rom, 1164 + 2 * 32));
        }
    }

    @Test
    void hasRoomForAllModes() throws IOException {
        QxlConfig large = new QxlConfig(512 << 20, 1 << 20, 256 << 20, 16);
        try (QxlDevice device = new QxlDevice(large, new RecordingSink(1), high -> {})) {
            MemorySegment rom = device.bar(2);
            assertEquals(148, rom.get(ValueLayout.JAVA_INT_UNALIGNED, 1160));
            assertEquals(8192, QxlMode.X_RES.get(rom, 1164 + 147 * QxlMode.STRUCT.size()));
            assertEquals(147, QxlMode.ID.get(rom, 1164 + 147 * QxlMode.STRUCT.size()));
        }
    }

    @Test
    void tellsTheGuestWhoLooks() throws IOException {
        try (TestGuest guest = new TestGuest()) {
            MemorySegment rom = guest.device.bar(2);
            guest.device.setClient(true, 0b1010);
            assertEquals(1, QxlRom.CLIENT_PRESENT.get(rom, 0));
            assertEquals(0b1010, rom.get(ValueLayout.JAVA_BYTE, QxlRom.CLIENT_CAPABILITIES.at(0)));
            assertEquals(QxlInterrupt.CLIENT, guest.takePending());
            guest.device.setClient(false, 0);
            assertEquals(0, QxlRom.CLIENT_PRESENT.get(rom, 0));
            assertEquals(QxlInterrupt.CLIENT, guest.takePending());
        }
    }

    @Test
    void asksForMonitorsOnlyWhoeverListens() throws IOException {
        try (TestGuest guest = new TestGuest()) {
            int[] heads = {0, 0, 1920, 1080, 1920, 0, 640, 480};
            for (int mask : new int[] {0, -1, QxlInterrupt.DISPLAY}) {
                QxlRam.INT_MASK.set(guest.ram, guest.header, mask);
                assertFalse(guest.device.requestMonitors(heads));
            }
            assertEquals(0, guest.takePending());
            QxlRam.INT_MASK.set(guest.ram, guest.header, QxlInterrupt.CLIENT_MONITORS_CONFIG);
            assertTrue(guest.device.requestMonitors(heads));
            assertEquals(QxlInterrupt.CLIENT_MONITORS_CONFIG, guest.takePending());
            assertTrue(guest.level);

            MemorySegment rom = guest.device.bar(2);
            long base = QxlRom.CLIENT_MONITORS_CONFIG.at(0);
            assertEquals(2, QxlMonitors.COUNT.get(rom, base));
            long second = QxlMonitors.HEADS.at(base, 1);
            assertEquals(1920, QxlURect.LEFT.get(rom, second));
            assertEquals(2560, QxlURect.RIGHT.get(rom, second));
            assertEquals(480, QxlURect.BOTTOM.get(rom, second));
            byte[] bytes = rom.asSlice(base, 1028).toArray(ValueLayout.JAVA_BYTE);
            assertEquals(polynomialRemainder(bytes), QxlRom.CLIENT_MONITORS_CONFIG_CRC.get(rom, 0));

            assertTrue(guest.device.requestMonitors(heads));
            assertEquals(0, guest.takePending(), "nothing new");
            assertTrue(guest.device.requestMonitors(new int[4 * 100]));
            assertEquals(64, QxlMonitors.COUNT.get(rom, base));
        }
    }

    /** The CRC by its definition: the remainder of the message, least significant bit first, by the polynomial. */
    private static int polynomialRemainder(byte[] message) {
        long remainder = 0;
        int bits = 8 * message.length;
        for (int i = 0; i < bits + 32; i++) {
            int bit = i < bits ? message[i / 8] >> (i % 8) & 1 : 0;
            remainder = remainder << 1 | bit;
            if ((remainder & 1L << 32) != 0) {
                remainder ^= 0x1_04c1_1db7L;
            }
        }
        return Integer.reverse((int) remainder);
    }

    @Test
    void refusesSizesThatNoDeviceHas() {
        assertThrows(IllegalArgumentException.class, () -> new QxlConfig(3 << 20, 1 << 20, 8 << 20, 16));
        assertThrows(IllegalArgumentException.class, () -> new QxlConfig(16 << 20, 1 << 20, 16 << 20, 16));
        assertThrows(IllegalArgumentException.class, () -> new QxlConfig(16 << 20, 1 << 20, 8 << 20, 1));
    }

    @Test
    void makesRoomForThePrimaryThatIsAskedFor() {
        assertEquals(16 << 20, QxlConfig.forPrimary(1920, 1080).vgaBytes());
        assertEquals(32 << 20, QxlConfig.forPrimary(3840, 2160).vgaBytes());
        assertEquals(128 << 20, QxlConfig.forPrimary(3840, 2160).ramBytes());
    }
}
