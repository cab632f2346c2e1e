package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.spiceshm.client.Frame;

/** Pixels 0x00RRGGBB, row by row from the top. */
@SuppressWarnings("ArrayRecordComponent") // INVARIANT: nobody compares two of them or writes to the pixels.
record Picture(int width, int height, int[] pixels) {
    private static final int RGB = 0xff_ffff;

    static Picture ofPng(Path file) throws IOException {
        return of(Objects.requireNonNull(ImageIO.read(file.toFile()), () -> "no PNG: " + file));
    }

    static Picture of(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        return new Picture(width, height, image.getRGB(0, 0, width, height, null, 0, width));
    }

    static Picture of(Frame frame) {
        return new Picture(frame.width(), frame.height(), frame.pixels());
    }

    /** P6 with 255 as the highest value. */
    static Picture ofPpm(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int[] numbers = new int[3];
        assertEquals("P6", new String(bytes, 0, 2, StandardCharsets.US_ASCII));
        int at = 2;
        for (int i = 0; i < numbers.length; i++) {
            while (Character.isWhitespace(bytes[at])) {
                at++;
            }
            while (!Character.isWhitespace(bytes[at])) {
                numbers[i] = 10 * numbers[i] + bytes[at++] - '0';
            }
        }
        at++;
        assertEquals(255, numbers[2]);
        int[] pixels = new int[numbers[0] * numbers[1]];
        for (int i = 0; i < pixels.length; i++, at += 3) {
            pixels[i] = (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff);
        }
        return new Picture(numbers[0], numbers[1], pixels);
    }

    /** Little-endian xRGB. */
    static Picture ofRaw(int width, int height, byte[] bytes, int offset) {
        int[] pixels = new int[width * height];
        for (int i = 0; i < pixels.length; i++) {
            int at = offset + 4 * i;
            pixels[i] = (bytes[at + 2] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at] & 0xff);
        }
        return new Picture(width, height, pixels);
    }

    int pixel(int x, int y) {
        return pixels[y * width + x] & RGB;
    }

    /** How many pixels are not of this colour. */
    int countOther(int colour) {
        int other = 0;
        for (int pixel : pixels) {
            other += (pixel & RGB) == colour ? 0 : 1;
        }
        return other;
    }

    int differingPixels(Picture other) {
        int differing = 0;
        for (int i = 0; i < pixels.length; i++) {
            differing += (pixels[i] & RGB) == (other.pixels[i] & RGB) ? 0 : 1;
        }
        return differing;
    }

    static void assertSame(Picture expected, Picture got, String what) {
        assertEquals(expected.width + "x" + expected.height, got.width + "x" + got.height, what + ": size");
        assertEquals(0, expected.differingPixels(got), what + ": differing pixels");
    }
}
