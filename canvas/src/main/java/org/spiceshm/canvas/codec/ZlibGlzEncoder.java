package org.spiceshm.canvas.codec;

import java.util.zip.Deflater;

/**
 * Deflates GLZ pictures for slow links. spice-server, image-encoders.cpp: zlib at level 3.
 *
 * <p>Reused; owned by one thread.
 */
public final class ZlibGlzEncoder implements AutoCloseable {
    /** GLZ pictures of fewer bytes are sent as they are. */
    public static final int MIN_GLZ_BYTES = 100;

    private static final int LEVEL = 3;
    private static final int PART_BYTES = 64 * 1024;

    private final Deflater deflater = new Deflater(LEVEL);

    /** Writes all that {@code glz} holds, deflated, after what {@code target} holds. */
    public void encode(EncodedBytes glz, EncodedBytes target) {
        deflater.reset();
        deflater.setInput(glz.array(), 0, glz.length());
        deflater.finish();
        int at = target.length();
        while (!deflater.finished()) {
            byte[] array = target.ensure(at, PART_BYTES);
            at += deflater.deflate(array, at, array.length - at);
        }
        target.length(at);
    }

    /** Frees zlib's memory. */
    @Override
    public void close() {
        deflater.end();
    }
}
