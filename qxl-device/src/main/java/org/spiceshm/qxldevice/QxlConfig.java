package org.spiceshm.qxldevice;

/**
 * Sizes of a device; what QEMU's defaults are.
 *
 * @param ramBytes BAR 0; a power of two, at least twice {@code vgaBytes}
 * @param vramBytes BAR 1; a power of two
 * @param vgaBytes the part of BAR 0 set aside for a primary surface; a power of two, 8..256 MiB
 * @param surfaces how many surfaces a guest may name; number 0 is the primary
 * @param vga whether it is a machine's first card, with VGA's ports, which starts as a plain VGA (QEMU's qxl-vga)
 */
public record QxlConfig(long ramBytes, long vramBytes, long vgaBytes, int surfaces, boolean vga) {
    private static final long MIB = 1 << 20;

    /** BAR 0 and 1 of 64 MiB, 16 MiB for the primary, 1024 surfaces. */
    public static final QxlConfig DEFAULT = new QxlConfig(64 * MIB, 64 * MIB, 16 * MIB, 1024);

    /** Checks what the parameters say. */
    public QxlConfig {
        requirePowerOfTwo("ram", ramBytes, 16 * MIB, 1024 * MIB);
        requirePowerOfTwo("vram", vramBytes, MIB, 1024 * MIB);
        requirePowerOfTwo("vgamem", vgaBytes, 8 * MIB, 256 * MIB);
        if (!(2 * vgaBytes <= ramBytes)) {
            throw new IllegalArgumentException("vgamem: got " + vgaBytes + " bytes, expected half of ram at most");
        }
        if (!(2 <= surfaces && surfaces <= 65536)) {
            throw new IllegalArgumentException("surfaces: got " + surfaces + ", expected 2..65536");
        }
    }

    /** A secondary card, without VGA. */
    public QxlConfig(long ramBytes, long vramBytes, long vgaBytes, int surfaces) {
        this(ramBytes, vramBytes, vgaBytes, surfaces, false);
    }

    /** The same with VGA or without. */
    public QxlConfig withVga(boolean withVga) {
        return new QxlConfig(ramBytes, vramBytes, vgaBytes, surfaces, withVga);
    }

    /** A device whose primary may be this large: the defaults, doubled until it fits. */
    public static QxlConfig forPrimary(int widthPixels, int heightPixels) {
        long needed = 4L * widthPixels * heightPixels;
        long vga = DEFAULT.vgaBytes;
        while (vga < needed) {
            vga *= 2;
        }
        return new QxlConfig(Math.max(DEFAULT.ramBytes, 4 * vga), DEFAULT.vramBytes, vga, DEFAULT.surfaces);
    }

    private static void requirePowerOfTwo(String what, long bytes, long least, long most) {
        if (!(Long.bitCount(bytes) == 1 && least <= bytes && bytes <= most)) {
            throw new IllegalArgumentException(
                    what + ": got " + bytes + " bytes, expected a power of two in " + least + ".." + most);
        }
    }
}
