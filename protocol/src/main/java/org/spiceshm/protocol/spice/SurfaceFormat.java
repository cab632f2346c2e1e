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

    /**
     * A native pixel value of this format as 0x00RRGGBB: a component's high bits are repeated below it, coverage becomes
     * grey.
     */
    public int toRgb(int pixel) {
        return switch (this) {
            case A1 -> (pixel & 1) * 0xff_ffff;
            case A8 -> (pixel & 0xff) * 0x01_0101;
            case RGB_555 -> (five(pixel >> 10) << 16) | (five(pixel >> 5) << 8) | five(pixel);
            case RGB_565 -> (five(pixel >> 11) << 16) | (six(pixel >> 5) << 8) | five(pixel);
            case XRGB_32, ARGB_32 -> pixel & 0xff_ffff;
        };
    }

    private static int five(int bits) {
        int level = bits & 0x1f;
        return (level << 3) | (level >> 2);
    }

    private static int six(int bits) {
        int level = bits & 0x3f;
        return (level << 2) | (level >> 4);
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
