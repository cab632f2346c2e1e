package org.spiceshm.canvas;

import java.util.Arrays;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Delivers rows of one picture of a COMPOSITE or of a scaled COPY, as premultiplied ARGB: with origin, transform,
 * filter and repeat applied as pixman-bits-image.c and pixman-fast-path.c do.
 *
 * <p>A picture is read row by row where it lies. One that is turned, or that shares memory with the surface to be drawn
 * on, is first copied: the part of it that can be looked at. Owned by the render thread; the copy's array grows to the
 * largest needed, at most {@link #MAX_STAGED_PIXELS}, and stays.
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

    private final ScaledRows scaledRows = new ScaledRows();
    private boolean turned;
    private boolean staged;
    private int[] pixels = new int[0];
    private int stageLeft;
    private int stageTop;
    private int stageWidth;
    private int[] row = new int[0];

    /** For every pixel drawn of a turned picture, its four neighbours and the weights of those to the right and below. */
    private int[] topLeft = new int[0];

    private int[] topRight = new int[0];
    private int[] bottomLeft = new int[0];
    private int[] bottomRight = new int[0];
    private int[] weightsX = new int[0];
    private int[] weightsY = new int[0];
    private int[] topEven = new int[0];
    private int[] topOdd = new int[0];
    private int[] bottomEven = new int[0];
    private int[] bottomOdd = new int[0];

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
        turned = transform.t01 != 0 || transform.t10 != 0;
        staged = copyFirst || turned;
        scaledRows.begin();
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
        if (!staged && transform.isIdentity) {
            directRow(originX + x, originY + y, count, out);
            return;
        }
        // pixman transforms the centre of the row's first pixel and then adds; starting later adds the same.
        long sourceX = centre(true, 0, y) + (long) transform.t00 * x;
        long sourceY = centre(false, 0, y) + (long) transform.t10 * x;
        if (bilinear && turned) {
            turnedBilinearRow(sourceX - Transform.HALF, sourceY - Transform.HALF, count, out);
        } else if (bilinear) {
            scaledRows.bilinear(this, sourceX - Transform.HALF, transform.t00, sourceY - Transform.HALF, count, out);
        } else if (turned) {
            turnedNearestRow(sourceX - 1, sourceY - 1, count, out);
        } else {
            scaledRows.nearest(this, sourceX - 1, transform.t00, sourceY - 1, count, out);
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

    private void turnedNearestRow(long x, long y, int count, int[] out) {
        long sourceX = x;
        long sourceY = y;
        for (int i = 0; i < count; i++) {
            out[i] = pixel((int) (sourceX >> 16), (int) (sourceY >> 16));
            sourceX += transform.t00;
            sourceY += transform.t10;
        }
    }

    private void turnedBilinearRow(long x, long y, int count, int[] out) {
        growNeighbours(count);
        gatherNeighbours(x, y, count);
        Bilinear.acrossEven(topLeft, topRight, weightsX, count, topEven);
        Bilinear.acrossOdd(topLeft, topRight, weightsX, count, topOdd);
        Bilinear.acrossEven(bottomLeft, bottomRight, weightsX, count, bottomEven);
        Bilinear.acrossOdd(bottomLeft, bottomRight, weightsX, count, bottomOdd);
        Bilinear.down(topEven, topOdd, bottomEven, bottomOdd, weightsY, count, out);
    }

    private void gatherNeighbours(long x, long y, int count) {
        int[] from = pixels;
        int stride = stageWidth;
        int stageStart = -stageTop * stageWidth - stageLeft;
        long sourceX = x;
        long sourceY = y;
        for (int i = 0; i < count; i++) {
            int left = (int) (sourceX >> 16);
            int top = (int) (sourceY >> 16);
            if (0 <= left && left < width - 1 && 0 <= top && top < height - 1) {
                int at = top * stride + left + stageStart;
                topLeft[i] = from[at];
                topRight[i] = from[at + 1];
                bottomLeft[i] = from[at + stride];
                bottomRight[i] = from[at + stride + 1];
            } else {
                topLeft[i] = pixel(left, top);
                topRight[i] = pixel(left + 1, top);
                bottomLeft[i] = pixel(left, top + 1);
                bottomRight[i] = pixel(left + 1, top + 1);
            }
            weightsX[i] = Bilinear.weight(sourceX);
            weightsY[i] = Bilinear.weight(sourceY);
            sourceX += transform.t00;
            sourceY += transform.t10;
        }
    }

    private void growNeighbours(int count) {
        topLeft = Canvas.atLeast(topLeft, count);
        topRight = Canvas.atLeast(topRight, count);
        bottomLeft = Canvas.atLeast(bottomLeft, count);
        bottomRight = Canvas.atLeast(bottomRight, count);
        weightsX = Canvas.atLeast(weightsX, count);
        weightsY = Canvas.atLeast(weightsY, count);
        topEven = Canvas.atLeast(topEven, count);
        topOdd = Canvas.atLeast(topOdd, count);
        bottomEven = Canvas.atLeast(bottomEven, count);
        bottomOdd = Canvas.atLeast(bottomOdd, count);
    }

    private int pixel(int x, int y) {
        int sourceX = repeated(x, width);
        int sourceY = repeated(y, height);
        if ((sourceX | sourceY) < 0) {
            return 0;
        }
        return pixels[(sourceY - stageTop) * stageWidth + sourceX - stageLeft];
    }

    /** The column of the picture that stands in for column {@code x}, or -1 for transparent. */
    int columnAt(int x) {
        return repeated(x, width);
    }

    /** The row of the picture that stands in for row {@code y}, or -1 for transparent. */
    int rowAt(int y) {
        return repeated(y, height);
    }

    /** A run of a row of the picture, which must lie in what has been prepared. */
    void read(int y, int x, int count, int[] out, int index) {
        if (staged) {
            System.arraycopy(pixels, (y - stageTop) * stageWidth + x - stageLeft, out, index, count);
        } else {
            readArgb(y, x, count, out, index);
        }
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
