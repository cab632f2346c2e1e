package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.spiceshm.app.Card;
import org.spiceshm.guestdriver.CompatDriver;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** A first-generation driver, from its commands to the pixels. */
@Timeout(120)
final class CompatModeTest {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    private Card card;
    private CompatDriver driver;
    private int[] expected;

    @BeforeEach
    void powerOn() throws IOException {
        card = Card.start(QxlConfig.DEFAULT, PipelineOptions.defaults());
        driver = new CompatDriver(card.hardware());
        expected = new int[WIDTH * HEIGHT];
    }

    @AfterEach
    void powerOff() {
        card.close();
    }

    private void setMode(int bits) {
        driver.setMode(driver.findMode(WIDTH, HEIGHT, bits));
    }

    private void awaitShown(String what) {
        ShownPicture.await(card, () -> new Picture(WIDTH, HEIGHT, expected), what);
    }

    private void expectFill(int top, int left, int bottom, int right, int colour) {
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                expected[y * WIDTH + x] = colour;
            }
        }
    }

    @Test
    void fillsCopiesAndMovesAreShownToThePixel() {
        Random random = new Random(2008);
        setMode(32);
        awaitShown("cleared");
        driver.fill(10, 20, 300, 400, 0x123456);
        expectFill(10, 20, 300, 400, 0x123456);
        int[] pixels = random.ints(50 * 60, 0, 1 << 24).toArray();
        driver.copy(100, 200, 150, 260, pixels);
        for (int i = 0; i < pixels.length; i++) {
            expected[(100 + i / 60) * WIDTH + 200 + i % 60] = pixels[i];
        }
        driver.copyBits(110, 190, 170, 270, 200, 100);
        int[] before = expected.clone();
        for (int y = 0; y < 60; y++) {
            for (int x = 0; x < 80; x++) {
                expected[(110 + y) * WIDTH + 190 + x] = before[(100 + y) * WIDTH + 200 + x];
            }
        }
        awaitShown("drawn");
        assertEquals(0, card.faults().total(), () -> card.faults().toString());
    }

    @Test
    void inModesOfSixteenBitsColoursAre555AndPixelsAreNot() {
        Random random = new Random(1998);
        setMode(16);
        driver.fill(0, 0, HEIGHT, WIDTH, 0x7c1f);
        expectFill(0, 0, HEIGHT, WIDTH, 0xff00ff);
        int[] colours = random.ints(256, 0, 1 << 15).toArray();
        byte[] indexes = new byte[32 * 32];
        random.nextBytes(indexes);
        driver.copyIndexed(8, 9, 40, 41, indexes, colours);
        for (int i = 0; i < indexes.length; i++) {
            int colour = colours[Byte.toUnsignedInt(indexes[i])];
            int red = colour / 1024;
            int green = colour / 32 % 32;
            int blue = colour % 32;
            expected[(8 + i / 32) * WIDTH + 9 + i % 32] =
                    65536 * (8 * red + red / 4) + 256 * (8 * green + green / 4) + 8 * blue + blue / 4;
        }
        awaitShown("drawn");
        assertEquals(0, card.faults().total(), () -> card.faults().toString());
    }

    @Test
    void thePrimarysMemoryHoldsTheBottomRowFirst() {
        setMode(32);
        driver.fill(0, 0, 1, WIDTH, 0xaa0000);
        driver.fill(HEIGHT - 1, 0, HEIGHT, WIDTH, 0x0000bb);
        driver.updateArea(0, 0, HEIGHT, WIDTH);
        assertEquals(0x0000bb, driver.ram().get(ValueLayout.JAVA_INT_UNALIGNED, 0) & 0xffffff);
        long top = 4L * WIDTH * (HEIGHT - 1);
        assertEquals(0xaa0000, driver.ram().get(ValueLayout.JAVA_INT_UNALIGNED, top) & 0xffffff);
        assertEquals(0, driver.ram().get(ValueLayout.JAVA_INT_UNALIGNED, top - 4) & 0xffffff);
    }

    @Test
    void manyMoreCommandsThanTheRingHolds() {
        setMode(32);
        for (int i = 0; i < 1000; i++) {
            driver.fill(i % HEIGHT, 0, i % HEIGHT + 1, WIDTH, i);
            expectFill(i % HEIGHT, 0, i % HEIGHT + 1, WIDTH, i);
        }
        awaitShown("a thousand fills");
    }

    @Test
    void modesThatDoNotExistAndCommandsThatLeaveTheBarAreRefused() {
        setMode(32);
        driver.fill(0, 0, HEIGHT, WIDTH, 0x00ff00);
        expectFill(0, 0, HEIGHT, WIDTH, 0x00ff00);
        card.hardware().out(6, 255);
        driver.push(driver.ram().byteSize() - 127);
        driver.push(QxlCommandType.DRAW, 0);
        driver.push(QxlCommandType.SURFACE, driver.address(driver.allocate(64)));
        driver.push(driver.drawable(QxlDrawType.COPY_BITS, 0, 0, HEIGHT + 1, 1));
        driver.fill(5, 5, 6, 6, 0xffffff);
        expectFill(5, 5, 6, 6, 0xffffff);
        awaitShown("what was right");
        assertEquals(1, card.faults().of(GuestFault.MODE_UNKNOWN));
        assertEquals(2, card.faults().of(GuestFault.ADDRESS_OUTSIDE_SLOT));
        assertEquals(1, card.faults().of(GuestFault.COMMAND_IN_WRONG_MODE));
        assertEquals(1, card.faults().of(GuestFault.BOX_OUTSIDE_SURFACE));
    }

    @Test
    void aNativeDriverTakesOverAndACompatOneComesBack() {
        setMode(32);
        driver.fill(0, 0, HEIGHT, WIDTH, 0x111111);
        expectFill(0, 0, HEIGHT, WIDTH, 0x111111);
        awaitShown("compat");
        QxlDriver younger = new QxlDriver(card.hardware());
        younger.createPrimary(320, 200, 1280, SurfaceFormat.XRGB_32.number(), 0, 1, 0, 0, true);
        ShownPicture.await(card, () -> new Picture(320, 200, new int[320 * 200]), "native");
        setMode(16);
        expectFill(0, 0, HEIGHT, WIDTH, 0);
        awaitShown("compat again");
        assertNotEquals(0, driver.findMode(800, 600, 32));
        assertEquals(0, card.faults().total(), () -> card.faults().toString());
    }
}
