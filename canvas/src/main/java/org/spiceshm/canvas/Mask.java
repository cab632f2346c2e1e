package org.spiceshm.canvas;

/**
 * Which pixels of the box are drawn. spice-protocol, qxl_dev.h: QXLQMask. Pixel {@code x, y} of the surface is drawn
 * when the bitmap has a set bit (a clear bit, if inverse) at {@code x - boxLeft + this.x, y - boxTop + this.y}; outside
 * the bitmap nothing is. Owned by the render thread; reused for every command.
 */
public final class Mask {
    final Image bitmap = new Image();
    int x;
    int y;
    int drawnBit;

    private boolean present;

    /** Everything is drawn. */
    public void none() {
        present = false;
    }

    /** Uses {@link #bitmap()}, which must be one bit a pixel. */
    public void set(int newX, int newY, boolean inverse) {
        present = true;
        x = newX;
        y = newY;
        drawnBit = inverse ? 0 : 1;
    }

    /** The bits, to be described before {@link #set}. */
    public Image bitmap() {
        return bitmap;
    }

    boolean isPresent() {
        return present;
    }
}
