package org.spiceshm.canvas;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.spiceshm.canvas.ReferenceCanvas.Area;
import org.spiceshm.canvas.ReferenceCanvas.Bits;
import org.spiceshm.canvas.ReferenceCanvas.Look;
import org.spiceshm.canvas.ReferenceCanvas.Picture;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Random commands, drawn by the canvas and by the rules; every pixel must be the same. */
final class CanvasVersusReferenceTest extends ReferenceFixture {
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
}
