package org.spiceshm.canvas;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.spiceshm.canvas.ReferenceCanvas.Area;
import org.spiceshm.canvas.ReferenceCanvas.Bits;
import org.spiceshm.canvas.ReferenceCanvas.Picture;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** As {@link CanvasVersusReferenceTest}, for the operations on three operands, lines and text. */
final class OperationsVersusReferenceTest extends ReferenceFixture {
    private static final int BEGIN_AND_END = 3;
    private static final int BEGIN = 1;
    private static final int BEZIER = 16;

    private final Polylines path = new Polylines();
    private final LineStyle solid = new LineStyle();
    private final Text text = new Text();
    private final Region background = new Region();

    /** A solid brush, or a tile that is laid from the surface's corner. */
    private IntBinaryOperator randomBrush(Surface surface) {
        if (random.nextBoolean()) {
            int color = random.nextInt();
            brush.solid(color);
            return (x, y) -> color;
        }
        Picture tile = asSourceFor(brush.pattern(), surface);
        int left = random.nextInt(-30, 30);
        int top = random.nextInt(-30, 30);
        brush.pattern(left, top);
        return (x, y) -> tile.at(Math.floorMod(x - left, tile.width()), Math.floorMod(y - top, tile.height()));
    }

    private Surface randomSurfaceOf16BitsOrMore(int seed) {
        SurfaceFormat format = COLOR_FORMATS[seed % COLOR_FORMATS.length];
        return randomSurface(format == SurfaceFormat.A8 ? SurfaceFormat.XRGB_32 : format);
    }

    @Test
    void combinesThreeOperandsLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "rop3");
            Surface surface = randomSurfaceOf16BitsOrMore(seed);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Picture image = asSourceFor(source, surface);
            int spareX = image.width() - (area.right() - area.left());
            int spareY = image.height() - (area.bottom() - area.top());
            if (spareX < 0 || spareY < 0) {
                continue;
            }
            int left = random.nextInt(spareX + 1);
            int top = random.nextInt(spareY + 1);
            Bits[] bits = randomMask(area);
            IntBinaryOperator color = randomBrush(surface);
            int code = seed & 0xff;
            check(canvas.rop3(
                    surface,
                    region,
                    source,
                    top,
                    left,
                    top + area.bottom() - area.top(),
                    left + area.right() - area.left(),
                    brush,
                    code,
                    0,
                    mask));
            ReferenceCanvas.rop3(expected, area, image, left, top, color, code, bits);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 8, "too little drawn: " + drawn);
    }

    @Test
    void copiesOpaqueLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "opaque");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Picture image = asSourceFor(source, surface);
            int left = random.nextInt(-5, image.width());
            int top = random.nextInt(-5, image.height());
            Bits[] bits = randomMask(area);
            IntBinaryOperator color = randomBrush(surface);
            int inverse = random.nextBoolean() ? 1024 : 0;
            int rop = ROPS[random.nextInt(ROPS.length)] | inverse; // of operands' inversions, other tests
            check(canvas.opaque(
                    surface,
                    region,
                    source,
                    top,
                    left,
                    top + area.bottom() - area.top(),
                    left + area.right() - area.left(),
                    brush,
                    rop,
                    0,
                    mask));
            ReferenceCanvas.copy(expected, area, image, left, top, 8, bits);
            ReferenceCanvas.fill(expected, area, rop, color, bits);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 4, "too little drawn: " + drawn);
    }

    @Test
    void leavesOneColourOutLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "transparent");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Picture image = asSourceFor(source, surface);
            int left = random.nextInt(-5, image.width());
            int top = random.nextInt(-5, image.height());
            int sample = image.at(random.nextInt(image.width()), random.nextInt(image.height()));
            int color = surface.format().toRgb(sample);
            check(canvas.transparent(
                    surface,
                    region,
                    source,
                    top,
                    left,
                    top + area.bottom() - area.top(),
                    left + area.right() - area.left(),
                    color));
            ReferenceCanvas.transparent(expected, area, image, left, top, color);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 4, "too little drawn: " + drawn);
    }

    @Test
    void blendsLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "alpha blend");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            Surface from = random.nextInt(5) == 0 ? surface : randomSurface(COLOR_FORMATS[random.nextInt(5)]);
            source.ofSurface(from);
            Picture image = pictureOf(from);
            int left = random.nextInt(-5, image.width());
            int top = random.nextInt(-5, image.height());
            int alpha = random.nextBoolean() ? 255 : random.nextInt(256);
            check(canvas.alphaBlend(
                    surface,
                    region,
                    source,
                    top,
                    left,
                    top + area.bottom() - area.top(),
                    left + area.right() - area.left(),
                    alpha,
                    false));
            ReferenceCanvas.alphaBlend(expected, area, image, left, top, alpha);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 4, "too little drawn: " + drawn);
    }

    @Test
    void strokesLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "stroke");
            Surface surface = randomSurface(COLOR_FORMATS[seed % COLOR_FORMATS.length]);
            Picture expected = pictureOf(surface);
            boolean far = random.nextInt(4) == 0;
            // One rectangle: where a clip cuts a row of a line into pieces, the reference has its own mind.
            region.setBox(surface, 1, 1, surface.heightPixels(), surface.widthPixels());
            Area area = new Area(1, 1, surface.heightPixels(), surface.widthPixels(), false, new int[0][]);
            int rop = randomRop();
            IntBinaryOperator color = randomBrush(surface);
            int points = 2 + random.nextInt(4);
            int[] xs = new int[points];
            int[] ys = new int[points];
            path.reset();
            path.beginSegment(BEGIN);
            for (int i = 0; i < points; i++) {
                int reach = far ? 5000 : 20;
                xs[i] = random.nextInt(-reach, 30 + reach);
                ys[i] = random.nextInt(-reach, 20 + reach);
                path.point(xs[i] << 4, (ys[i] << 4) + random.nextInt(9)); // up to one half is rounded down
            }
            path.endSegment(BEGIN_AND_END);
            path.finish();
            check(canvas.stroke(surface, region, path, solid, brush, rop));
            for (int i = 0; i + 1 < points; i++) {
                ReferenceCanvas.line(expected, area, xs[i], ys[i], xs[i + 1], ys[i + 1], rop, color);
            }
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 4, "too little drawn: " + drawn);
    }

    @Test
    void flattensEveryCurveInTheEnd() {
        Surface surface = randomSurface(SurfaceFormat.XRGB_32);
        region.setBox(surface, 0, 0, surface.heightPixels(), surface.widthPixels());
        brush.solid(1);
        int[][] curves = {{0, 0, 0}, {1, 1, 1}, {0, 1, 0}, {5, 5, 0}, {1 << 20, -(1 << 20), 0}};
        for (int[] curve : curves) {
            path.reset();
            path.beginSegment(BEGIN | BEZIER);
            path.point(0, 0);
            for (int at : curve) {
                path.point(at, at / 2);
            }
            path.endSegment(BEGIN_AND_END);
            path.finish();
            assertTrue(path.isValid());
            check(canvas.stroke(surface, region, path, solid, brush, 8));
        }
    }

    @Test
    void writesLikeTheReference() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            begin(seed, "text");
            Surface surface = randomSurface(seed % 2 == 0 ? SurfaceFormat.XRGB_32 : SurfaceFormat.ARGB_32);
            Picture expected = pictureOf(surface);
            Area area = randomArea(surface);
            int color = random.nextInt();
            brush.solid(color);
            text.reset(8);
            Picture[] glyphs = new Picture[1 + random.nextInt(4)];
            int[][] places = new int[glyphs.length][];
            for (int i = 0; i < glyphs.length; i++) {
                glyphs[i] = new Picture(SurfaceFormat.A8, random.nextInt(9), random.nextInt(9));
                randomize(glyphs[i]);
                places[i] = new int[] {random.nextInt(-4, 30), random.nextInt(-4, 18)};
                text.glyph(places[i][0], places[i][1], glyphs[i].width(), glyphs[i].height(), bottomUp(glyphs[i]), 0);
            }
            check(canvas.text(surface, region, background, text, brush, new Brush()));
            ReferenceCanvas.text(expected, area, places, glyphs, color);
            assertSame(expected, surface);
        }
        assertTrue(drawn > ROUNDS / 4, "too little drawn: " + drawn);
    }

    private static MemorySegment bottomUp(Picture glyph) {
        byte[] bytes = new byte[glyph.width() * glyph.height()];
        for (int y = 0; y < glyph.height(); y++) {
            for (int x = 0; x < glyph.width(); x++) {
                bytes[(glyph.height() - 1 - y) * glyph.width() + x] = (byte) glyph.at(x, y);
            }
        }
        return MemorySegment.ofArray(bytes);
    }
}
