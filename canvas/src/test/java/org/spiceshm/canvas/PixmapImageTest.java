package org.spiceshm.canvas;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** A decoded picture is drawn as the raw bitmap of the same pixels. */
final class PixmapImageTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 11;
    private static final int PUT = 8;

    private final Image image = new Image();

    @ParameterizedTest
    @CsvSource({
        "RGB_555, BIT_16, false",
        "XRGB_32, BIT_32, false",
        "XRGB_32, BIT_32, true",
        "ARGB_32, RGBA, false",
        "ARGB_32, RGBA, true",
        "A8, A8, false"
    })
    void isDrawnAsTheBitmapOfItsPixels(SurfaceFormat format, BitmapFormat bitmap, boolean highBits) {
        Pixmap pixmap = new Pixmap();
        pixmap.resize(format, WIDTH, HEIGHT);
        int bytes = format.bitsPerPixel() / 8;
        MemorySegment memory = MemorySegment.ofArray(new byte[WIDTH * HEIGHT * bytes]);
        Random random = new Random(1);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            int pixel = random.nextInt() & (int) (0xffff_ffffL >>> (32 - format.bitsPerPixel()));
            pixmap.pixels()[i] = pixel;
            for (int j = 0; j < bytes; j++) {
                memory.set(JAVA_BYTE, (long) i * bytes + j, (byte) (pixel >> (8 * j)));
            }
        }
        for (SurfaceFormat target : SurfaceFormat.values()) {
            if (target == SurfaceFormat.A1) {
                continue;
            }
            for (boolean whole : new boolean[] {true, false}) {
                for (int rop : new int[] {PUT, Rop.XOR}) {
                    image.ofPixmap(pixmap);
                    Surface ofPixmap = drawn(target, whole, rop, highBits);
                    image.ofBitmap(bitmap, true, WIDTH, HEIGHT, WIDTH * bytes);
                    image.piece(memory, 0, WIDTH * HEIGHT * bytes);
                    Surface ofBitmap = drawn(target, whole, rop, highBits);
                    assertEquals(
                            -1,
                            ofBitmap.memory().mismatch(ofPixmap.memory()),
                            () -> format + " on " + target + ", whole " + whole + ", rop " + rop);
                }
            }
        }
    }

    private Surface drawn(SurfaceFormat format, boolean whole, int rop, boolean highBits) {
        if (highBits) {
            image.highBitsSet();
        }
        Surface target = Surface.allocate(format, whole ? WIDTH : WIDTH + 3, HEIGHT, Arena.ofAuto());
        target.memory().fill((byte) 0x5a);
        int left = whole ? 0 : 2;
        int top = whole ? 0 : 1;
        Region region = new Region();
        region.setBox(target, top, left, HEIGHT, WIDTH);
        assertEquals(
                Outcome.DRAWN,
                new Canvas()
                        .copy(target, region, image, top, left, HEIGHT, WIDTH, rop, Canvas.SCALE_NEAREST, new Mask()));
        return target;
    }

    @Test
    void refusesFormatsThatNoCodecMakes() {
        Pixmap pixmap = new Pixmap();
        pixmap.resize(SurfaceFormat.RGB_565, 1, 1);
        assertThrows(IllegalArgumentException.class, () -> image.ofPixmap(pixmap));
    }
}
