package org.spiceshm.canvas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.spiceshm.canvas.ReferenceCanvas.Area;
import org.spiceshm.canvas.ReferenceCanvas.Bits;
import org.spiceshm.canvas.ReferenceCanvas.Look;
import org.spiceshm.canvas.ReferenceCanvas.Picture;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Random surfaces, regions, masks and images, each in the canvas's form and in that of {@link ReferenceCanvas}, and the
 * comparison of both. A failure prints its seed.
 */
abstract class ReferenceFixture {
    static final SurfaceFormat[] COLOR_FORMATS = {
        SurfaceFormat.XRGB_32, SurfaceFormat.ARGB_32, SurfaceFormat.A8, SurfaceFormat.RGB_555, SurfaceFormat.RGB_565
    };
    static final int[] ROPS = {8, 16, 32, 64, 128, 256, 512, 0};
    static final int[] IDENTITY = {65536, 0, 0, 0, 65536, 0};
    static final int ROUNDS = 1500;

    final Arena arena = Arena.ofConfined();
    final Canvas canvas = new Canvas();
    final Region region = new Region();
    final Mask mask = new Mask();
    final Brush brush = new Brush();
    final Image source = new Image();
    final Image maskImage = new Image();
    final CompositeParameters parameters = new CompositeParameters();

    Random random = new Random(0);
    String context = "";
    int drawn;

    @AfterEach
    void release() {
        arena.close();
    }

    void begin(int seed, String what) {
        random = new Random(seed * 31L + what.hashCode());
        context = what + ", seed " + seed;
        mask.none();
    }

    void check(Outcome outcome) {
        assertTrue(outcome == Outcome.DRAWN || outcome == Outcome.NOTHING, () -> context + ": " + outcome);
        if (outcome == Outcome.DRAWN) {
            drawn++;
        }
    }

    int randomRop() {
        int rop = ROPS[random.nextInt(ROPS.length)] | random.nextInt(8) | (random.nextBoolean() ? 1024 : 0);
        context += " rop " + rop;
        return rop;
    }

    /** Random pixels, in the middle of a segment whose other bytes must not change; see {@link #assertSame}. */
    Surface randomSurface(SurfaceFormat format) {
        int width = 4 + random.nextInt(28);
        int height = 2 + random.nextInt(16);
        int stride = format.rowBytes(width) + random.nextInt(2) * 5;
        int offset = random.nextInt(9);
        MemorySegment memory = arena.allocate((long) stride * height + 32);
        for (long i = 0; i < memory.byteSize(); i++) {
            memory.set(
                    ValueLayout.JAVA_BYTE, i, (byte) (random.nextInt(4) == 0 ? -random.nextInt(2) : random.nextInt()));
        }
        return new Surface(memory, offset, stride, width, height, format);
    }

    static Picture pictureOf(Surface surface) {
        Picture picture = new Picture(surface.format(), surface.widthPixels(), surface.heightPixels());
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                picture.put(x, y, surface.pixel(x, y));
            }
        }
        return picture;
    }

    Area randomArea(Surface surface) {
        int top = random.nextInt(-4, surface.heightPixels());
        int left = random.nextInt(-4, surface.widthPixels());
        int bottom = top + 1 + random.nextInt(surface.heightPixels() + 4);
        int right = left + 1 + random.nextInt(surface.widthPixels() + 4);
        if (random.nextInt(6) == 0) {
            top = left = 0;
            bottom = surface.heightPixels();
            right = surface.widthPixels();
        }
        boolean clipped = random.nextBoolean();
        int[][] clips = new int[clipped ? random.nextInt(7) : 0][];
        int[] packed = new int[clips.length * 4];
        boolean columns = random.nextInt(3) == 0; // several rectangles in one band
        for (int i = 0; i < clips.length; i++) {
            int clipTop = random.nextInt(-3, 18);
            int clipLeft = random.nextInt(-3, 30);
            clips[i] =
                    new int[] {clipTop, clipLeft, clipTop + random.nextInt(-1, 12), clipLeft + random.nextInt(-1, 16)};
            if (columns) {
                clips[i] = new int[] {2, 1 + 4 * i, 15, 2 + 4 * i + random.nextInt(3)};
            }
            System.arraycopy(clips[i], 0, packed, 4 * i, 4);
        }
        region.setBox(surface, top, left, bottom, right);
        if (clipped) {
            region.clipTo(packed, clips.length);
        }
        Area area = new Area(top, left, bottom, right, clipped, clips);
        context += " box " + top + "," + left + "," + bottom + "," + right + Arrays.deepToString(clips);
        return area;
    }

    Bits[] randomMask(Area area) {
        if (random.nextBoolean()) {
            return new Bits[0];
        }
        int x = random.nextInt(-3, 6);
        int y = random.nextInt(-3, 6);
        boolean inverse = random.nextBoolean();
        Picture bits;
        if (random.nextBoolean()) {
            Surface surface = randomSurface(SurfaceFormat.A1);
            bits = pictureOf(surface);
            mask.bitmap().ofSurface(surface);
        } else {
            bits = new Picture(
                    SurfaceFormat.A1, 1 + random.nextInt(area.right() - area.left() + 3), 1 + random.nextInt(20));
            randomize(bits);
            encode(
                    mask.bitmap(),
                    random.nextBoolean() ? BitmapFormat.BIT_1_BE : BitmapFormat.BIT_1_LE,
                    bits.pixels(),
                    bits.width(),
                    bits.height());
        }
        mask.set(x, y, inverse);
        return new Bits[] {new Bits(bits, x, y, inverse)};
    }

    void randomize(Picture picture) {
        for (int i = 0; i < picture.pixels().length; i++) {
            picture.put(i % picture.width(), i / picture.width(), random.nextInt());
        }
    }

    /** A random image in any way that suits the target; returns what it looks like in the target's format. */
    Picture asSourceFor(Image image, Surface target) {
        SurfaceFormat format = target.format();
        int bits = format.bitsPerPixel();
        if (random.nextInt(4) == 0) {
            Surface from = randomSurface(COLOR_FORMATS[random.nextInt(5)]);
            image.ofSurface(from);
            Picture picture = pictureOf(from);
            return from.format().bitsPerPixel() == bits
                    ? new Picture(format, picture.width(), picture.height(), picture.pixels())
                    : converted(picture, format);
        }
        int width = 1 + random.nextInt(30);
        int height = 1 + random.nextInt(20);
        BitmapFormat[] formats = BitmapFormat.values();
        BitmapFormat from = formats[random.nextInt(formats.length)];
        boolean palettePossible = bits == 32 || format == SurfaceFormat.RGB_555;
        if (from == BitmapFormat.BIT_1_LE || from == BitmapFormat.BIT_4_LE || (from.hasPalette() && !palettePossible)) {
            from = BitmapFormat.BIT_32;
        }
        int depth = from.bitsPerPixel();
        int[] raw = new int[width * height];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = random.nextInt() & (int) ((1L << depth) - 1);
        }
        encode(image, from, raw, width, height);
        boolean high = random.nextInt(3) == 0;
        if (high) {
            image.highBitsSet();
        }
        context += " image " + from + " " + width + "x" + height + " high " + high;
        Picture picture = new Picture(format, width, height);
        if (from.hasPalette()) {
            int[] palette = random.ints(1 << depth).toArray();
            int count = from == BitmapFormat.BIT_8 ? 200 : palette.length;
            image.palette(palette, count);
            for (int i = 0; i < raw.length; i++) {
                int color = raw[i] < count ? palette[raw[i]] : 0;
                picture.put(i % width, i / width, high && bits == 32 ? color | 0xff000000 : color);
            }
            return picture;
        }
        SurfaceFormat like = switch (from) {
            case BIT_16 -> SurfaceFormat.RGB_555;
            case RGBA -> SurfaceFormat.ARGB_32;
            case A8 -> SurfaceFormat.A8;
            default -> SurfaceFormat.XRGB_32;
        };
        if (high && like == SurfaceFormat.XRGB_32) {
            for (int i = 0; i < raw.length; i++) {
                raw[i] |= 0xff000000;
            }
        }
        Picture original = new Picture(like, width, height, raw);
        return like == format || (like.bitsPerPixel() == 32 && bits == 32)
                ? new Picture(format, width, height, raw)
                : converted(original, format);
    }

    static Picture converted(Picture from, SurfaceFormat format) {
        Picture to = new Picture(format, from.width(), from.height());
        for (int y = 0; y < from.height(); y++) {
            for (int x = 0; x < from.width(); x++) {
                int[] color = ReferenceCanvas.unpack(from.format(), from.at(x, y), false);
                to.put(x, y, ReferenceCanvas.pack(format, color));
            }
        }
        return to;
    }

    /** Writes pixels as a bitmap, in either row order, cut into pieces at random bytes. */
    void encode(Image image, BitmapFormat format, int[] raw, int width, int height) {
        int depth = format.bitsPerPixel();
        int stride = (width * depth + 7) / 8 + random.nextInt(4);
        boolean topDown = random.nextBoolean();
        boolean low = format == BitmapFormat.BIT_1_LE || format == BitmapFormat.BIT_4_LE;
        byte[] bytes = new byte[stride * height];
        for (int y = 0; y < height; y++) {
            int line = (topDown ? y : height - 1 - y) * stride;
            for (int x = 0; x < width; x++) {
                int value = raw[y * width + x];
                if (depth >= 8) {
                    for (int i = 0; i < depth / 8; i++) {
                        bytes[line + x * depth / 8 + i] = (byte) (value >> (8 * i));
                    }
                } else {
                    int perByte = 8 / depth;
                    int slot = low ? x % perByte : perByte - 1 - x % perByte;
                    bytes[line + x / perByte] |= (byte) (value << (slot * depth));
                }
            }
        }
        image.ofBitmap(format, topDown, width, height, stride);
        int done = 0;
        boolean split = random.nextBoolean();
        while (done < bytes.length) {
            int part = split ? Math.min(bytes.length - done, random.nextInt(1 + 2 * stride)) : bytes.length;
            int gap = random.nextInt(4);
            MemorySegment piece = arena.allocate(part + gap + 1L);
            MemorySegment.copy(bytes, done, piece, ValueLayout.JAVA_BYTE, gap, part);
            image.piece(piece, gap, part);
            done += part;
        }
    }

    Look randomLook(Image image, Surface target, boolean opaque) {
        Surface from = random.nextInt(5) == 0 ? target : randomSurface(COLOR_FORMATS[random.nextInt(5)]);
        image.ofSurface(from);
        Picture picture = pictureOf(from);
        int[] transform = IDENTITY;
        if (random.nextBoolean()) {
            transform = new int[6];
            for (int i = 0; i < 6; i++) {
                transform[i] = i % 3 == 2 ? random.nextInt(-10 << 16, 20 << 16) : random.nextInt(-3 << 16, 3 << 16);
            }
        }
        return new Look(
                picture,
                opaque && from.format() == SurfaceFormat.ARGB_32,
                random.nextInt(-6, 12),
                random.nextInt(-6, 12),
                transform,
                random.nextInt(5),
                random.nextInt(4));
    }

    void assertSame(Picture expected, Surface surface) {
        int ignored = switch (surface.format()) { // bits that mean nothing
            case XRGB_32 -> 0xff000000;
            case RGB_555 -> 0x8000;
            default -> 0;
        };
        for (int y = 0; y < expected.height(); y++) {
            for (int x = 0; x < expected.width(); x++) {
                int want = expected.at(x, y) & ~ignored;
                int got = surface.pixel(x, y) & ~ignored;
                if (want != got) {
                    assertEquals(
                            Integer.toHexString(want),
                            Integer.toHexString(got),
                            context + ": " + surface.format() + " pixel " + x + "," + y);
                }
            }
        }
    }
}
