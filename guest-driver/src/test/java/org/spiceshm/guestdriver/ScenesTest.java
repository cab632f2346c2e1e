package org.spiceshm.guestdriver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCopyBits;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlPoint;
import org.spiceshm.protocol.qxl.QxlRect;

@Timeout(120)
class ScenesTest {
    private static final int WIDTH = 520;
    private static final int HEIGHT = 300;
    /** What a few thread-local buffers make appear as allocated; 100000 objects would be 1.6 MB. */
    private static final long QUIET_BYTES = 1 << 20;

    /** What a command draws; first pixel or colour, or the source of a move. */
    private record Drawn(
            int type, Rect box, int value, @Nullable IntBuffer pixels) {
        boolean sameAs(Drawn other) {
            return type == other.type && box.equals(other.box) && value == other.value;
        }
    }

    private static FakeHardware hardware() {
        return new FakeHardware(1 << 24, 1 << 22, 1 << 22);
    }

    private static List<Drawn> run(String name, int commands) {
        List<Drawn> drawn = new ArrayList<>();
        try (FakeHardware hardware = hardware()) {
            hardware.listener = (type, address) -> drawn.add(read(hardware, address));
            QxlDriver driver = new QxlDriver(hardware);
            Scene scene = Scenes.of(name, WIDTH, HEIGHT);
            SceneRunner runner = new SceneRunner(driver, scene, Pacer.unlimited(), PushListener.NONE, commands);
            runner.run();
            assertEquals(commands, runner.pushed());
        }
        return drawn;
    }

    private static Drawn read(FakeHardware hardware, long address) {
        MemorySegment m = hardware.segment(address);
        long at = hardware.offset(address);
        long box = QxlDrawable.BBOX.at(at);
        Rect rect = new Rect(
                QxlRect.TOP.get(m, box),
                QxlRect.LEFT.get(m, box),
                QxlRect.BOTTOM.get(m, box),
                QxlRect.RIGHT.get(m, box));
        int type = QxlDrawable.TYPE.get(m, at);
        return switch (type) {
            case QxlDrawType.FILL -> {
                long fill = QxlDrawable.FILL.at(at);
                yield new Drawn(type, rect, QxlBrush.COLOR.get(m, QxlFill.BRUSH.at(fill)), null);
            }
            case QxlDrawType.COPY_BITS -> {
                long source = QxlCopyBits.SRC_POS.at(QxlDrawable.COPY_BITS.at(at));
                yield new Drawn(type, rect, QxlPoint.Y.get(m, source) << 16 | QxlPoint.X.get(m, source), null);
            }
            default -> {
                long image = QxlCopy.SRC_BITMAP.get(m, QxlDrawable.COPY.at(at));
                MemorySegment i = hardware.segment(image);
                long data = QxlBitmap.DATA.get(i, QxlImage.BITMAP.at(hardware.offset(image)));
                int[] pixels = hardware.segment(data)
                        .asSlice(hardware.offset(data), 4L * rect.width() * rect.height())
                        .toArray(ValueLayout.JAVA_INT_UNALIGNED);
                yield new Drawn(type, rect, pixels[0], IntBuffer.wrap(pixels));
            }
        };
    }

    @ParameterizedTest
    @CsvSource({"full,520,300", "tiles,64,64", "text,8,16", "fills,8,8", "pixels,1,1"})
    void gridGoesRowByRow(String name, int cellWidth, int cellHeight) {
        int commands = 3000;
        List<Drawn> drawn = run(name, commands);
        int columns = WIDTH / cellWidth;
        int rows = HEIGHT / cellHeight;
        for (int n = 0; n < commands; n++) {
            int x = n % (columns * rows) % columns * cellWidth;
            int y = n % (columns * rows) / columns * cellHeight;
            int type = name.equals("fills") || name.equals("pixels") ? QxlDrawType.FILL : QxlDrawType.COPY;
            Drawn expected = new Drawn(type, new Rect(y, x, y + cellHeight, x + cellWidth), n, null);
            Drawn got = drawn.get(n);
            assertTrue(expected.sameAs(got), () -> "got " + got + ", expected " + expected);
        }
    }

    @Test
    void scrollMovesThenCopies() {
        List<Drawn> drawn = run("scroll", 4001);
        for (int n = 0; n < drawn.size(); n++) {
            Drawn expected = n % 2 == 0
                    ? new Drawn(QxlDrawType.COPY_BITS, new Rect(0, 0, HEIGHT - 16, WIDTH), 16 << 16, null)
                    : new Drawn(QxlDrawType.COPY, new Rect(HEIGHT - 16, 0, HEIGHT, WIDTH), n, null);
            Drawn got = drawn.get(n);
            assertTrue(expected.sameAs(got), () -> "got " + got + ", expected " + expected);
        }
    }

    @Test
    void solidNeverRepeatsAColour() {
        List<Drawn> drawn = run("solid", 500);
        for (int n = 0; n < drawn.size(); n++) {
            assertTrue(new Drawn(QxlDrawType.FILL, Rect.ofSize(WIDTH, HEIGHT), n, null).sameAs(drawn.get(n)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "tiles", "text", "scroll"})
    void picturesAreThoseOfTheModel(String name) {
        Drawn drawn = run(name, 2).get(name.equals("scroll") ? 1 : 0);
        IntBuffer buffer = drawn.pixels();
        assertNotNull(buffer);
        int[] pixels = buffer.array();
        int width = drawn.box().width();
        Model model = new Model();
        // The slot is the one made last; how many there are depends on memory.
        for (int variant = 0; variant < 40_000; variant++) {
            if (model.shows(pixels, width, variant)) {
                return;
            }
        }
        throw new AssertionError("no variant of the model looks like " + name);
    }

    /** The picture written down a second time, in 64-bit arithmetic. */
    private static final class Model {
        private static final long MASK = 0xffff_ffffL;
        private final long[][] glyphs = new long[96][16];
        private long random = 12345;

        Model() {
            for (int g = 0; g < 96; g++) {
                for (int y = 2; y < 14; y++) {
                    long first = next();
                    glyphs[g][y] = first & 0x7e & next();
                }
            }
        }

        private long next() {
            random = (random ^ random << 13) & MASK;
            random ^= random >> 17;
            random = (random ^ random << 5) & MASK;
            return random;
        }

        boolean shows(int[] pixels, int width, int variant) {
            for (int i = 1; i < pixels.length; i++) {
                if (pixels[i] != color(width, i % width, i / width, variant)) {
                    return false;
                }
            }
            return true;
        }

        private int color(int width, int x, int y, int variant) {
            int[] back = {0xf4f4f4, 0x1e2430, 0xffffff, 0xe0e8f0};
            int[] fore = {0x202020, 0xd0d8c0, 0x103060, 0x303030};
            int k = width >= 256 ? ((x / 256) + (y / 256) * 2 + variant) % 4 : variant % 4;
            long cy = y / 16L + variant;
            long cx = x / 8;
            long h = (cx * 2654435761L & MASK) ^ (cy * (40503L * 977) & MASK);
            h ^= h >> 13;
            h = h * 0x5bd1e995L & MASK;
            h ^= h >> 15;
            long length = 20 + cy * 37 % 60;
            boolean ink = cx % 96 < length && h % 7 != 0 && (glyphs[(int) (h % 96)][y % 16] >> (x % 8) & 1) == 1;
            if (ink) {
                return fore[k];
            }
            return y % 256 < 20 && width >= 256 ? 0x4070b0 + (y % 256) * 0x10101 : back[k];
        }
    }

    @ParameterizedTest
    @CsvSource({"desktop,64,64", "desktop,640,480", "desktop,1920,1080", "video,64,64", "video,800,600"})
    void desktopsStayOnTheScreen(String name, int width, int height) {
        int[] count = {0};
        try (FakeHardware hardware = new FakeHardware(1 << 25, 1 << 24, 1 << 24)) {
            hardware.listener = (type, address) -> {
                count[0]++;
                Rect box = read(hardware, address).box();
                boolean inside = !box.isEmpty()
                        && box.intersect(Rect.ofSize(width, height)).equals(box);
                assertTrue(inside, () -> "command " + count[0] + " draws " + box);
            };
            Scene scene = Scenes.of(name, width, height);
            new SceneRunner(new QxlDriver(hardware), scene, Pacer.unlimited(), PushListener.NONE, 3000).run();
        }
        assertEquals(3000, count[0]);
    }

    @Test
    void largestScreenTakesAsManySlotsAsFit() {
        try (FakeHardware hardware = new FakeHardware(1 << 27, 1 << 25, 1 << 26)) {
            QxlDriver driver = new QxlDriver(hardware);
            new SceneRunner(driver, Scenes.of("full", 3840, 2160), Pacer.unlimited(), PushListener.NONE, 10).run();
            assertEquals(10, hardware.commandsRead);
        }
    }

    @Test
    void saysWhenNothingFits() {
        try (FakeHardware hardware = FakeHardware.small()) {
            QxlDriver driver = new QxlDriver(hardware);
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> new SceneSlots(driver, 1, 4096, 4096));
            assertTrue(String.valueOf(e.getMessage()).contains("got no room"), e::getMessage);
        }
    }

    @Test
    void windowWaitsForAcknowledgements() throws InterruptedException {
        try (FakeHardware hardware = hardware()) {
            Semaphore pushes = new Semaphore(0);
            QxlDriver driver = new QxlDriver(hardware);
            SceneRunner runner = new SceneRunner(
                    driver, Scenes.of("fills", WIDTH, HEIGHT), Pacer.window(2), (sequence, nanos) -> pushes.release());
            Thread thread = new Thread(runner, "driver");
            thread.start();
            pushes.acquire(2);
            for (int i = 0; i < 1000; i++) {
                assertEquals(0, pushes.availablePermits());
                runner.ack(1);
                pushes.acquire();
            }
            runner.stop();
            thread.join();
            assertEquals(1002, runner.pushed());
        }
    }

    @Test
    void framesComeAtTheirDeadlines() {
        try (FakeHardware hardware = hardware()) {
            AtomicReference<Long> last = new AtomicReference<>(0L);
            QxlDriver driver = new QxlDriver(hardware);
            long[] first = {0};
            SceneRunner runner = new SceneRunner(
                    driver,
                    Scenes.of("scroll", WIDTH, HEIGHT),
                    Pacer.framesPerSecond(200),
                    (sequence, nanos) -> {
                        if (sequence == 0) {
                            first[0] = nanos;
                        }
                        last.set(nanos);
                    },
                    40);
            runner.run();
            // 40 commands are 20 frames, the last of which is due 19 periods after the first.
            assertTrue(last.get() - first[0] >= 18 * 5_000_000L);
        }
    }

    @Test
    void pushingAllocatesNothing() {
        for (String name : Scenes.names()) {
            try (FakeHardware hardware = hardware()) {
                hardware.quiet = true;
                QxlDriver driver = new QxlDriver(hardware);
                Scene scene = Scenes.of(name, WIDTH, HEIGHT);
                driver.createPrimary(WIDTH, HEIGHT, 4 * WIDTH, 32, 0, 1, 0, 0, true);
                scene.prepare(driver);
                int commands = name.equals("video") ? 300 : 100_000;
                long least = Long.MAX_VALUE;
                // Until it is compiled, a memory access may box; so the quietest of some rounds counts.
                for (int round = 0; round < 10 && least > QUIET_BYTES; round++) {
                    System.gc();
                    long before = usedBytes();
                    push(driver, scene, round * commands, (round + 1) * commands);
                    least = Math.min(least, usedBytes() - before);
                }
                assertTrue(least <= QUIET_BYTES, name + " allocates " + least + " bytes for " + commands + " commands");
            }
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void push(QxlDriver driver, Scene scene, int from, int to) {
        for (int i = from; i < to; i++) {
            driver.processReleases();
            assertTrue(scene.isReady());
            scene.push(i, PushListener.NONE);
        }
    }

    @Test
    void refusesUnknownSceneAndSize() {
        assertThrows(IllegalArgumentException.class, () -> Scenes.of("fulll", 640, 480));
        assertThrows(IllegalArgumentException.class, () -> Scenes.of("full", 0, 480));
    }
}
