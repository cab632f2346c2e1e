package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;

/** What a bitmap's pixels look like. spice-protocol, enums.h: SpiceBitmapFmt. */
public enum BitmapFormat {
    /** One bit a pixel, least significant bit first. */
    BIT_1_LE(1, 1, true),
    /** One bit a pixel, most significant bit first. */
    BIT_1_BE(2, 1, true),
    /** Four bits a pixel, low nibble first. */
    BIT_4_LE(3, 4, true),
    /** Four bits a pixel, high nibble first. */
    BIT_4_BE(4, 4, true),
    /** One palette index a byte. */
    BIT_8(5, 8, true),
    /** x1r5g5b5. */
    BIT_16(6, 16, false),
    /** Bytes blue, green, red. */
    BIT_24(7, 24, false),
    /** Bytes blue, green, red, unused. */
    BIT_32(8, 32, false),
    /** Bytes blue, green, red, alpha; premultiplied. */
    RGBA(9, 32, false),
    /** One byte of alpha. */
    A8(10, 8, false);

    private static final BitmapFormat[] VALUES = values();

    private final int number;
    private final int bitsPerPixel;
    private final boolean palette;

    BitmapFormat(int number, int bitsPerPixel, boolean palette) {
        this.number = number;
        this.bitsPerPixel = bitsPerPixel;
        this.palette = palette;
    }

    /** The number on the wire and in QXL structs. */
    public int number() {
        return number;
    }

    /** 1, 4, 8, 16, 24 or 32. */
    public int bitsPerPixel() {
        return bitsPerPixel;
    }

    /** Whether the values are indexes into a palette (a mask of these formats has none). */
    public boolean hasPalette() {
        return palette;
    }

    /** The format with this number, or null. */
    public static @Nullable BitmapFormat ofNumber(int number) {
        return 1 <= number && number <= VALUES.length ? VALUES[number - 1] : null;
    }
}
