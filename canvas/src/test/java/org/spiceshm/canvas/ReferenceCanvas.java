package org.spiceshm.canvas;

import java.util.function.IntBinaryOperator;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The drawing rules one pixel at a time, in the plainest words: pictures are arrays of native values, there are no rows,
 * regions or fast paths, and nothing is shared with the code under test.
 */
final class ReferenceCanvas {
    /** A picture: native values. */
    static final class Picture {
        private final SurfaceFormat format;
        private final int width;
        private final int height;
        private final int[] pixels;

        Picture(SurfaceFormat format, int width, int height, int[] pixels) {
            this.format = format;
            this.width = width;
            this.height = height;
            this.pixels = pixels;
        }

        SurfaceFormat format() {
            return format;
        }

        int width() {
            return width;
        }

        int height() {
            return height;
        }

        int[] pixels() {
            return pixels;
        }

        Picture(SurfaceFormat format, int width, int height) {
            this(format, width, height, new int[width * height]);
        }

        boolean has(int x, int y) {
            return x >= 0 && y >= 0 && x < width && y < height;
        }

        int at(int x, int y) {
            return pixels[y * width + x];
        }

        void put(int x, int y, int value) {
            pixels[y * width + x] = value & (int) ((1L << format.bitsPerPixel()) - 1);
        }

        Picture copy() {
            return new Picture(format, width, height, pixels.clone());
        }
    }

    /** Where to draw: the box, and clip rectangles (top, left, bottom, right) or none. */
    static final class Area {
        private final int top;
        private final int left;
        private final int bottom;
        private final int right;
        private final boolean clipped;
        private final int[][] clips;

        Area(int top, int left, int bottom, int right, boolean clipped, int[][] clips) {
            this.top = top;
            this.left = left;
            this.bottom = bottom;
            this.right = right;
            this.clipped = clipped;
            this.clips = clips;
        }

        int top() {
            return top;
        }

        int left() {
            return left;
        }

        int bottom() {
            return bottom;
        }

        int right() {
            return right;
        }

        boolean clipped() {
            return clipped;
        }

        int[][] clips() {
            return clips;
        }

        boolean has(int x, int y) {
            if (!(left <= x && x < right && top <= y && y < bottom)) {
                return false;
            }
            if (!clipped) {
                return true;
            }
            for (int[] clip : clips) {
                if (clip[1] <= x && x < clip[3] && clip[0] <= y && y < clip[2]) {
                    return true;
                }
            }
            return false;
        }
    }

    /** A bit for each pixel of the box. */
    record Bits(Picture bitmap, int x, int y, boolean inverse) {
        boolean draws(int boxX, int boxY) {
            int atX = boxX + x;
            int atY = boxY + y;
            return bitmap.has(atX, atY) && (bitmap.at(atX, atY) == 1) != inverse;
        }
    }

    /** How a picture of a composite is looked at. */
    static final class Look {
        private final Picture picture;
        private final boolean opaque;
        private final int originX;
        private final int originY;
        private final int[] transform;
        private final int filter;
        private final int repeat;

        Look(Picture picture, boolean opaque, int originX, int originY, int[] transform, int filter, int repeat) {
            this.picture = picture;
            this.opaque = opaque;
            this.originX = originX;
            this.originY = originY;
            this.transform = transform;
            this.filter = filter;
            this.repeat = repeat;
        }

        Picture picture() {
            return picture;
        }

        boolean opaque() {
            return opaque;
        }

        int originX() {
            return originX;
        }

        int originY() {
            return originY;
        }

        int[] transform() {
            return transform;
        }

        int filter() {
            return filter;
        }

        int repeat() {
            return repeat;
        }
    }

    private ReferenceCanvas() {}

    static int rop(int descriptor, boolean brush, int source, int destination) {
        int s = (descriptor & (brush ? 2 : 1)) != 0 ? ~source : source;
        int d = (descriptor & 4) != 0 ? ~destination : destination;
        int inverse = (descriptor & 1024) != 0 ? -1 : 0;
        if ((descriptor & 8) != 0) {
            return s ^ inverse;
        } else if ((descriptor & 16) != 0) {
            return (s | d) ^ inverse;
        } else if ((descriptor & 32) != 0) {
            return (s & d) ^ inverse;
        } else if ((descriptor & 64) != 0) {
            return (s ^ d) ^ inverse;
        } else if ((descriptor & 128) != 0) {
            return 0;
        } else if ((descriptor & 256) != 0) {
            return -1;
        } else if ((descriptor & 512) != 0) {
            return ~destination;
        } else {
            return source;
        }
    }

    /** Fills with {@code color} of x and y. */
    static void fill(Picture target, Area area, int descriptor, IntBinaryOperator color, Bits... mask) {
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                if (area.has(x, y) && draws(area, mask, x, y)) {
                    target.put(x, y, rop(descriptor, true, color.applyAsInt(x, y), target.at(x, y)));
                }
            }
        }
    }

    /** An unscaled copy of pixels that are already the target's. */
    static void copy(Picture target, Area area, Picture source, int left, int top, int descriptor, Bits... mask) {
        Picture from = source.copy();
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                int sourceX = x - area.left + left;
                int sourceY = y - area.top + top;
                if (area.has(x, y) && draws(area, mask, x, y) && from.has(sourceX, sourceY)) {
                    target.put(x, y, rop(descriptor, false, from.at(sourceX, sourceY), target.at(x, y)));
                }
            }
        }
    }

    static void copyScaled(
            Picture target,
            Area area,
            Picture source,
            int[] sourceArea,
            int descriptor,
            boolean nearest,
            Bits... mask) {
        long scaleX = (sourceArea[3] - sourceArea[1]) * 65536L / (area.right - area.left);
        long scaleY = (sourceArea[2] - sourceArea[0]) * 65536L / (area.bottom - area.top);
        Picture from = source.copy();
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                if (area.has(x, y) && draws(area, mask, x, y)) {
                    long atX = ((scaleX * ((x - area.left) * 65536L + 32768) + 32768) >> 16) + sourceArea[1] * 65536L;
                    long atY = ((scaleY * ((y - area.top) * 65536L + 32768) + 32768) >> 16) + sourceArea[0] * 65536L;
                    int[] color = sample(from, false, 0, nearest, atX, atY);
                    target.put(x, y, rop(descriptor, false, pack(target.format, color), target.at(x, y)));
                }
            }
        }
    }

    static void composite(Picture target, Area area, int operator, boolean componentAlpha, Look source, Look... mask) {
        Picture before = target.copy();
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                if (!area.has(x, y)) {
                    continue;
                }
                int[] s = look(source, x - area.left, y - area.top);
                int[] m =
                        mask.length == 0 ? new int[] {255, 255, 255, 255} : look(mask[0], x - area.left, y - area.top);
                SurfaceFormat maskFormat = mask.length == 0 ? SurfaceFormat.A8 : mask[0].picture.format;
                if (!componentAlpha || maskFormat == SurfaceFormat.A8) {
                    m = new int[] {m[0], m[0], m[0], m[0]};
                }
                int[] d = unpack(before.format, before.at(x, y), false);
                int[] result = new int[4];
                for (int i = 0; i < 4; i++) {
                    int value = times(s[i], m[i]);
                    int alpha = times(s[0], m[i]);
                    result[i] = operate(operator, value, alpha, d[i], d[0]);
                }
                target.put(x, y, pack(target.format, result));
            }
        }
    }

    /** Bit by bit, by the truth table that the code is; the source's pixels are already the target's. */
    static void rop3(
            Picture target,
            Area area,
            Picture source,
            int left,
            int top,
            IntBinaryOperator brush,
            int code,
            Bits... mask) {
        Picture from = source.copy();
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                if (!area.has(x, y) || !draws(area, mask, x, y)) {
                    continue;
                }
                int s = from.at(x - area.left + left, y - area.top + top);
                int p = brush.applyAsInt(x, y);
                int d = target.at(x, y);
                int result = 0;
                for (int bit = 0; bit < 32; bit++) {
                    int index = (p >>> bit & 1) << 2 | (s >>> bit & 1) << 1 | (d >>> bit & 1);
                    result |= (code >> index & 1) << bit;
                }
                target.put(x, y, result);
            }
        }
    }

    static void transparent(Picture target, Area area, Picture source, int left, int top, int color) {
        Picture from = source.copy();
        int[] channels = {0, (color >> 16) & 255, (color >> 8) & 255, color & 255};
        int key = target.format == SurfaceFormat.A8 ? 0 : pack(target.format, channels);
        int compared = target.format.bitsPerPixel() == 32 ? 0xffffff : -1;
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                int sourceX = x - area.left + left;
                int sourceY = y - area.top + top;
                if (area.has(x, y)
                        && from.has(sourceX, sourceY)
                        && ((from.at(sourceX, sourceY) ^ key) & compared) != 0) {
                    target.put(x, y, from.at(sourceX, sourceY));
                }
            }
        }
    }

    static void alphaBlend(Picture target, Area area, Picture source, int left, int top, int alpha) {
        Picture from = source.copy();
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                int sourceX = x - area.left + left;
                int sourceY = y - area.top + top;
                if (!area.has(x, y) || !from.has(sourceX, sourceY)) {
                    continue;
                }
                int[] s = unpack(from.format, from.at(sourceX, sourceY), false);
                int[] d = unpack(target.format, target.at(x, y), false);
                int[] result = new int[4];
                for (int i = 0; i < 4; i++) {
                    result[i] = sum(times(s[i], alpha), times(d[i], 255 - times(s[0], alpha)));
                }
                target.put(x, y, pack(target.format, result));
            }
        }
    }

    /** Bresenham, one step after the other; the last point is not drawn. */
    static void line(
            Picture target, Area area, int x1, int y1, int x2, int y2, int descriptor, IntBinaryOperator color) {
        int dx = Math.abs(x2 - x1);
        int dy = Math.abs(y2 - y1);
        boolean wide = dx > dy;
        int major = wide ? dx : dy;
        int minor = wide ? dy : dx;
        int stepX = x2 < x1 ? -1 : 1;
        int stepY = y2 < y1 ? -1 : 1;
        int bias = (wide ? stepX : stepY) < 0 ? 1 : 0;
        int error = 2 * minor - major - bias;
        int x = x1;
        int y = y1;
        for (int i = 0; i < major; i++) {
            if (target.has(x, y) && area.has(x, y)) {
                target.put(x, y, rop(descriptor, true, color.applyAsInt(x, y), target.at(x, y)));
            }
            boolean both = error >= 0;
            error += both ? 2 * minor - 2 * major : 2 * minor;
            x += wide || both ? stepX : 0;
            y += !wide || both ? stepY : 0;
        }
    }

    /** Glyphs of 8 bits, top row first: left, top and coverage each. */
    static void text(Picture target, Area area, int[][] places, Picture[] glyphs, int color) {
        int[] red = {color >> 16, color >> 8, color};
        for (int y = 0; y < target.height; y++) {
            for (int x = 0; x < target.width; x++) {
                int coverage = 0;
                for (int i = 0; i < glyphs.length; i++) {
                    if (glyphs[i].has(x - places[i][0], y - places[i][1])) {
                        coverage = Math.max(coverage, glyphs[i].at(x - places[i][0], y - places[i][1]));
                    }
                }
                if (area.has(x, y)) {
                    int[] d = unpack(target.format, target.at(x, y), false);
                    int[] result = {sum(coverage, times(d[0], 255 - coverage)), 0, 0, 0};
                    for (int i = 0; i < 3; i++) {
                        result[i + 1] = sum(times(red[i] & 255, coverage), times(d[i + 1], 255 - coverage));
                    }
                    target.put(x, y, pack(target.format, result));
                }
            }
        }
    }

    private static int operate(int operator, int s, int sa, int d, int da) {
        return switch (operator) {
            case 0 -> 0;
            case 1 -> s;
            case 2 -> d;
            case 3 -> sum(s, times(d, 255 - sa));
            case 4 -> sum(times(s, 255 - da), d);
            case 5 -> times(s, da);
            case 6 -> times(d, sa);
            case 7 -> times(s, 255 - da);
            case 8 -> times(d, 255 - sa);
            case 9 -> sum(times(s, da), times(d, 255 - sa));
            case 10 -> sum(times(s, 255 - da), times(d, sa));
            case 11 -> sum(times(s, 255 - da), times(d, 255 - sa));
            case 12 -> sum(s, d);
            default -> throw new IllegalArgumentException("operator " + operator);
        };
    }

    /** To the nearest 255th. */
    static int times(int a, int b) {
        return (2 * a * b + 255) / 510;
    }

    private static int sum(int a, int b) {
        return Math.min(255, a + b);
    }

    private static int[] look(Look look, int x, int y) {
        long[] t = new long[6];
        for (int i = 0; i < 6; i++) {
            t[i] = look.transform[i];
        }
        // The centre of the first pixel of the row is transformed and rounded; the others follow in equal steps.
        long firstX = look.originX * 65536L + 32768;
        long firstY = (look.originY + y) * 65536L + 32768;
        long atX = ((t[0] * firstX + t[1] * firstY + t[2] * 65536 + 32768) >> 16) + t[0] * x;
        long atY = ((t[3] * firstX + t[4] * firstY + t[5] * 65536 + 32768) >> 16) + t[3] * x;
        boolean nearest = look.filter == 0 || look.filter == 3;
        return sample(look.picture, look.opaque, look.repeat, nearest, atX, atY);
    }

    private static int[] sample(Picture picture, boolean opaque, int repeat, boolean nearest, long x, long y) {
        if (nearest) {
            return tap(picture, opaque, repeat, (int) ((x - 1) >> 16), (int) ((y - 1) >> 16));
        }
        long left = x - 32768;
        long top = y - 32768;
        int column = (int) (left >> 16);
        int line = (int) (top >> 16);
        int toRight = (int) ((left >> 9) & 127) * 2;
        int toBottom = (int) ((top >> 9) & 127) * 2;
        int[] result = new int[4];
        for (int i = 0; i < 4; i++) {
            int upper = tap(picture, opaque, repeat, column, line)[i] * (256 - toRight)
                    + tap(picture, opaque, repeat, column + 1, line)[i] * toRight;
            int lower = tap(picture, opaque, repeat, column, line + 1)[i] * (256 - toRight)
                    + tap(picture, opaque, repeat, column + 1, line + 1)[i] * toRight;
            result[i] = (upper * (256 - toBottom) + lower * toBottom) >> 16;
        }
        return result;
    }

    private static int[] tap(Picture picture, boolean opaque, int repeat, int x, int y) {
        int column = repeated(x, picture.width, repeat);
        int line = repeated(y, picture.height, repeat);
        return picture.has(column, line) ? unpack(picture.format, picture.at(column, line), opaque) : new int[4];
    }

    /** One step after the other, until it lies inside. */
    static int repeated(int at, int size, int repeat) {
        int result = at;
        while (repeat != 0 && (result < 0 || result >= size)) {
            switch (repeat) {
                case 1 -> result += result < 0 ? size : -size;
                case 2 -> result = result < 0 ? 0 : size - 1;
                default -> result = result < 0 ? -1 - result : 2 * size - 1 - result;
            }
        }
        return result;
    }

    /** Alpha, red, green, blue. */
    static int[] unpack(SurfaceFormat format, int p, boolean opaque) {
        return switch (format) {
            case ARGB_32 -> new int[] {opaque ? 255 : p >>> 24, (p >> 16) & 255, (p >> 8) & 255, p & 255};
            case XRGB_32 -> new int[] {255, (p >> 16) & 255, (p >> 8) & 255, p & 255};
            case A8 -> new int[] {p & 255, 0, 0, 0};
            case RGB_555 -> new int[] {255, wide((p >> 10) & 31, 5), wide((p >> 5) & 31, 5), wide(p & 31, 5)};
            case RGB_565 -> new int[] {255, wide((p >> 11) & 31, 5), wide((p >> 5) & 63, 6), wide(p & 31, 5)};
            case A1 -> new int[] {p * 255, 0, 0, 0};
        };
    }

    private static int wide(int value, int bits) {
        return (value << (8 - bits)) | (value >> (2 * bits - 8));
    }

    static int pack(SurfaceFormat format, int[] c) {
        return switch (format) {
            case ARGB_32 -> (c[0] << 24) | (c[1] << 16) | (c[2] << 8) | c[3];
            case XRGB_32 -> (c[1] << 16) | (c[2] << 8) | c[3];
            case A8 -> c[0];
            case RGB_555 -> ((c[1] >> 3) << 10) | ((c[2] >> 3) << 5) | (c[3] >> 3);
            case RGB_565 -> ((c[1] >> 3) << 11) | ((c[2] >> 2) << 5) | (c[3] >> 3);
            case A1 -> c[0] >> 7;
        };
    }

    private static boolean draws(Area area, Bits[] mask, int x, int y) {
        return mask.length == 0 || mask[0].draws(x - area.left, y - area.top);
    }
}
