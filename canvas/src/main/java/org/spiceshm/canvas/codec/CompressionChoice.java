package org.spiceshm.canvas.codec;

import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** How pictures are to be compressed, and what that means for one of them. spice-protocol, enums.h: SpiceImageCompression. */
public enum CompressionChoice {
    /** As they are. */
    OFF(1),
    /** QUIC for gradual pictures, GLZ for others. */
    AUTO_GLZ(2),
    /** QUIC for gradual pictures, LZ for others. */
    AUTO_LZ(3),
    /** QUIC. */
    QUIC(4),
    /** LZ with a dictionary of earlier pictures. */
    GLZ(5),
    /** LZ. */
    LZ(6),
    /** LZ4. */
    LZ4(7);

    /** Pictures of fewer bytes are sent as they are. */
    private static final int MIN_BYTES = 54;

    private static final int MIN_QUIC_SIDE = 3;
    private static final CompressionChoice[] VALUES = values();

    private final int number;

    CompressionChoice(int number) {
        this.number = number;
    }

    /** The number in PREFERRED_COMPRESSION. */
    public int number() {
        return number;
    }

    /** The choice with this number, or null. */
    public static @Nullable CompressionChoice ofNumber(int number) {
        return 1 <= number && number <= VALUES.length ? VALUES[number - 1] : null;
    }

    /**
     * What to do with one picture: OFF, QUIC, GLZ, LZ or LZ4, and never what its format or size does not suit.
     *
     * @param windowPixels the GLZ dictionary's size; 0 if there is none
     */
    public CompressionChoice forPicture(Pixmap picture, int windowPixels) {
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        long bytes = (long) width * height * picture.format().bitsPerPixel() / Byte.SIZE;
        if (this == OFF || bytes < MIN_BYTES) {
            return OFF;
        }
        if (picture.format() == SurfaceFormat.A8) {
            return LZ;
        }
        boolean suitsQuic = MIN_QUIC_SIDE <= width && MIN_QUIC_SIDE <= height;
        CompressionChoice dictionary = (long) width * height <= windowPixels ? GLZ : LZ;
        return switch (this) {
            case AUTO_GLZ -> suitsQuic && Graduality.isGradual(picture) ? QUIC : dictionary;
            case AUTO_LZ -> suitsQuic && Graduality.isGradual(picture) ? QUIC : LZ;
            case QUIC -> suitsQuic ? QUIC : LZ;
            case GLZ -> dictionary;
            case OFF, LZ, LZ4 -> this;
        };
    }
}
