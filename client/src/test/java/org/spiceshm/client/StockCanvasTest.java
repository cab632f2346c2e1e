package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.Surface;
import org.spiceshm.client.GoldenFiles.Message;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.DisplayBase;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Point16;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * The golden cases, their drawings moved at random, as spice-gtk itself draws them and as we do: pictures that no vector
 * holds. {@code -Dstock.seed} and {@code -Dstock.cases} ask for others.
 *
 * <p>spicy-screenshot saves the primary as the first drawing on it leaves it. So everything is drawn on a surface that is
 * none, and put on the primary by one COMPOSITE, which converts every format's colours alike.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StockCanvasTest {
    private static final String PROGRAM = "spicy-screenshot";
    private static final int TARGET = 0;
    private static final int PRIMARY = 1000;
    private static final int MOST_PIXELS_MOVED = 24;
    private static final int OPERATOR_SRC = 1;
    private static final int CLIP_TYPE = 20;
    private static final int CLIP_COUNT = 21;
    private static final int CLIP_RECTS = 25;

    /**
     * Cases on which the reference itself ends, reads what is not its own, or has no single answer: 8-bit glyphs, 1-bit
     * surfaces, the rops without three operands, operators in single precision, and surfaces copied onto themselves.
     */
    private static final List<String> WITHOUT = List.of("text_a8", "fill_a1", "rop3_two", "composite_ext", "selfcopy");

    /** What may lie anywhere; the others end the reference where their box leaves the surface. */
    private static final List<Integer> MOVABLE = List.of(
            DrawMessage.Fill.TYPE,
            DrawMessage.Copy.TYPE,
            DrawMessage.Blend.TYPE,
            DrawMessage.Blackness.TYPE,
            DrawMessage.Whiteness.TYPE,
            DrawMessage.Invers.TYPE,
            DrawMessage.Stroke.TYPE,
            DrawMessage.Text.TYPE,
            DrawMessage.Transparent.TYPE,
            DrawMessage.AlphaBlend.TYPE);

    private final long seed = Long.getLong("stock.seed", 1);
    private Map<String, byte[]> files = Map.of();

    @TempDir
    private Path directory = Path.of("");

    /** A golden case, and what its drawings are moved by. */
    record Case(String name, long moves) {}

    @BeforeAll
    void requires() throws IOException {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(each -> Files.isExecutable(Path.of(each, PROGRAM)));
        String reason = "NOT TESTED, a stock client: no " + PROGRAM + " (Debian package spice-client-gtk)";
        if (!found && "1".equals(System.getenv("SPICESHM_REQUIRE_INTEROP"))) {
            fail(reason);
        }
        Assumptions.assumeTrue(found, reason);
        files = GoldenFiles.load("canvas");
    }

    Stream<Case> cases() {
        List<String> names = files.keySet().stream()
                .filter(name -> name.endsWith(".msgs.gz"))
                .filter(name -> WITHOUT.stream().noneMatch(name::startsWith))
                .toList();
        Random random = new Random(seed);
        return Stream.generate(() -> new Case(names.get(random.nextInt(names.size())), random.nextLong()))
                .limit(Integer.getInteger("stock.cases", 60));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void drawsAsSpiceGtk(Case moved) throws Exception {
        String name = moved.name;
        List<Message> messages = messages(Objects.requireNonNull(files.get(name)), new Random(moved.moves));
        int[] expected = stockPicture(messages);
        try (SurfaceReplay replay = new SurfaceReplay()) {
            for (Message message : messages) {
                replay.apply(
                        message.type(), MemorySegment.ofArray(message.body()).asReadOnly());
            }
            assertNull(replay.fault(TARGET), name);
            Surface shown = replay.primary();
            assertNotNull(shown, name);
            assertEquals(shown.widthPixels() * shown.heightPixels(), expected.length, name);
            int differing = 0;
            for (int i = 0; i < expected.length; i++) {
                int got = shown.pixel(i % shown.widthPixels(), i / shown.widthPixels()) & 0xff_ffff;
                differing += got == expected[i] ? 0 : 1;
            }
            int count = differing;
            assertEquals(0, count, () -> name + ", -Dstock.seed=" + seed + ": differing pixels");
        }
    }

    // ---- messages

    private static List<Message> messages(byte[] compressed, Random random) throws IOException {
        List<Message> messages = new ArrayList<>(GoldenFiles.messages(compressed));
        int width = 0;
        int height = 0;
        for (Message message : messages) {
            int type = message.type();
            ByteBuffer fields = ByteBuffer.wrap(message.body()).order(ByteOrder.LITTLE_ENDIAN);
            if (type == DisplayServerMessage.SurfaceCreate.TYPE) {
                // None of them is the screen.
                fields.putInt(16, 0);
                if (fields.getInt(0) == TARGET) {
                    width = fields.getInt(4);
                    height = fields.getInt(8);
                }
            } else if (width != 0 && MOVABLE.contains(type) && random.nextInt(3) != 0) {
                move(fields, random);
            }
        }
        DisplayServerMessage.SurfaceCreate primary = new DisplayServerMessage.SurfaceCreate(
                PRIMARY, width, height, SurfaceFormat.XRGB_32, DisplayServerMessage.SurfaceCreate.PRIMARY);
        messages.addFirst(new Message(DisplayServerMessage.SurfaceCreate.TYPE, primary.encode()));
        DrawMessage.Composite shown = new DrawMessage.Composite(
                new DisplayBase(PRIMARY, new Rect(0, 0, height, width), new Clip.None()),
                OPERATOR_SRC,
                new Image.Surface(new Image.Descriptor(0, 0, width, height), TARGET),
                null,
                null,
                null,
                new Point16(0, 0),
                new Point16(0, 0));
        messages.add(new Message(DrawMessage.Composite.TYPE, shown.encode()));
        return messages;
    }

    /** The box and its clip go somewhere else, together. */
    private static void move(ByteBuffer fields, Random random) {
        int down = random.nextInt(-MOST_PIXELS_MOVED, MOST_PIXELS_MOVED + 1);
        int right = random.nextInt(-MOST_PIXELS_MOVED, MOST_PIXELS_MOVED + 1);
        moveRect(fields, Integer.BYTES, down, right);
        int rects = fields.get(CLIP_TYPE) == 0 ? 0 : fields.getInt(CLIP_COUNT);
        for (int i = 0; i < rects; i++) {
            moveRect(fields, CLIP_RECTS + 4 * Integer.BYTES * i, down, right);
        }
    }

    private static void moveRect(ByteBuffer fields, int at, int down, int right) {
        for (int side = 0; side < 4; side++) {
            int index = at + Integer.BYTES * side;
            fields.putInt(index, fields.getInt(index) + (side % 2 == 0 ? down : right));
        }
    }

    // ---- the stock client

    private int[] stockPicture(List<Message> messages) throws Exception {
        Path place = Files.createTempDirectory(directory, "stock");
        Path shot = place.resolve("shot.ppm");
        try (FakeServer server = new FakeServer().with(ChannelType.DISPLAY, connection -> {
            connection.await(DisplayClientMessage.Init.TYPE);
            for (Message message : messages) {
                connection.send(message.type(), message.body());
            }
            connection.send(new DisplayServerMessage.Mark());
            connection.drain();
        })) {
            SpiceUri uri = server.listenUnix(place);
            Process client = new ProcessBuilder(PROGRAM, "--uri=" + uri, "--out-file=" + shot)
                    .redirectErrorStream(true)
                    .redirectOutput(place.resolve("log").toFile())
                    .start();
            try {
                assertTrue(client.waitFor(20, TimeUnit.SECONDS), PROGRAM + " did not end");
                assertEquals(0, client.exitValue(), () -> PROGRAM + ": " + read(place.resolve("log")));
            } finally {
                client.destroyForcibly();
            }
        }
        return pixels(Files.readAllBytes(shot));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** P6, width and height, 255, each on a line. */
    private static int[] pixels(byte[] ppm) {
        String head = new String(ppm, 0, Math.min(ppm.length, 64), StandardCharsets.ISO_8859_1);
        int end = head.indexOf("\n255\n");
        assertTrue(end > 0, head);
        int start = end + "\n255\n".length();
        int[] pixels = new int[(ppm.length - start) / 3];
        for (int i = 0; i < pixels.length; i++) {
            int at = start + 3 * i;
            pixels[i] = (ppm[at] & 0xff) << 16 | (ppm[at + 1] & 0xff) << 8 | (ppm[at + 2] & 0xff);
        }
        return pixels;
    }
}
