package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.app.Card;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.VgaDriver;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.CommandSink;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.qxldevice.QxlDevice;
import org.spiceshm.renderer.BatchObserver;
import org.spiceshm.renderer.CommandCompletion;
import org.spiceshm.renderer.DamageBatch;
import org.spiceshm.renderer.DisplayOutput;
import org.spiceshm.renderer.FramebufferSegment;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.renderer.PrimarySurface;
import org.spiceshm.renderer.RenderPipeline;

/** What a guest stores in a VGA's memory, and tells nobody, is on the screen in 32 bits. */
@Timeout(120)
final class VgaModeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** No multiple of the columns in which changes are looked for. */
    private static final int WIDTH = 328;

    private static final int HEIGHT = 77;
    private static final QxlConfig CONFIG = QxlConfig.DEFAULT.withVga(true);
    private static final int LOOKS = 20_000;
    private static final int ROUNDS = 8;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir
    private Path directory;

    private Card card;
    private VgaDriver vga;

    @BeforeEach
    void powerOn() throws IOException {
        card = Card.start(CONFIG, PipelineOptions.defaults());
        vga = new VgaDriver(card.hardware());
    }

    @AfterEach
    void powerOff() {
        card.close();
    }

    private void awaitShown(Supplier<Picture> expected, String what) {
        ShownPicture.await(card, expected, what);
    }

    // ---- an independent idea of what is shown: no shifts, one pixel at a time

    private static int unsigned(MemorySegment memory, long at) {
        return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at));
    }

    private static int rgb(int red, int green, int blue) {
        return 65536 * red + 256 * green + blue;
    }

    private static int five(int level) {
        return 8 * level + level / 4;
    }

    private static int six(int level) {
        return 4 * level + level / 16;
    }

    private static int slowPixel(MemorySegment memory, long line, int x, int bits, int[] palette) {
        return switch (bits) {
            case 8 -> palette[unsigned(memory, line + x)];
            case 15 -> {
                int word = unsigned(memory, line + 2L * x) + 256 * unsigned(memory, line + 2L * x + 1);
                yield rgb(five(word / 1024 % 32), five(word / 32 % 32), five(word % 32));
            }
            case 16 -> {
                int word = unsigned(memory, line + 2L * x) + 256 * unsigned(memory, line + 2L * x + 1);
                yield rgb(five(word / 2048), six(word / 32 % 64), five(word % 32));
            }
            default -> {
                long at = line + (long) x * bits / 8;
                yield rgb(unsigned(memory, at + 2), unsigned(memory, at + 1), unsigned(memory, at));
            }
        };
    }

    private static Picture slowPicture(
            MemorySegment memory, long start, int lineBytes, int width, int height, int bits, int[] palette) {
        int[] pixels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                pixels[y * width + x] = slowPixel(memory, start + (long) lineBytes * y, x, bits, palette);
            }
        }
        return new Picture(width, height, pixels);
    }

    private int[] randomPalette(Random random, boolean wide) {
        int[] palette = new int[256];
        for (int i = 0; i < palette.length; i++) {
            int red = random.nextInt(wide ? 256 : 64);
            int green = random.nextInt(wide ? 256 : 64);
            int blue = random.nextInt(wide ? 256 : 64);
            vga.setColour(i, red, green, blue);
            palette[i] = wide ? rgb(red, green, blue) : rgb(six(red), six(green), six(blue));
        }
        return palette;
    }

    private static void scribble(MemorySegment memory, long bytes, Random random) {
        for (long at = 0; at < bytes; at++) {
            memory.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
        }
    }

    // ---- linear modes

    @ParameterizedTest
    @ValueSource(ints = {8, 15, 16, 24, 32})
    void showsEveryDepthToThePixel(int bits) {
        Random random = new Random(bits);
        vga.setMode(WIDTH, HEIGHT, bits);
        int[] palette = randomPalette(random, false);
        int lineBytes = vga.lineBytes();
        MemorySegment memory = vga.memory();
        Supplier<Picture> expected = () -> slowPicture(memory, 0, lineBytes, WIDTH, HEIGHT, bits, palette);
        awaitShown(expected, "cleared");
        scribble(memory, (long) lineBytes * HEIGHT, random);
        awaitShown(expected, "scribbled");
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 20 * i; j++) {
                vga.putPixel(random.nextInt(WIDTH), random.nextInt(HEIGHT), lineBytes, bits, random.nextInt());
            }
            awaitShown(expected, "some pixels");
        }
        assertEquals(0, card.faults().total(), () -> card.faults().toString());
    }

    @Test
    void aColourThatChangesChangesThePicture() {
        Random random = new Random(8);
        vga.setMode(WIDTH, HEIGHT, 8, true, false);
        MemorySegment memory = vga.memory();
        scribble(memory, (long) WIDTH * HEIGHT, random);
        int[] palette = randomPalette(random, true);
        awaitShown(() -> slowPicture(memory, 0, WIDTH, WIDTH, HEIGHT, 8, palette), "colours of 8 bits");
        int[] other = randomPalette(random, true);
        awaitShown(() -> slowPicture(memory, 0, WIDTH, WIDTH, HEIGHT, 8, other), "other colours");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void showsAnotherPartOfALargerMemory(int bits) {
        Random random = new Random(bits);
        vga.setMode(WIDTH, HEIGHT, bits);
        int[] palette = randomPalette(random, false);
        vga.setVirtualWidth(2 * WIDTH);
        int lineBytes = vga.lineBytes();
        assertEquals(2 * WIDTH * bits / 8, lineBytes);
        scribble(vga.memory(), 3L * lineBytes * HEIGHT, random);
        vga.pan(13, 29);
        long start = 29L * lineBytes + 13L * bits / 8;
        awaitShown(() -> slowPicture(vga.memory(), start, lineBytes, WIDTH, HEIGHT, bits, palette), "panned");
        vga.hideScreen();
        awaitShown(() -> new Picture(WIDTH, HEIGHT, new int[WIDTH * HEIGHT]), "hidden");
    }

    // ---- old modes

    @Test
    void showsMode13hTwiceAcrossAndTwiceDown() {
        Random random = new Random(13);
        vga.setMode13h();
        int[] palette = randomPalette(random, false);
        scribble(vga.memory(), 320 * 200, random);
        awaitShown(
                () -> {
                    int[] pixels = new int[640 * 400];
                    for (int i = 0; i < pixels.length; i++) {
                        pixels[i] = palette[unsigned(vga.memory(), i / 640 / 2 * 320 + i % 640 / 2)];
                    }
                    return new Picture(640, 400, pixels);
                },
                "mode 13h");
    }

    @Test
    void showsTextInTheFontThatTheGuestHasLoaded() {
        Random random = new Random(3);
        vga.setTextMode();
        int[] palette = randomPalette(random, false);
        int[] entry = {0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f};
        int[][] font = new int[256][16];
        int[] cells = new int[80 * 25];
        vga.putCursor(80 * 25);
        for (int i = 0; i < cells.length; i++) {
            cells[i] = random.nextInt(65536);
            vga.putCharacter(i % 80, i / 80, cells[i] % 256, cells[i] / 256);
        }
        Supplier<Picture> expected = () -> slowText(font, cells, palette, entry);
        awaitShown(expected, "without a font");
        for (int character = 0; character < 256; character++) {
            for (int line = 0; line < 16; line++) {
                font[character][line] = random.nextInt(256);
                vga.putGlyphLine(character, line, font[character][line]);
            }
        }
        awaitShown(expected, "with a font");
    }

    private static Picture slowText(int[][] font, int[] cells, int[] palette, int[] entry) {
        int[] pixels = new int[720 * 400];
        for (int i = 0; i < pixels.length; i++) {
            int x = i % 720;
            int y = i / 720;
            int cell = cells[y / 16 * 80 + x / 9];
            int character = cell % 256;
            int dot = x % 9;
            // The ninth dot repeats the eighth for characters that draw lines.
            boolean joined = 0xb0 <= character && character <= 0xdf;
            int column = dot < 8 ? dot : joined ? 7 : -1;
            String dots = Integer.toBinaryString(256 + font[character][y % 16]).substring(1);
            boolean set = column >= 0 && dots.charAt(column) == '1';
            int colour = set ? cell / 256 % 16 : cell / 4096;
            pixels[i] = palette[entry[colour]];
        }
        return new Picture(720, 400, pixels);
    }

    // ---- to native mode and back

    @Test
    void theRightPictureIsShownFromVgaToNativeAndBack() {
        vga.setMode(WIDTH, HEIGHT, 16);
        scribble(vga.memory(), 2L * WIDTH * HEIGHT, new Random(1));
        Supplier<Picture> vgaPicture = () -> slowPicture(vga.memory(), 0, 2 * WIDTH, WIDTH, HEIGHT, 16, new int[0]);
        awaitShown(vgaPicture, "VGA");

        QxlDriver driver = new QxlDriver(card.hardware());
        awaitShown(vgaPicture, "VGA after a reset");
        driver.createPrimary(400, 300, 1600, SurfaceFormat.XRGB_32.number(), 0, 1, 0, 0, true);
        awaitShown(() -> new Picture(400, 300, new int[400 * 300]), "native");
        driver.destroyPrimary(true);
        Await.until(PATIENCE, () -> card.primary() == null, () -> "no primary");

        driver.reset();
        awaitShown(vgaPicture, "VGA again");
        vga.setMode(640, 480, 32, false, true);
        awaitShown(() -> slowPicture(vga.memory(), 0, 2560, 640, 480, 32, new int[0]), "another mode");
        assertEquals(0, card.faults().total(), () -> card.faults().toString());
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"SHM", "NORMAL"})
    void clientsSeeTheShadowAsAnyPrimary(Mode mode) throws IOException {
        try (InProcessServer server = new InProcessServer(directory, CONFIG, PipelineOptions.defaults())) {
            VgaDriver driver = new VgaDriver(server.hardware());
            driver.setMode(WIDTH, HEIGHT, 15);
            scribble(driver.memory(), 2L * WIDTH * HEIGHT, new Random(2));
            try (SpiceClient client = server.connect(mode, DisplayListener.NONE)) {
                awaitClient(client, driver, WIDTH, HEIGHT);
                driver.putPixel(WIDTH - 1, HEIGHT - 1, 2 * WIDTH, 15, 0x1234);
                awaitClient(client, driver, WIDTH, HEIGHT);
                driver.setMode(800, 600, 15, false, true);
                awaitClient(client, driver, 800, 600);
            }
        }
    }

    private static void awaitClient(SpiceClient client, VgaDriver driver, int width, int height) throws IOException {
        Picture expected = slowPicture(driver.memory(), 0, 2 * width, width, height, 15, new int[0]);
        Deadline deadline = Deadline.inMillis(20_000);
        Picture shown = Picture.of(client.display().awaitStable(100, deadline));
        while (!ShownPicture.same(expected, shown) && !deadline.hasPassed()) {
            shown = Picture.of(client.display().awaitStable(100, deadline));
        }
        Picture.assertSame(expected, shown, "at the client");
    }

    // ---- guests that lie

    @Test
    void modesThatExceedTheMemoryAreShownAsFarAsTheyCan() {
        vga.setMode(4096, 4096, 32);
        assertEquals(4096, vga.width());
        assertEquals(1024, vga.height());
        vga.pan(0xffff, 0xffff);
        vga.putPixel(4095, 1023, 4 * 4096, 32, 0xabcdef);
        awaitShown(() -> slowPicture(vga.memory(), 0, 4 * 4096, 4096, 1024, 32, new int[0]), "as large as can be");
        vga.setMode(0, 0, 3);
        vga.setColour(0, 1, 2, 3);
        awaitShown(() -> slowPicture(vga.memory(), 0, 8, 8, 1, 8, new int[] {rgb(4, 8, 12)}), "as small as can be");
    }

    @Test
    void anyWritesAtAllLeaveACardThatWorks() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try {
            for (int i = 0; i < 20_000; i++) {
                boolean dispi = random.nextInt(4) == 0;
                int port = dispi ? 0x1ce + random.nextInt(3) : 0x3b0 + random.nextInt(0x30);
                int width = dispi ? 2 : 1 + random.nextInt(2);
                if (random.nextInt(8) == 0) {
                    card.hardware().vgaIn(port, width);
                } else {
                    card.hardware().vgaOut(port, width, random.nextInt(1 << random.nextInt(1, 17)));
                }
            }
            new VgaDriver(card.hardware()).setMode(WIDTH, HEIGHT, 32);
            awaitShown(() -> new Picture(WIDTH, HEIGHT, new int[WIDTH * HEIGHT]), "after all");
        } catch (RuntimeException | AssertionError e) {
            fail("seed " + seed, e);
        }
    }

    // ---- cost

    /** In virtual time, the test being the device thread: thousands of looks would take minutes. */
    @ParameterizedTest
    @ValueSource(ints = {8, 16, 32})
    void neitherLookingNorDrawingAllocates(int bits) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Looked looked = new Looked()) {
            looked.setMode(WIDTH, HEIGHT, bits);
            looked.look(LOOKS);
            long[] ids = {Thread.currentThread().threadId(), looked.pipeline().renderThreadId()};
            // Until the compiler is done, what it will leave out is still allocated; what is allocated for good is seen
            // in
            // every round.
            long[] least = {Long.MAX_VALUE, Long.MAX_VALUE};
            for (int round = 0; round < ROUNDS && Math.max(least[0], least[1]) >= LOOKS; round++) {
                long[] before = threads.getThreadAllocatedBytes(ids);
                looked.look(LOOKS);
                long[] after = threads.getThreadAllocatedBytes(ids);
                for (int i = 0; i < ids.length; i++) {
                    least[i] = Math.min(least[i], after[i] - before[i]);
                }
            }
            assertTrue(looked.damages.get() > LOOKS, () -> "damage: got " + looked.damages);
            assertTrue(least[0] < LOOKS, () -> "looking: got " + least[0] + " bytes for " + LOOKS + " looks");
            assertTrue(least[1] < LOOKS, () -> "drawing: got " + least[1] + " bytes for " + LOOKS + " looks");
        }
    }

    /** A device whose thread is the test, before a real pipeline. */
    private static final class Looked implements CommandSink, CommandCompletion, DisplayOutput, AutoCloseable {
        private final QxlDevice device = new QxlDevice(CONFIG, this, high -> {});
        private final MemorySegment memory = device.bar(0);
        private @Nullable RenderPipeline pipeline;
        private final AtomicLong finished = new AtomicLong();
        private long published;
        private long now = System.nanoTime();
        final AtomicLong damages = new AtomicLong();

        Looked() throws IOException {
            pipeline = RenderPipeline.start(PipelineOptions.defaults(), this, BatchObserver.NONE, this);
        }

        RenderPipeline pipeline() {
            if (pipeline == null) {
                throw new AssertionError("no pipeline");
            }
            return pipeline;
        }

        void setMode(int width, int height, int bits) {
            int[] values = {1, width, 2, height, 3, bits, 4, 0x41};
            for (int i = 0; i < values.length; i += 2) {
                device.vgaWrite(0x1ce, 2, values[i]);
                device.vgaWrite(0x1cf, 2, values[i + 1]);
            }
            for (int i = 0; i < 256; i++) {
                device.vgaWrite(0x3c8, 1, i);
                device.vgaWrite(0x3c9, 1, i);
                device.vgaWrite(0x3c9, 1, 0);
                device.vgaWrite(0x3c9, 1, 0);
            }
            device.vgaWrite(0x3c0, 1, 0x20);
        }

        void look(int times) {
            for (int i = 0; i < times; i++) {
                memory.set(INT, 4L * (i % (WIDTH / 4)), i + 1);
                now += 30_000_000;
                device.refresh(now);
                while (finished.get() < published) {
                    Thread.onSpinWait();
                }
            }
        }

        @Override
        public @Nullable CommandSlot claim() {
            return pipeline().claim();
        }

        @Override
        public void publish(CommandSlot slot) {
            published++;
            pipeline().publish(slot);
        }

        @Override
        public void finish(CommandSlot slot) {
            device.finish(slot);
            finished.incrementAndGet();
        }

        @Override
        public void batchFinished() {
            device.batchFinished();
        }

        @Override
        public void segment(FramebufferSegment segment) {}

        @Override
        public void primaryCreated(PrimarySurface primary) {}

        @Override
        public void primaryDestroyed() {}

        @Override
        public void damage(DamageBatch batch) {
            damages.incrementAndGet();
        }

        @Override
        public void cursorSet(
                int x,
                int y,
                boolean visible,
                long unique,
                int type,
                int width,
                int height,
                int hotSpotX,
                int hotSpotY,
                MemorySegment pixels) {}

        @Override
        public void cursorMoved(int x, int y) {}

        @Override
        public void cursorHidden() {}

        @Override
        public void cursorTrail(int length, int frequency) {}

        @Override
        public void cursorReset() {}

        @Override
        public void monitors(int maxAllowed, MemorySegment heads) {}

        @Override
        public void close() {
            pipeline().close();
            device.close();
        }
    }
}
