package org.spiceshm.canvas;

import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * A picture that a codec has decoded, or that is to be encoded: native pixels in a Java array, one an int, top row
 * first, rows packed. It is in the heap because matches refer to what was decoded before, and because a heap source and
 * a native target cannot overlap, which lets the JIT vectorise the loop between them.
 *
 * <p>Reused: {@link #resize} keeps the array while it is long enough, and pixels are undefined after it. Owned by
 * whoever decodes into it.
 */
public final class Pixmap {
    private SurfaceFormat format = SurfaceFormat.XRGB_32;
    private int widthPixels;
    private int heightPixels;
    private int[] pixels = new int[0];

    /**
     * Makes room for a picture.
     *
     * @param newFormat RGB_555, XRGB_32, ARGB_32 or A8
     * @throws IllegalArgumentException when a side is not 1 to {@link Surface#MAX_SIZE_PIXELS}
     */
    public void resize(SurfaceFormat newFormat, int newWidthPixels, int newHeightPixels) {
        if (!(1 <= newWidthPixels && newWidthPixels <= Surface.MAX_SIZE_PIXELS)
                || !(1 <= newHeightPixels && newHeightPixels <= Surface.MAX_SIZE_PIXELS)) {
            throw new IllegalArgumentException("size: got " + newWidthPixels + "x" + newHeightPixels + ", expected 1.."
                    + Surface.MAX_SIZE_PIXELS + " each way");
        }
        // INVARIANT: both sides <= 32766, so their product fits an int.
        int length = newWidthPixels * newHeightPixels;
        if (pixels.length < length) {
            pixels = new int[length];
        }
        format = newFormat;
        widthPixels = newWidthPixels;
        heightPixels = newHeightPixels;
    }

    /**
     * Makes pixels of 16 bits into 0x00RRGGBB, as QUIC and LZ give them where the surface has 32; leaves others as they
     * are.
     */
    public void widen() {
        if (format != SurfaceFormat.RGB_555) {
            return;
        }
        for (int i = 0; i < widthPixels * heightPixels; i++) {
            pixels[i] = SurfaceFormat.RGB_555.toRgb(pixels[i]);
        }
        format = SurfaceFormat.XRGB_32;
    }

    /** What a pixel's bits mean. */
    public SurfaceFormat format() {
        return format;
    }

    /** Pixels across. */
    public int widthPixels() {
        return widthPixels;
    }

    /** Pixels down. */
    public int heightPixels() {
        return heightPixels;
    }

    /** Pixel {@code x, y} is at {@code y * widthPixels() + x}; the array may be longer. */
    public int[] pixels() {
        return pixels;
    }
}
