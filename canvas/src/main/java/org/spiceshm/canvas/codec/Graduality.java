package org.spiceshm.canvas.codec;

import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Whether a picture is more like a photograph, whose neighbouring pixels differ by a little, or more like a desktop, whose
 * neighbours are the same or quite different. spice-server asks the same question of its bitmaps to choose between QUIC
 * and LZ; how it counts is not part of the protocol.
 */
public final class Graduality {
    /** About so many pixels are looked at. */
    private static final int SAMPLES = 1 << 14;
    /** Components of 8 bits that differ by no more are near. */
    private static final int NEAR = 24;
    /** The same for components of 5 bits. */
    private static final int NEAR_555 = 3;
    /** One sharp edge outweighs so many near neighbours: LZ writes the one, and QUIC the others, at about that cost. */
    private static final int SHARP_WEIGHT = 3;

    /** Where fewer than one in so many pixels is like a neighbour, LZ finds nothing. */
    private static final int RARE = 16;

    private Graduality() {}

    /** Whether neighbouring pixels mostly differ by a little. */
    public static boolean isGradual(Pixmap picture) {
        SurfaceFormat format = picture.format();
        if (format == SurfaceFormat.A8) {
            return false;
        }
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        int[] pixels = picture.pixels();
        int depth = format == SurfaceFormat.RGB_555 ? 5 : 8;
        int most = format == SurfaceFormat.RGB_555 ? NEAR_555 : NEAR;
        // A row in so many, so that long rows are seen whole and runs in them count as what they are.
        int step = Math.max(1, (int) ((long) width * height / SAMPLES));
        int same = 0;
        int near = 0;
        int sharp = 0;
        for (int y = 0; y + 1 < height; y += step) {
            int row = y * width;
            for (int x = row; x < row + width - 1; x++) {
                int right = difference(pixels[x], pixels[x + 1], depth);
                int below = difference(pixels[x], pixels[x + width], depth);
                int larger = Math.max(right, below);
                if (Math.min(right, below) == 0) {
                    same++;
                } else if (larger <= most) {
                    near++;
                } else {
                    sharp++;
                }
            }
        }
        boolean noise = RARE * same < near + sharp;
        return noise || (near > same && near > SHARP_WEIGHT * sharp);
    }

    /** The largest difference of a component. */
    private static int difference(int first, int second, int depth) {
        if (first == second) {
            return 0;
        }
        int mask = (1 << depth) - 1;
        int red = Math.abs(((first >> (2 * depth)) & mask) - ((second >> (2 * depth)) & mask));
        int green = Math.abs(((first >> depth) & mask) - ((second >> depth) & mask));
        int blue = Math.abs((first & mask) - (second & mask));
        return Math.max(red, Math.max(green, blue));
    }
}
