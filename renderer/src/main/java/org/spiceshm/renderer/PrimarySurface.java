package org.spiceshm.renderer;

import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * A primary as it lies in the shared segment: rows top first, whatever the guest's stride sign.
 *
 * @param surfaceId its number on the wire; {@link #ID}
 * @param segment where it lies
 * @param offset bytes from the segment's start to the top row; a multiple of 4096
 * @param strideBytes from one row to the next, a multiple of 4
 * @param widthPixels pixels across
 * @param heightPixels pixels down
 * @param format what a pixel is
 */
public record PrimarySurface(
        int surfaceId,
        FramebufferSegment segment,
        long offset,
        int strideBytes,
        int widthPixels,
        int heightPixels,
        SurfaceFormat format) {
    /** The number of every primary. */
    public static final int ID = 0;
}
