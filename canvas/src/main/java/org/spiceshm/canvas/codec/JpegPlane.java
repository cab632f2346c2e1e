package org.spiceshm.canvas.codec;

/**
 * One component of a JPEG picture: its samples at its own resolution, and its rows at the picture's, between the samples
 * weighted 3 to 1 as the Independent JPEG Group's smooth upsampling does (jdsample.c). Owned by the decoder's thread.
 */
final class JpegPlane {
    /** No smoothing in rows of fewer samples. */
    private static final int MIN_SMOOTH = 3;

    int id;
    int horizontal;
    int vertical;
    int quantTable;
    JpegHuffman dc = new JpegHuffman();
    JpegHuffman ac = new JpegHuffman();
    int predictor;

    byte[] samples = new byte[0];
    int stride;
    private int width;
    private int height;
    private boolean halfWidth;
    private boolean halfHeight;
    private int[] sums = new int[0];

    /** Makes room for a picture of that size in units of {@code unitsAcross} by {@code unitsDown}. */
    void resize(
            int pictureWidth, int pictureHeight, int maxHorizontal, int maxVertical, int unitsAcross, int unitsDown) {
        halfWidth = horizontal < maxHorizontal;
        halfHeight = vertical < maxVertical;
        width = halfWidth ? (pictureWidth + 1) / 2 : pictureWidth;
        height = halfHeight ? (pictureHeight + 1) / 2 : pictureHeight;
        stride = unitsAcross * horizontal * JpegIdct.SIDE;
        int length = stride * unitsDown * vertical * JpegIdct.SIDE;
        if (samples.length < length) {
            samples = new byte[length];
        }
        if (sums.length < width) {
            sums = new int[width];
        }
    }

    /** Writes row {@code y} of the picture to {@code row}, which has room for a sample more. */
    void readRow(int y, int[] row) {
        if (!halfHeight && !halfWidth) {
            int base = y * stride;
            for (int x = 0; x < width; x++) {
                row[x] = samples[base + x] & 0xff;
            }
        } else if (!halfHeight) {
            spread(y * stride, row);
        } else {
            int near = y >> 1;
            int far = Math.max(0, Math.min(height - 1, (y & 1) == 0 ? near - 1 : near + 1));
            if (halfWidth) {
                spread(near * stride, far * stride, row);
            } else {
                int round = (y & 1) + 1;
                for (int x = 0; x < width; x++) {
                    int sum = 3 * (samples[near * stride + x] & 0xff) + (samples[far * stride + x] & 0xff);
                    row[x] = (sum + round) >> 2;
                }
            }
        }
    }

    private void spread(int base, int[] row) {
        if (width < MIN_SMOOTH) {
            for (int x = 0; x < width; x++) {
                row[2 * x] = row[2 * x + 1] = samples[base + x] & 0xff;
            }
            return;
        }
        int before = samples[base] & 0xff;
        int here = before;
        for (int x = 0; x < width; x++) {
            int after = x + 1 < width ? samples[base + x + 1] & 0xff : here;
            row[2 * x] = (3 * here + before + 1) >> 2;
            row[2 * x + 1] = (3 * here + after + 2) >> 2;
            before = here;
            here = after;
        }
    }

    private void spread(int near, int far, int[] row) {
        if (width < MIN_SMOOTH) {
            for (int x = 0; x < width; x++) {
                row[2 * x] = row[2 * x + 1] = samples[near + x] & 0xff;
            }
            return;
        }
        int[] sums = this.sums;
        byte[] samples = this.samples;
        for (int x = 0; x < width; x++) {
            sums[x] = 3 * (samples[near + x] & 0xff) + (samples[far + x] & 0xff);
        }
        int before = sums[0];
        int here = before;
        int last = width - 1;
        for (int x = 0; x < last; x++) {
            int after = sums[x + 1];
            row[2 * x] = (3 * here + before + 8) >> 4;
            row[2 * x + 1] = (3 * here + after + 7) >> 4;
            before = here;
            here = after;
        }
        row[2 * last] = (3 * here + before + 8) >> 4;
        row[2 * last + 1] = (4 * here + 7) >> 4;
    }
}
