package org.spiceshm.sharedmemory;

import java.util.EnumSet;
import java.util.Set;

/** What nobody may do to a memory file any more, whatever descriptor they hold. See fcntl(2), "File Sealing". */
public enum Seal {
    /** No seal may be added. */
    SEAL(0x1),
    /** The file may not shrink, so a page that was mapped stays there. */
    SHRINK(0x2),
    /** The file may not grow. */
    GROW(0x4),
    /** The file may not be written, and no writable mapping exists. */
    WRITE(0x8),
    /** As WRITE, but the writable mappings that exist already go on working. */
    FUTURE_WRITE(0x10);

    private final int bit;

    Seal(int bit) {
        this.bit = bit;
    }

    static int bits(Iterable<Seal> seals) {
        int bits = 0;
        for (Seal seal : seals) {
            bits |= seal.bit;
        }
        return bits;
    }

    /** Bits this enum has no name for (F_SEAL_EXEC) are left out: nobody here relies on them. */
    static Set<Seal> ofBits(int bits) {
        EnumSet<Seal> seals = EnumSet.noneOf(Seal.class);
        for (Seal seal : values()) {
            if ((bits & seal.bit) != 0) {
                seals.add(seal);
            }
        }
        return seals;
    }
}
