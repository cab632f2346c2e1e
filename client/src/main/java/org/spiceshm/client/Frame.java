package org.spiceshm.client;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/** One whole picture of the screen, in memory of its own. Immutable. */
public final class Frame {
    private final int width;
    private final int height;
    private final long sequence;
    private final int[] pixels;

    /** Takes over the array. */
    Frame(int width, int height, long sequence, int[] pixels) {
        this.width = width;
        this.height = height;
        this.sequence = sequence;
        this.pixels = pixels;
    }

    /** Pixels across. */
    public int width() {
        return width;
    }

    /** Pixels down. */
    public int height() {
        return height;
    }

    /** The newest batch that it shows; in normal mode the number of drawings so far. */
    public long sequence() {
        return sequence;
    }

    /** One pixel, 0x00RRGGBB. */
    public int pixel(int x, int y) {
        Objects.checkIndex(x, width);
        return pixels[Objects.checkIndex(y, height) * width + x];
    }

    /** A copy of all pixels, 0x00RRGGBB, row by row from the top. */
    public int[] pixels() {
        return pixels.clone();
    }

    /** Whether the other shows the same. */
    public boolean samePixels(Frame other) {
        return width == other.width && height == other.height && Arrays.equals(pixels, other.pixels);
    }

    /** Writes it as PNG; does not close the stream. */
    public void toPng(OutputStream out) throws IOException {
        try (PngWriter png = new PngWriter(out, width, height)) {
            for (int y = 0; y < height; y++) {
                png.row(pixels, y * width);
            }
            png.finish();
        }
    }

    /** The same picture with the pointer on it, if it shows. */
    public Frame withPointer(CursorView pointer) {
        int[] drawn = pixels.clone();
        if (pointer.visible()) {
            int left = pointer.x() - pointer.hotSpotX();
            int top = pointer.y() - pointer.hotSpotY();
            for (int y = Math.max(0, -top); y < pointer.height() && top + y < height; y++) {
                for (int x = Math.max(0, -left); x < pointer.width() && left + x < width; x++) {
                    int at = (top + y) * width + left + x;
                    drawn[at] = pointer.over(x, y, drawn[at]);
                }
            }
        }
        return new Frame(width, height, sequence, drawn);
    }
}
