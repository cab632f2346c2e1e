package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** What is chosen for which picture. */
final class CompressionChoiceTest {
    private static final int WINDOW = 1 << 20;

    @Test
    void photographsGoToQuicAndDesktopsDoNot() {
        Pixmap photo = gradient(200, 100, new Random(1));
        assertEquals(CompressionChoice.QUIC, CompressionChoice.AUTO_GLZ.forPicture(photo, WINDOW));
        assertEquals(CompressionChoice.QUIC, CompressionChoice.AUTO_LZ.forPicture(photo, WINDOW));
        Pixmap desktop = boxes(200, 100);
        assertEquals(CompressionChoice.GLZ, CompressionChoice.AUTO_GLZ.forPicture(desktop, WINDOW));
        assertEquals(CompressionChoice.LZ, CompressionChoice.AUTO_LZ.forPicture(desktop, WINDOW));
        assertTrue(Graduality.isGradual(photo));
        assertFalse(Graduality.isGradual(desktop));
    }

    @Test
    void nothingIsChosenThatDoesNotSuit() {
        Pixmap picture = gradient(2, 100, new Random(1));
        assertEquals(CompressionChoice.GLZ, CompressionChoice.AUTO_GLZ.forPicture(picture, WINDOW));
        assertEquals(CompressionChoice.LZ, CompressionChoice.QUIC.forPicture(picture, WINDOW));
        assertEquals(CompressionChoice.LZ, CompressionChoice.GLZ.forPicture(picture, 199));
        assertEquals(CompressionChoice.LZ, CompressionChoice.AUTO_GLZ.forPicture(boxes(20, 20), 0));
        Pixmap alpha = new Pixmap();
        alpha.resize(SurfaceFormat.A8, 10, 10);
        assertEquals(CompressionChoice.LZ, CompressionChoice.LZ4.forPicture(alpha, WINDOW));
        assertEquals(CompressionChoice.OFF, CompressionChoice.LZ.forPicture(boxes(13, 1), WINDOW)); // 52 bytes
        assertEquals(CompressionChoice.LZ, CompressionChoice.LZ.forPicture(boxes(14, 1), WINDOW));
        assertEquals(CompressionChoice.OFF, CompressionChoice.OFF.forPicture(boxes(50, 50), WINDOW));
    }

    private static Pixmap gradient(int width, int height, Random random) {
        Pixmap picture = new Pixmap();
        picture.resize(SurfaceFormat.XRGB_32, width, height);
        for (int i = 0; i < width * height; i++) {
            int level = 60 + i % width / 2 + random.nextInt(6);
            picture.pixels()[i] = level << 16 | (level + random.nextInt(4)) << 8 | level;
        }
        return picture;
    }

    private static Pixmap boxes(int width, int height) {
        Pixmap picture = new Pixmap();
        picture.resize(SurfaceFormat.XRGB_32, width, height);
        for (int i = 0; i < width * height; i++) {
            picture.pixels()[i] = (i % width / 7 + i / width / 5) % 2 * 0xff_ffff;
        }
        return picture;
    }
}
