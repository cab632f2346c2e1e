package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngWriterTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 3, 2", "640, 480, 3", "1, 500, 4", "500, 1, 5"})
    void isReadBackByAnIndependentDecoder(int width, int height, long seed) throws Exception {
        int[] pixels = new int[width * height];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            // Half noise, half gradient, so that both filters occur.
            pixels[i] = i % width < width / 2 ? random.nextInt(1 << 24) : i & 0xff_ffff;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Frame(width, height, 0, pixels.clone()).toPng(out);
        PngReader read = PngReader.of(out.toByteArray());
        assertEquals(width, read.width);
        assertEquals(height, read.height);
        assertArrayEquals(pixels, read.pixels, "seed " + seed);
    }
}
