package org.spiceshm.canvas.codec;

import org.jspecify.annotations.Nullable;

/** What an LZ or GLZ stream holds. spice-common, lz_common.h: LzImageType. */
enum LzImageType {
    /** Palette indexes of one bit, least significant bit first. */
    PLT1_LE(1, 1),
    /** Palette indexes of one bit, most significant bit first. */
    PLT1_BE(2, 1),
    /** Palette indexes of four bits, low nibble first. */
    PLT4_LE(3, 4),
    /** Palette indexes of four bits, high nibble first. */
    PLT4_BE(4, 4),
    /** Palette indexes of eight bits. */
    PLT8(5, 8),
    /** x1r5g5b5. */
    RGB16(6, 16),
    /** Bytes blue, green, red. */
    RGB24(7, 24),
    /** Bytes blue, green, red, unused. */
    RGB32(8, 32),
    /** Bytes blue, green, red, alpha: an RGB32 stream, then an XXXA stream. */
    RGBA(9, 32),
    /** The fourth byte of every pixel only. */
    XXXA(10, 32),
    /** One byte of alpha. */
    A8(11, 8);

    private static final LzImageType[] VALUES = values();

    private final int number;
    private final int bitsPerPixel;

    LzImageType(int number, int bitsPerPixel) {
        this.number = number;
        this.bitsPerPixel = bitsPerPixel;
    }

    /** The number in the header. */
    int number() {
        return number;
    }

    /** 1, 4, 8, 16, 24 or 32, in the uncompressed picture. */
    int bitsPerPixel() {
        return bitsPerPixel;
    }

    /** Whether the values are indexes into a palette. */
    boolean hasPalette() {
        return number <= PLT8.number;
    }

    /** Bytes of one uncompressed row without padding; {@code 0 <= width && width < 2^26}. */
    int rowBytes(int width) {
        return (width * bitsPerPixel + 7) >> 3;
    }

    static @Nullable LzImageType ofNumber(int number) {
        return 1 <= number && number <= VALUES.length ? VALUES[number - 1] : null;
    }
}
