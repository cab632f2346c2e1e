package org.spiceshm.canvas.codec;

import org.spiceshm.canvas.Pixmap;

/** What codecs do with whole rows and planes. */
final class Rows {
    private Rows() {}

    /** Turns the picture upside down. */
    static void flip(Pixmap pixmap) {
        int width = pixmap.widthPixels();
        int[] pixels = pixmap.pixels();
        int top = 0;
        int bottom = (pixmap.heightPixels() - 1) * width;
        while (top < bottom) {
            for (int x = 0; x < width; x++) {
                int pixel = pixels[top + x];
                pixels[top + x] = pixels[bottom + x];
                pixels[bottom + x] = pixel;
            }
            top += width;
            bottom -= width;
        }
    }

    /** Puts alpha, 0 to 255, into the top of each pixel, whose top byte is zero. */
    static void orAlpha(int[] pixels, int[] alpha, int count) {
        for (int i = 0; i < count; i++) {
            pixels[i] |= alpha[i] << 24;
        }
    }
}
