package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;

/** What a surface's pixels look like. spice-protocol, enums.h: SpiceSurfaceFmt; the low six bits are the depth. */
public enum SurfaceFormat {
    /** One bit of coverage a pixel. */
    A1(1, 1),
    /** One byte of coverage a pixel. */
    A8(8, 8),
    /** x1r5g5b5. */
    RGB_555(16, 16),
    /** r5g6b5. */
    RGB_565(80, 16),
    /** x8r8g8b8: an int 0x??RRGGBB; the top byte is undefined. */
    XRGB_32(32, 32),
    /** a8r8g8b8, premultiplied. */
    ARGB_32(96, 32);

    private static final SurfaceFormat[] VALUES = values();

    private final int number;
    private final int bitsPerPixel;

    SurfaceFormat(int number, int bitsPerPixel) {
        this.number = number;
        this.bitsPerPixel = bitsPerPixel;
    }

    /** The number on the wire and in QXL structs. */
    public int number() {
        return number;
    }

    /** 1, 8, 16 or 32. */
    public int bitsPerPixel() {
        return bitsPerPixel;
    }

    /** Bytes that {@code widthPixels} pixels take, without padding; {@code 0 <= widthPixels <= 2^28}. */
    public int rowBytes(int widthPixels) {
        return (int) (((long) widthPixels * bitsPerPixel + 7) >>> 3);
    }

    /** The format with this number, or null. */
    public static @Nullable SurfaceFormat ofNumber(int number) {
        for (SurfaceFormat format : VALUES) {
            if (format.number == number) {
                return format;
            }
        }
        return null;
    }
}
