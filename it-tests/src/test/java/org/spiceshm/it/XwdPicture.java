package org.spiceshm.it;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What {@code xwd} writes: X11/XWDFile.h, version 7, here for ZPixmaps of 32 bits a pixel in the guest's byte order. */
final class XwdPicture {
    private static final int VERSION = 7;
    private static final int COLOUR_BYTES = 12;

    private XwdPicture() {}

    static Picture of(byte[] dump) {
        ByteBuffer header = ByteBuffer.wrap(dump).order(ByteOrder.BIG_ENDIAN);
        int headerBytes = header.getInt(0);
        int width = header.getInt(16);
        int height = header.getInt(20);
        int bits = header.getInt(44);
        int stride = header.getInt(48);
        int colours = header.getInt(76);
        if (header.getInt(4) != VERSION || bits != 32 || stride != 4 * width) {
            throw new AssertionError("xwd: got version " + header.getInt(4) + ", " + bits + " bits, stride " + stride);
        }
        return Picture.ofRaw(width, height, dump, headerBytes + COLOUR_BYTES * colours);
    }
}
