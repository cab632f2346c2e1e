package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.qxl.QxlRom;

/**
 * What a driver needs of the ROM.
 *
 * @param drawAreaOffset where the primary's area lies in BAR 0
 * @param surface0AreaBytes its size
 * @param ramHeaderOffset where the RAM header lies in BAR 0
 * @param surfaces surface numbers are below this
 * @param firstSlot the first memory slot that guests may use
 * @param lastSlot the last one
 * @param slotIdBits bits of an address that name the slot
 */
public record RomInfo(
        long drawAreaOffset,
        long surface0AreaBytes,
        long ramHeaderOffset,
        int surfaces,
        int firstSlot,
        int lastSlot,
        int slotIdBits) {
    private static final int MAGIC = 'Q' | 'X' << 8 | 'R' << 16 | 'O' << 24;

    static RomInfo read(MemorySegment rom) {
        int magic = QxlRom.MAGIC.get(rom, 0);
        if (magic != MAGIC) {
            throw new IllegalStateException(
                    "QXLRom.magic: got 0x" + Integer.toHexString(magic) + ", expected 0x" + Integer.toHexString(MAGIC));
        }
        return new RomInfo(
                QxlRom.DRAW_AREA_OFFSET.getUnsigned(rom, 0),
                QxlRom.SURFACE0_AREA_SIZE.getUnsigned(rom, 0),
                QxlRom.RAM_HEADER_OFFSET.getUnsigned(rom, 0),
                QxlRom.N_SURFACES.get(rom, 0),
                QxlRom.SLOTS_START.get(rom, 0),
                QxlRom.SLOTS_END.get(rom, 0),
                QxlRom.SLOT_ID_BITS.get(rom, 0));
    }

    int slotShift() {
        return Long.SIZE - slotIdBits;
    }
}
