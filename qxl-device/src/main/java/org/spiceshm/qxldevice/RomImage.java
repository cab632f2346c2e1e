package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.protocol.qxl.QxlMode;
import org.spiceshm.protocol.qxl.QxlMonitors;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.protocol.qxl.QxlURect;

/**
 * Fills BAR 2, and keeps the few words of it that change. Owned by the device thread, but for the update id, which the
 * thread that finishes slots writes.
 */
final class RomImage {
    private static final int MAGIC = 'Q' | 'X' << 8 | 'R' << 16 | 'O' << 24;
    private static final int ROM_ID = 1;
    private static final int CLIENT_CAPABILITY_BYTES = 58;
    /** Most heads that a client can ask for; the ROM has room for so many. */
    static final int MAX_HEADS = 64;

    /** CLIENT_MONITORS_CONFIG_CRC32_POLY, reflected. */
    private static final int CRC_POLYNOMIAL = 0xedb88320;

    /** QEMU's, in its order, since a mode's id is its place: hw/display/qxl.c, qxl_modes. */
    private static final int[][] RESOLUTIONS = {
        {640, 480}, {800, 480}, {800, 600}, {832, 624}, {960, 640}, {1024, 600}, {1024, 768}, {1152, 864},
        {1152, 870}, {1280, 720}, {1280, 760}, {1280, 768}, {1280, 800}, {1280, 960}, {1280, 1024}, {1360, 768},
        {1366, 768}, {1400, 1050}, {1440, 900}, {1600, 900}, {1600, 1200}, {1680, 1050}, {1920, 1080}, {1920, 1200},
        {1920, 1440}, {2000, 2000}, {2048, 1536}, {2048, 2048}, {2560, 1440}, {2560, 1600}, {2560, 2048}, {2800, 2100},
        {3200, 2400}, {3840, 2160}, {4096, 2160}, {7680, 4320}, {8192, 4320},
    };

    private final MemorySegment rom;
    private final int modes;

    RomImage(MemorySegment rom, QxlConfig config, long ramHeader) {
        this.rom = rom;
        QxlRom.MAGIC.set(rom, 0, MAGIC);
        QxlRom.ID.set(rom, 0, ROM_ID);
        QxlRom.MODES_OFFSET.set(rom, 0, (int) QxlRom.STRUCT.size());
        QxlRom.RAM_HEADER_OFFSET.set(rom, 0, (int) ramHeader);
        QxlRom.SURFACE0_AREA_SIZE.set(rom, 0, (int) config.vgaBytes());
        QxlRom.PAGES_OFFSET.set(rom, 0, (int) config.vgaBytes());
        QxlRom.NUM_PAGES.set(rom, 0, (int) ((ramHeader - config.vgaBytes()) / 4096));
        QxlRom.N_SURFACES.set(rom, 0, config.surfaces());
        QxlRom.SLOTS_START.set(rom, 0, MemorySlots.FIRST);
        QxlRom.SLOTS_END.set(rom, 0, MemorySlots.COUNT - 1);
        QxlRom.SLOT_GEN_BITS.set(rom, 0, MemorySlots.GENERATION_BITS);
        QxlRom.SLOT_ID_BITS.set(rom, 0, MemorySlots.ID_BITS);
        QxlRom.SLOT_GENERATION.set(rom, 0, MemorySlots.GENERATION);
        modes = writeModes(config.vgaBytes());
    }

    private int writeModes(long vgaBytes) {
        long base = QxlRom.STRUCT.size();
        long at = modesStart();
        int id = 0;
        int count = 0;
        for (int[] resolution : RESOLUTIONS) {
            for (int orientation = 0; orientation < 2; orientation++) {
                int width = resolution[0];
                int height = resolution[1];
                for (int bits = 16; bits <= 32; bits += 16) {
                    if ((long) width * height * (bits / 8) <= vgaBytes) {
                        QxlMode.ID.set(rom, at, id);
                        QxlMode.X_RES.set(rom, at, width);
                        QxlMode.Y_RES.set(rom, at, height);
                        QxlMode.BITS.set(rom, at, bits);
                        QxlMode.STRIDE.set(rom, at, width * bits / 8);
                        QxlMode.X_MILI.set(rom, at, (int) (0.2936875 * width));
                        QxlMode.Y_MILI.set(rom, at, (int) (0.2936875 * height));
                        QxlMode.ORIENTATION.set(rom, at, orientation);
                        at += QxlMode.STRUCT.size();
                        count++;
                    }
                    id++;
                }
            }
        }
        rom.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), base, count);
        return count;
    }

    /**
     * Where in the ROM the mode of that id stands, or -1. (QEMU takes the number for the place in the table, which is the
     * same until a mode that is too large has been left out.)
     */
    long findMode(int id) {
        long at = modesStart();
        for (int left = modes; left > 0; left--) {
            if (QxlMode.ID.get(rom, at) == id) {
                return at;
            }
            at += QxlMode.STRUCT.size();
        }
        return -1;
    }

    private static long modesStart() {
        return QxlRom.STRUCT.size() + Integer.BYTES;
    }

    /** Says which mode of the table compat mode is in. */
    void setMode(int id) {
        QxlRom.MODE.set(rom, 0, id);
    }

    /** The result of a deprecated QXLUpdateCmd. */
    void setUpdateId(int updateId) {
        QxlRom.UPDATE_ID.set(rom, 0, updateId);
    }

    /** Says who looks at the screen; {@code capabilities} as {@code SPICE_DISPLAY_CAP_*} bits 0..3. */
    void setClient(boolean present, int capabilities) {
        QxlRom.CLIENT_PRESENT.set(rom, 0, present ? 1 : 0);
        long at = QxlRom.CLIENT_CAPABILITIES.at(0);
        rom.asSlice(at, CLIENT_CAPABILITY_BYTES).fill((byte) 0);
        rom.set(ValueLayout.JAVA_BYTE, at, (byte) capabilities);
    }

    /**
     * Writes the monitors that a client asks for.
     *
     * @param heads x, y, width, height each
     * @return whether anything is other than before
     */
    boolean setMonitors(int[] heads) {
        long base = QxlRom.CLIENT_MONITORS_CONFIG.at(0);
        int count = Math.min(MAX_HEADS, heads.length / 4);
        int before = QxlRom.CLIENT_MONITORS_CONFIG_CRC.get(rom, 0);
        rom.asSlice(base, QxlMonitors.STRUCT.size()).fill((byte) 0);
        QxlMonitors.COUNT.set(rom, base, count);
        for (int i = 0; i < count; i++) {
            long head = QxlMonitors.HEADS.at(base, i);
            QxlURect.LEFT.set(rom, head, heads[4 * i]);
            QxlURect.TOP.set(rom, head, heads[4 * i + 1]);
            QxlURect.RIGHT.set(rom, head, heads[4 * i] + heads[4 * i + 2]);
            QxlURect.BOTTOM.set(rom, head, heads[4 * i + 1] + heads[4 * i + 3]);
        }
        int crc = crc(base, QxlMonitors.STRUCT.size());
        QxlRom.CLIENT_MONITORS_CONFIG_CRC.set(rom, 0, crc);
        return crc != before;
    }

    /** Register 0 at the start and no final inversion, which is what guests compute; java.util.zip.CRC32 differs. */
    private int crc(long offset, long length) {
        int crc = 0;
        for (long i = offset; i < offset + length; i++) {
            crc ^= rom.get(ValueLayout.JAVA_BYTE, i) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ CRC_POLYNOMIAL : crc >>> 1;
            }
        }
        return crc;
    }
}
