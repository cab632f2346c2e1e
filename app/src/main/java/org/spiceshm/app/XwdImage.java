package org.spiceshm.app;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What {@code xwd} writes: X11/XWDFile.h, version 7; here ZPixmaps of 32 bits a pixel, lowest byte first. */
public final class XwdImage {
    private static final int HEADER_BYTES = 100;
    private static final int VERSION = 7;
    private static final int COLOUR_BYTES = 12;
    private static final int MAX_SIDE = 16384;

    private static final int VERSION_AT = 4;
    private static final int WIDTH_AT = 16;
    private static final int HEIGHT_AT = 20;
    private static final int BITS_PER_PIXEL_AT = 44;
    private static final int BYTES_PER_LINE_AT = 48;
    private static final int COLOURS_AT = 76;

    private XwdImage() {}

    /**
     * The picture, without alpha.
     *
     * @throws IOException if it is something else, or not whole
     */
    public static BufferedImage of(byte[] dump) throws IOException {
        if (!(HEADER_BYTES <= dump.length)) {
            throw new IOException("xwd: got " + dump.length + " bytes, expected a header of " + HEADER_BYTES);
        }
        ByteBuffer header = ByteBuffer.wrap(dump).order(ByteOrder.BIG_ENDIAN);
        int width = header.getInt(WIDTH_AT);
        int height = header.getInt(HEIGHT_AT);
        int stride = header.getInt(BYTES_PER_LINE_AT);
        boolean known = header.getInt(VERSION_AT) == VERSION
                && header.getInt(BITS_PER_PIXEL_AT) == Integer.SIZE
                && 0 < width
                && width <= MAX_SIDE
                && 0 < height
                && height <= MAX_SIDE
                && stride == Integer.BYTES * width;
        long pixels = header.getInt(0) + (long) COLOUR_BYTES * header.getInt(COLOURS_AT);
        if (!known || !(HEADER_BYTES <= pixels && pixels + (long) stride * height <= dump.length)) {
            throw new IOException("xwd: got another kind of dump, expected version 7 with 32 bits a pixel");
        }
        int[] row = new int[width];
        ByteBuffer source = ByteBuffer.wrap(dump);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            source.slice((int) pixels + y * stride, stride)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asIntBuffer()
                    .get(row);
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }
}
