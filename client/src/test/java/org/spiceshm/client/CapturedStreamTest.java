package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.tukaani.xz.XZInputStream;

/** What a real server once sent, in each of its compressions, and what the reference client showed in the end. */
class CapturedStreamTest {
    private static final double LEAST_DECIBELS = 35;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = CapturedStreamTest.class.getResourceAsStream("/captures/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static byte[] stream(String name) throws IOException {
        try (InputStream in = CapturedStreamTest.class.getResourceAsStream("/captures/" + name + ".s2c.bin.xz")) {
            return new XZInputStream(Objects.requireNonNull(in, name)).readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "off",
                "lz",
                "auto_lz",
                "glz",
                "quic",
                "zlib_glz_wan",
                "synth_off",
                "synth_scroll",
                "synth_zlibglz"
            })
    void showsWhatTheReferenceShows(String name) throws Exception {
        assertEquals(0, meanSquareError(name), name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpeg_wan", "stream_filter", "synth_jpeg"})
    void showsNearlyWhatTheReferenceShowsOfLossyPictures(String name) throws Exception {
        double error = meanSquareError(name);
        double decibels = 10 * Math.log10(255 * 255 / error);
        assertTrue(decibels >= LEAST_DECIBELS, name + ": " + decibels + " dB");
    }

    @Test
    void refusesAStreamThatEndsInsideAMessage() throws Exception {
        byte[] whole = stream("synth_scroll");
        try (SurfaceReplay replay = new SurfaceReplay()) {
            assertThrows(
                    MalformedMessageException.class,
                    () -> CapturedStream.play(Arrays.copyOf(whole, whole.length - 1), replay));
        }
        try (SurfaceReplay replay = new SurfaceReplay()) {
            assertThrows(MalformedMessageException.class, () -> CapturedStream.play(new byte[64], replay));
        }
    }

    private static double meanSquareError(String name) throws Exception {
        PngReader expected = PngReader.of(resource(name + ".png"));
        try (SurfaceReplay replay = new SurfaceReplay()) {
            assertTrue(CapturedStream.play(stream(name), replay) > 0);
            assertNull(replay.primaryFault());
            Surface primary = Objects.requireNonNull(replay.primary());
            assertEquals(expected.width, primary.widthPixels());
            assertEquals(expected.height, primary.heightPixels());
            double sum = 0;
            for (int y = 0; y < expected.height; y++) {
                for (int x = 0; x < expected.width; x++) {
                    int want = expected.pixels[y * expected.width + x];
                    int got = primary.format().toRgb(primary.pixel(x, y));
                    for (int shift = 0; shift < 24; shift += 8) {
                        int difference = (want >> shift & 0xff) - (got >> shift & 0xff);
                        sum += (double) difference * difference;
                    }
                }
            }
            return sum / (3.0 * expected.width * expected.height);
        }
    }
}
