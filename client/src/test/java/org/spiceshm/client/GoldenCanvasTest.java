package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Messages that the reference client drew, and the surfaces that it had in the end: every pixel must be the same. The
 * set's README says what its files are; a case is told by its NAME.json and NAME.msgs.gz.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GoldenCanvasTest {
    /** The reference computes these in single precision; on surfaces of 16 bits it may round a channel otherwise. */
    private static final String ROUNDED = "composite_extended";

    private static final Pattern SURFACE = Pattern.compile("\\{[^{}]*?\"sha256\"[^{}]*}");

    private Map<String, byte[]> files = Map.of();

    /** One surface at a case's end. */
    private record Expected(int id, String format, int width, int height, String png, String sha256) {
        static Expected of(String json) {
            return new Expected(
                    Integer.parseInt(field(json, "id")),
                    field(json, "format"),
                    Integer.parseInt(field(json, "width")),
                    Integer.parseInt(field(json, "height")),
                    field(json, "png"),
                    field(json, "sha256"));
        }
    }

    @BeforeAll
    void reads() throws IOException {
        files = GoldenFiles.load("canvas");
    }

    Stream<String> cases() {
        return files.keySet().stream()
                .filter(name -> name.endsWith(".msgs.gz"))
                .map(name -> name.substring(0, name.length() - ".msgs.gz".length()));
    }

    @Test
    void hasAllCases() {
        assertTrue(cases().count() >= 413 || System.getProperty("golden.dir") != null, "cases: " + cases().count());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void drawsAsTheReference(String name) throws Exception {
        String json = new String(file(name + ".json"), StandardCharsets.UTF_8);
        try (SurfaceReplay replay = new SurfaceReplay()) {
            apply(replay, file(name + ".msgs.gz"));
            List<Expected> expected = new ArrayList<>();
            for (Matcher surface = SURFACE.matcher(json); surface.find(); ) {
                expected.add(Expected.of(surface.group()));
            }
            List<SurfaceReplay.Shown> shown = replay.surfaces();
            assertEquals(
                    expected.stream().map(Expected::id).sorted().toList(),
                    shown.stream().map(SurfaceReplay.Shown::id).toList());
            for (Expected one : expected) {
                Surface surface = shown.stream()
                        .filter(other -> other.id() == one.id())
                        .findFirst()
                        .orElseThrow()
                        .surface();
                compare(name, field(json, "category"), one, surface);
                assertNull(replay.fault(one.id()));
            }
        }
    }

    private byte[] file(String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    private static void apply(SurfaceReplay replay, byte[] compressed) throws Exception {
        for (GoldenFiles.Message message : GoldenFiles.messages(compressed)) {
            replay.apply(message.type(), MemorySegment.ofArray(message.body()).asReadOnly());
        }
    }

    private void compare(String name, String category, Expected expected, Surface surface) throws Exception {
        assertEquals(expected.width, surface.widthPixels());
        assertEquals(expected.height, surface.heightPixels());
        byte[] pixels = pixels(surface);
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(pixels);
        if (HexFormat.of().formatHex(hash).equals(expected.sha256)) {
            return;
        }
        String where = name + ".s" + expected.id + " " + expected.format;
        if (expected.png.equals("null") || surface.format().bitsPerPixel() < 16) {
            fail(where + " differs");
        }
        PngReader png = PngReader.of(file(expected.png));
        boolean mayRound = category.equals(ROUNDED) && surface.format().bitsPerPixel() == 16;
        for (int y = 0; y < expected.height; y++) {
            for (int x = 0; x < expected.width; x++) {
                int want = png.pixels[y * expected.width + x];
                int got = surface.format().toRgb(surface.pixel(x, y));
                int most = mayRound ? 8 : 0; // one step of five bits
                for (int shift = 0; shift < 24; shift += 8) {
                    int difference = Math.abs((want >> shift & 0xff) - (got >> shift & 0xff));
                    if (difference > most + (most >> 2)) {
                        fail(where + " pixel " + x + "," + y + ": got " + Integer.toHexString(got) + ", expected "
                                + Integer.toHexString(want));
                    }
                }
            }
        }
        assertTrue(mayRound, where + ": only alpha differs");
    }

    /** Native values without unused bits, as the set's README says. */
    private static byte[] pixels(Surface surface) {
        SurfaceFormat format = surface.format();
        int pixelBytes = Math.max(1, format.bitsPerPixel() / 8);
        int used = format == SurfaceFormat.XRGB_32 ? 0xffffff : format == SurfaceFormat.RGB_555 ? 0x7fff : -1;
        ByteBuffer out = ByteBuffer.allocate(pixelBytes * surface.widthPixels() * surface.heightPixels())
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int y = 0; y < surface.heightPixels(); y++) {
            for (int x = 0; x < surface.widthPixels(); x++) {
                int pixel = surface.pixel(x, y) & used;
                switch (pixelBytes) {
                    case 4 -> out.putInt(pixel);
                    case 2 -> out.putShort((short) pixel);
                    default -> out.put((byte) pixel);
                }
            }
        }
        return out.array();
    }

    private static String field(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\\s*\"?([^\",}]+)").matcher(json);
        assertTrue(matcher.find(), name);
        return matcher.group(1);
    }
}
