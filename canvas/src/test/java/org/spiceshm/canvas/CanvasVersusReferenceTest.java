package org.spiceshm.canvas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.canvas.ReferenceCanvas.Area;
import org.spiceshm.canvas.ReferenceCanvas.Bits;
import org.spiceshm.canvas.ReferenceCanvas.Look;
import org.spiceshm.canvas.ReferenceCanvas.Picture;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Random commands, drawn by the canvas and by the rules; every pixel must be the same. A failure prints its seed. */
final class CanvasVersusReferenceTest {
    private static final SurfaceFormat[] COLOR_FORMATS = {
        SurfaceFormat.XRGB_32, SurfaceFormat.ARGB_32, SurfaceFormat.A8, SurfaceFormat.RGB_555, SurfaceFormat.RGB_565
    };
    private static final int[] ROPS = {8, 16, 32, 64, 128, 256, 512, 0};
    private static final int[] IDENTITY = {65536, 0, 0, 0, 65536, 0};
    private static final int ROUNDS = 1500;

    private final Arena arena = Arena.ofConfined();
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Mask mask = new Mask();
    private final Brush brush = new Brush();
    private final Image source = new Image();
    private final Image maskImage = new Image();
    private final CompositeParameters parameters = new CompositeParameters();

    private Random random = new Random(0);
    private String context = "";
    private int drawn;

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void fillsLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "fill");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int rop = randomRop();
            Bits[] bits = randomMask(area);
            int color = random.nextInt();
            brush.solid(color);
            check(canvas.fill(surface, region, brush, rop, mask));
            ReferenceCanvas.fill(expected, area, rop, (x, y) -> color, bits);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 2, "too little drawn: " + drawn);
    }

    @Test
    void fillsWithPatternsLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "pattern");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int rop = randomRop();
            Bits[] bits = randomMask(area);
            Picture tile = asSourceFor(brush.pattern(), surface);
            int x = random.nextInt(-30, 30);
            int y = random.nextInt(-30, 30);
            brush.pattern(x, y);
            check(canvas.fill(surface, region, brush, rop, mask));
            ReferenceCanvas.fill(
                    expected,
                    area,
                    rop,
                    (atX, atY) -> tile.at(Math.floorMod(atX - x, tile.width()), Math.floorMod(atY - y, tile.height())),
                    bits);
            assertSame(expected, surface);
        }
    }

    @Test
    void blackensWhitensAndInvertsLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "constant");
            Surface surface = randomSurface(SurfaceFormat.values()[seed % 6]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Bits[] bits = randomMask(area);
            int what = random.nextInt(3);
            check(
                    switch (what) {
                        case 0 -> canvas.blackness(surface, region, mask);
                        case 1 -> canvas.whiteness(surface, region, mask);
                        default -> canvas.invers(surface, region, mask);
                    });
            ReferenceCanvas.fill(expected, area, 128 << what, (x, y) -> 0, bits);
            assertSame(expected, surface);
        }
    }

    @Test
    void copiesLikeTheReference() {
        for (int seed = 0; seed < 2 * ROUNDS; seed++) {
            begin(seed, "copy");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int rop = randomRop();
            Bits[] bits = randomMask(area);
            Picture image = asSourceFor(source, surface);
            int left = random.nextInt(-5, image.width());
            int top = random.nextInt(-5, image.height());
            Outcome outcome = canvas.copy(
                    surface,
                    region,
                    source,
                    top,
                    left,
                    top + area.bottom() - area.top(),
                    left + area.right() - area.left(),
                    rop,
                    0,
                    mask);
            check(outcome);
            ReferenceCanvas.copy(expected, area, image, left, top, rop, bits);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 2, "too little drawn: " + drawn);
    }

    @Test
    void copiesWithinASurfaceAsThroughACopyOfIt() {
        for (int seed = 0; seed < 2 * ROUNDS; seed++) {
            begin(seed, "copy within");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int left = area.left() + random.nextInt(-12, 13);
            int top = area.top() + random.nextInt(-6, 7);
            int rop = 8;
            if (seed % 2 == 0) {
                check(canvas.copyBits(surface, region, left, top));
                ReferenceCanvas.copy(expected, area, expected, left, top, rop);
            } else {
                rop = randomRop();
                Bits[] bits = randomMask(area);
                source.ofSurface(surface);
                Outcome outcome = canvas.copy(
                        surface,
                        region,
                        source,
                        top,
                        left,
                        top + area.bottom() - area.top(),
                        left + area.right() - area.left(),
                        rop,
                        0,
                        mask);
                check(outcome);
                ReferenceCanvas.copy(expected, area, expected, left, top, rop, bits);
            }
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 2, "too little drawn: " + drawn);
    }

    @Test
    void scalesLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "scale");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Bits[] bits = randomMask(area);
            Surface from = seed % 5 == 0 ? surface : randomSurface(COLOR_FORMATS[random.nextInt(5)]);
            source.ofSurface(from);
            int top = random.nextInt(-2, from.heightPixels());
            int left = random.nextInt(-2, from.widthPixels());
            int[] sourceArea = {top, left, top + 1 + random.nextInt(20), left + 1 + random.nextInt(20)};
            if (sourceArea[2] - top == area.bottom() - area.top()
                    && sourceArea[3] - left == area.right() - area.left()) {
                continue;
            }
            int rop = randomRop();
            int mode = random.nextInt(2);
            Picture image = pictureOf(from);
            check(canvas.copy(surface, region, source, top, left, sourceArea[2], sourceArea[3], rop, mode, mask));
            ReferenceCanvas.copyScaled(expected, area, image, sourceArea, rop, mode == 1, bits);
            assertSame(expected, surface);
        }
    }

    @Test
    void compositesLikeTheReference() {
        for (int seed = 0; seed < 6 * ROUNDS; seed++) {
            begin(seed, "composite");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int operator = random.nextInt(13);
            boolean masked = random.nextBoolean();
            boolean componentAlpha = random.nextInt(3) == 0;
            boolean opaque = random.nextInt(4) == 0;
            Look sourceLook = randomLook(source, surface, opaque);
            Look[] maskLook = masked ? new Look[] {randomLook(maskImage, surface, false)} : new Look[0];
            int flags = operator
                    | (sourceLook.filter() << 8)
                    | (sourceLook.repeat() << 14)
                    | (componentAlpha ? 1 << 18 : 0)
                    | (1 << 20)
                    | (opaque ? 1 << 22 : 0);
            if (masked) {
                flags |= (maskLook[0].filter() << 11) | (maskLook[0].repeat() << 16) | (3 << 19) | (1 << 21);
            }
            parameters.reset(flags);
            parameters.sourceOrigin(sourceLook.originX(), sourceLook.originY());
            int[] t = sourceLook.transform();
            parameters.sourceTransform(t[0], t[1], t[2], t[3], t[4], t[5]);
            if (masked) {
                parameters.maskOrigin(maskLook[0].originX(), maskLook[0].originY());
                t = maskLook[0].transform();
                parameters.maskTransform(t[0], t[1], t[2], t[3], t[4], t[5]);
            }
            context += " operator " + operator + " masked " + masked + " ca " + componentAlpha;
            check(canvas.composite(surface, region, parameters, source, maskImage));
            ReferenceCanvas.composite(expected, area, operator, componentAlpha, sourceLook, maskLook);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS, "too little drawn: " + drawn);
    }

    @Test
    void noticesOneWrongPixel() {
        begin(1, "self test");
        Surface surface = randomSurface(SurfaceFormat.ARGB_32);
        Picture expected = pictureOf(surface);
        assertSame(expected, surface);
        expected.put(3, 1, expected.at(3, 1) ^ 1);
        assertNotEquals(
                Arrays.toString(expected.pixels()),
                Arrays.toString(pictureOf(surface).pixels()));
    }

    private void begin(int seed, String what) {
        random = new Random(seed * 31L + what.hashCode());
        context = what + ", seed " + seed;
        mask.none();
    }

    private void check(Outcome outcome) {
        assertTrue(outcome == Outcome.DRAWN || outcome == Outcome.NOTHING, () -> context + ": " + outcome);
        if (outcome == Outcome.DRAWN) {
            drawn++;
        }
    }

    private int randomRop() {
        int rop = ROPS[random.nextInt(ROPS.length)] | random.nextInt(8) | (random.nextBoolean() ? 1024 : 0);
        context += " rop " + rop;
        return rop;
    }

    /** Random pixels, in the middle of a segment whose other bytes must not change; see {@link #assertSame}. */
    private Surface randomSurface(SurfaceFormat format) {
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

    private static Picture pictureOf(Surface surface) {
        Picture picture = new Picture(surface.format(), surface.widthPixels(), surface.heightPixels());
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                picture.put(x, y, surface.pixel(x, y));
            }
        }
        return picture;
    }

    private Area randomArea(Surface surface) {
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

    private Bits[] randomMask(Area area) {
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

    private void randomize(Picture picture) {
        for (int i = 0; i < picture.pixels().length; i++) {
            picture.put(i % picture.width(), i / picture.width(), random.nextInt());
        }
    }

    /** A random image in any way that suits the target; returns what it looks like in the target's format. */
    private Picture asSourceFor(Image image, Surface target) {
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

    private static Picture converted(Picture from, SurfaceFormat format) {
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
    private void encode(Image image, BitmapFormat format, int[] raw, int width, int height) {
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

    private Look randomLook(Image image, Surface target, boolean opaque) {
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

    private void assertSame(Picture expected, Surface surface) {
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
