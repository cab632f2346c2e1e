package org.spiceshm.qxldevice;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Which surfaces exist and how large they are, as of the last command read: what a command is checked against before
 * the renderer sees it. Number 0 is the primary. Owned by the device thread.
 */
final class SurfaceTable {
    static final int PRIMARY = 0;
    /** Pixels across and down; so that width x 4 and |stride| x height are far from overflowing a long. */
    static final int MAX_SIDE = 32766;
    /** The reference's limit: a surface's bytes fit an int. */
    static final long MAX_BYTES = Integer.MAX_VALUE;

    private final int[] width;
    private final int[] height;
    private final @Nullable SurfaceFormat[] format;

    SurfaceTable(int surfaces) {
        width = new int[surfaces];
        height = new int[surfaces];
        format = new SurfaceFormat[surfaces];
    }

    int count() {
        return width.length;
    }

    boolean exists(int surface) {
        return format[surface] != null;
    }

    @Nullable
    SurfaceFormat format(int surface) {
        return format[surface];
    }

    int width(int surface) {
        return width[surface];
    }

    int height(int surface) {
        return height[surface];
    }

    void put(int surface, SurfaceFormat surfaceFormat, int widthPixels, int heightPixels) {
        format[surface] = surfaceFormat;
        width[surface] = widthPixels;
        height[surface] = heightPixels;
    }

    void remove(int surface) {
        format[surface] = null;
        width[surface] = 0;
        height[surface] = 0;
    }

    void clear() {
        for (int i = 0; i < count(); i++) {
            remove(i);
        }
    }

    /** Whether {@code surface} is a number that names an existing surface; null if so. */
    @Nullable
    GuestFault check(int surface) {
        if (!(0 <= surface && surface < count())) {
            return GuestFault.SURFACE_ID_OUT_OF_RANGE;
        }
        return exists(surface) ? null : GuestFault.SURFACE_ABSENT;
    }

    /**
     * Whether a surface of this shape can be: the rules of {@link QxlSurface} and {@link QxlSurfaceCreate} alike
     * (spice-server, red_validate_surface). Null if it can.
     */
    static @Nullable GuestFault checkShape(int formatNumber, int width, int height, int stride) {
        SurfaceFormat format = SurfaceFormat.ofNumber(formatNumber);
        if (format == null) {
            return GuestFault.SURFACE_FORMAT_UNKNOWN;
        }
        if (width == 0 || height == 0) {
            return GuestFault.SURFACE_SIZE_ZERO;
        }
        if (!(0 < width && width <= MAX_SIDE && 0 < height && height <= MAX_SIDE)) {
            return GuestFault.SURFACE_TOO_LARGE;
        }
        // INVARIANT: |MIN_VALUE| is negative as an int, so it is taken as a long.
        long magnitude = Math.abs((long) stride);
        if (!(stride != Integer.MIN_VALUE && magnitude % 4 == 0 && format.rowBytes(width) <= magnitude)) {
            return GuestFault.SURFACE_STRIDE_INVALID;
        }
        return magnitude * height <= MAX_BYTES ? null : GuestFault.SURFACE_TOO_LARGE;
    }

    /** Bytes behind a surface whose shape has been checked. */
    static long bytes(int height, int stride) {
        return Math.abs((long) stride) * height;
    }
}
