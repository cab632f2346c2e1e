package org.spiceshm.canvas;

import java.util.Arrays;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Delivers rows of one picture of a COMPOSITE or of a scaled COPY, as premultiplied ARGB: with origin, transform,
 * filter and repeat applied as pixman-bits-image.c and pixman-fast-path.c do.
 *
 * <p>A picture without a transform is read row by row where it lies. Another, or one that shares memory with the
 * surface to be drawn on, is first copied: the part of it that can be looked at. Owned by the render thread; the copy's
 * array grows to the largest needed, at most {@link #MAX_STAGED_PIXELS}, and stays.
 */
final class Sampler {
    /** Larger copies are refused, so that a guest cannot make us hold more than 64 MiB. */
    static final int MAX_STAGED_PIXELS = 1 << 24;

    /** Corners are exact to 1/65536; filters look at one more pixel each way. */
    private static final int MARGIN = 2;

    private static final int FILTER_NEAREST = 3;
    private static final int FILTER_BILINEAR = 4;

    private final Transform identity = new Transform();
    private Image image = new Image();
    private SurfaceFormat target = SurfaceFormat.XRGB_32;
    private Transform transform = identity;
    private SurfaceFormat format = SurfaceFormat.XRGB_32;
    private boolean bilinear;
    private int repeat;
    private int originX;
    private int originY;
    private int width;
    private int height;
    private boolean opaque;
    private boolean asItIs;

    private boolean staged;
    private int[] pixels = new int[0];
    private int stageLeft;
    private int stageTop;
    private int stageWidth;
    private int[] row = new int[0];

    static boolean knowsFilter(int filter) {
        return filter <= FILTER_BILINEAR;
    }

    /** Takes a picture; origins are of the pixel that is drawn at the left top of the command's box. */
    void picture(Image newImage, SurfaceFormat newTarget, boolean forceOpaque, int x, int y) {
        image = newImage;
        target = newTarget;
        format = newImage.formatOn(newTarget);
        if (forceOpaque && format == SurfaceFormat.ARGB_32) {
            format = SurfaceFormat.XRGB_32;
        }
        asItIs = false;
        originX = x;
        originY = y;
        width = newImage.widthPixels();
        height = newImage.heightPixels();
    }

    /** As above, but not by way of what the picture is on the target: its native values are read as {@code as}. */
    void pictureAsItIs(Image newImage, SurfaceFormat newTarget, SurfaceFormat as, int x, int y) {
        picture(newImage, newTarget, false, x, y);
        format = as;
        asItIs = true;
    }

    /** How to look at it. FAST is nearest; GOOD and BEST are bilinear, as in pixman. */
    void sampling(Transform newTransform, int filter, int newRepeat) {
        transform = newTransform;
        bilinear = filter != 0 && filter != FILTER_NEAREST && !newTransform.isIdentity;
        repeat = newRepeat;
    }

    void samplingScaled(Transform newTransform, boolean newBilinear) {
        transform = newTransform;
        bilinear = newBilinear;
        repeat = CompositeParameters.REPEAT_NONE;
    }

    /** Whether every sample is opaque; known after {@link #fits}. */
    boolean isOpaque() {
        return opaque;
    }

    /** Whether single channels of a mask mean something. */
    boolean hasColor() {
        return format != SurfaceFormat.A8 && format != SurfaceFormat.A1;
    }

    /**
     * Whether all coordinates fit 16.16 numbers, for a box of this size; pixman drops the whole operation otherwise
     * (analyze_extent in pixman.c).
     */
    boolean fits(int boxWidth, int boxHeight) {
        if (!(-32767 <= originX && originX + boxWidth < 32767) || !(-32767 <= originY && originY + boxHeight < 32767)) {
            return false;
        }
        opaque = !(format == SurfaceFormat.ARGB_32 || !hasColor())
                && (repeat != CompositeParameters.REPEAT_NONE || covers(boxWidth, boxHeight));
        if (transform.isIdentity) {
            return true;
        }
        int margin = bilinear ? Transform.HALF + 8 : 9;
        long limit = Integer.MAX_VALUE - (long) margin - (bilinear ? Transform.HALF : 0);
        return -limit <= least(true, -1, -1, boxWidth, boxHeight)
                && most(true, -1, -1, boxWidth, boxHeight) <= limit
                && -limit <= least(false, -1, -1, boxWidth, boxHeight)
                && most(false, -1, -1, boxWidth, boxHeight) <= limit;
    }

    private boolean covers(int boxWidth, int boxHeight) {
        int before = bilinear ? Transform.HALF : 1;
        int after = bilinear ? Transform.HALF : -1;
        return least(true, 0, 0, boxWidth - 1, boxHeight - 1) - before >= 0
                && least(false, 0, 0, boxWidth - 1, boxHeight - 1) - before >= 0
                && (most(true, 0, 0, boxWidth - 1, boxHeight - 1) + after) >> 16 < width
                && (most(false, 0, 0, boxWidth - 1, boxHeight - 1) + after) >> 16 < height;
    }

    private long least(boolean isX, int left, int top, int right, int bottom) {
        return Math.min(
                Math.min(centre(isX, left, top), centre(isX, right, top)),
                Math.min(centre(isX, left, bottom), centre(isX, right, bottom)));
    }

    private long most(boolean isX, int left, int top, int right, int bottom) {
        return Math.max(
                Math.max(centre(isX, left, top), centre(isX, right, top)),
                Math.max(centre(isX, left, bottom), centre(isX, right, bottom)));
    }

    private long centre(boolean isX, int x, int y) {
        return isX ? transform.centreX(originX + x, originY + y) : transform.centreY(originX + x, originY + y);
    }

    /**
     * Makes ready to deliver the pixels of a rectangle, in coordinates of the box. Returns false when that would need too
     * large a copy.
     */
    boolean prepare(boolean copyFirst, int left, int top, int right, int bottom) {
        staged = copyFirst || !transform.isIdentity;
        if (!staged) {
            return true;
        }
        long x0 = (least(true, left, top, right - 1, bottom - 1) >> 16) - MARGIN;
        long y0 = (least(false, left, top, right - 1, bottom - 1) >> 16) - MARGIN;
        long x1 = (most(true, left, top, right - 1, bottom - 1) >> 16) + MARGIN + 1;
        long y1 = (most(false, left, top, right - 1, bottom - 1) >> 16) + MARGIN + 1;
        boolean wraps = repeat == CompositeParameters.REPEAT_NORMAL || repeat == CompositeParameters.REPEAT_REFLECT;
        boolean allX = wraps && !(0 <= x0 && x1 <= width);
        boolean allY = wraps && !(0 <= y0 && y1 <= height);
        stageLeft = allX ? 0 : (int) Math.clamp(x0, 0L, width - 1L);
        stageTop = allY ? 0 : (int) Math.clamp(y0, 0L, height - 1L);
        stageWidth = (allX ? width : (int) Math.clamp(x1, stageLeft + 1L, (long) width)) - stageLeft;
        int stageHeight = (allY ? height : (int) Math.clamp(y1, stageTop + 1L, (long) height)) - stageTop;
        long count = (long) stageWidth * stageHeight;
        if (!(count <= MAX_STAGED_PIXELS)) {
            return false;
        }
        if (pixels.length < count) {
            pixels = new int[(int) Math.min(MAX_STAGED_PIXELS, Math.max(count, 2L * pixels.length))];
        }
        for (int y = 0; y < stageHeight; y++) {
            readArgb(stageTop + y, stageLeft, stageWidth, pixels, y * stageWidth);
        }
        return true;
    }

    /** Pixels {@code x} to {@code x + count} of row {@code y} of the box. */
    void row(int x, int y, int count, int[] out) {
        if (!staged) {
            directRow(originX + x, originY + y, count, out);
            return;
        }
        // pixman transforms the centre of the row's first pixel and then adds; starting later adds the same.
        long sourceX = centre(true, 0, y) + (long) transform.t00 * x;
        long sourceY = centre(false, 0, y) + (long) transform.t10 * x;
        if (bilinear) {
            bilinearRow(sourceX - Transform.HALF, sourceY - Transform.HALF, count, out);
        } else {
            nearestRow(sourceX - 1, sourceY - 1, count, out);
        }
    }

    private void directRow(int x, int y, int count, int[] out) {
        int sourceY = repeated(y, height);
        if (sourceY < 0) {
            Arrays.fill(out, 0, count, 0);
        } else if (0 <= x && x + count <= width) {
            readArgb(sourceY, x, count, out, 0);
        } else if (repeat == CompositeParameters.REPEAT_NONE) {
            int from = Math.clamp(0L - x, 0, count);
            int to = Math.clamp((long) width - x, from, count);
            Arrays.fill(out, 0, from, 0);
            if (from < to) {
                readArgb(sourceY, x + from, to - from, out, from);
            }
            Arrays.fill(out, to, count, 0);
        } else {
            if (row.length < width) {
                row = new int[width];
            }
            readArgb(sourceY, 0, width, row, 0);
            for (int i = 0; i < count; i++) {
                out[i] = row[repeated(x + i, width)];
            }
        }
    }

    private void nearestRow(long x, long y, int count, int[] out) {
        long sourceX = x;
        long sourceY = y;
        for (int i = 0; i < count; i++) {
            out[i] = pixel((int) (sourceX >> 16), (int) (sourceY >> 16));
            sourceX += transform.t00;
            sourceY += transform.t10;
        }
    }

    private void bilinearRow(long x, long y, int count, int[] out) {
        long sourceX = x;
        long sourceY = y;
        for (int i = 0; i < count; i++) {
            int left = (int) (sourceX >> 16);
            int top = (int) (sourceY >> 16);
            int weightX = (int) (sourceX >> 9) & 0x7f;
            int weightY = (int) (sourceY >> 9) & 0x7f;
            if (0 <= left && left < width - 1 && 0 <= top && top < height - 1) {
                int at = (top - stageTop) * stageWidth + left - stageLeft;
                out[i] = bilinear(
                        pixels[at],
                        pixels[at + 1],
                        pixels[at + stageWidth],
                        pixels[at + stageWidth + 1],
                        weightX,
                        weightY);
            } else {
                out[i] = bilinear(
                        pixel(left, top),
                        pixel(left + 1, top),
                        pixel(left, top + 1),
                        pixel(left + 1, top + 1),
                        weightX,
                        weightY);
            }
            sourceX += transform.t00;
            sourceY += transform.t10;
        }
    }

    /** Seven bits of distance each way; the sum of the four products is truncated (pixman-inlines.h). */
    static int bilinear(int topLeft, int topRight, int bottomLeft, int bottomRight, int x, int y) {
        int right = x << 1;
        int bottom = y << 1;
        int weightBottomRight = right * bottom;
        int weightBottomLeft = (256 - right) * bottom;
        int weightTopRight = right * (256 - bottom);
        int weightTopLeft = (256 - right) * (256 - bottom);
        // The weights sum to 1 << 16 and a channel has 8 bits, so a sum of products never leaves its 32 bits.
        long even = spread(topLeft) * weightTopLeft
                + spread(topRight) * weightTopRight
                + spread(bottomLeft) * weightBottomLeft
                + spread(bottomRight) * weightBottomRight;
        long odd = spread(topLeft >>> 8) * weightTopLeft
                + spread(topRight >>> 8) * weightTopRight
                + spread(bottomLeft >>> 8) * weightBottomLeft
                + spread(bottomRight >>> 8) * weightBottomRight;
        int evenResult = (int) ((even >>> 16) & 0xff) | (int) ((even >>> 32) & 0xff0000);
        int oddResult = (int) ((odd >>> 16) & 0xff) | (int) ((odd >>> 32) & 0xff0000);
        return evenResult | (oddResult << 8);
    }

    /** Channels 0 and 2 of a pixel, each in 32 bits of its own. */
    private static long spread(int pixel) {
        return (pixel & 0xffL) | ((pixel & 0xff0000L) << 16);
    }

    private int pixel(int x, int y) {
        int sourceX = repeated(x, width);
        int sourceY = repeated(y, height);
        if ((sourceX | sourceY) < 0) {
            return 0;
        }
        return pixels[(sourceY - stageTop) * stageWidth + sourceX - stageLeft];
    }

    /** The pixel that stands in for a coordinate, or -1 for transparent. */
    private int repeated(int at, int size) {
        if (0 <= at && at < size) {
            return at;
        }
        return switch (repeat) {
            case CompositeParameters.REPEAT_NORMAL -> Math.floorMod(at, size);
            case CompositeParameters.REPEAT_PAD -> at < 0 ? 0 : size - 1;
            case CompositeParameters.REPEAT_REFLECT -> {
                int twice = Math.floorMod(at, 2 * size);
                yield twice < size ? twice : 2 * size - 1 - twice;
            }
            default -> -1;
        };
    }

    private void readArgb(int y, int x, int count, int[] out, int index) {
        if (asItIs) {
            image.read(y, x, count, out, index);
            Pixels.toArgb(format, out, index, count);
            return;
        }
        image.readArgb(target, y, x, count, out, index);
        if (format == SurfaceFormat.XRGB_32) {
            Pixels.toArgb(format, out, index, count);
        }
    }
}
