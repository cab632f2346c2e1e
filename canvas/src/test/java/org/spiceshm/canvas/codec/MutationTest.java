package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.canvas.GoldenVectors;
import org.spiceshm.canvas.GoldenVectors.Case;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;

/** Damaged streams: whatever is changed or cut, nothing but a {@link MalformedMessageException} comes out, and soon. */
final class MutationTest {
    private static final GoldenVectors VECTORS = GoldenVectors.load("codec");
    private static final int MUTATIONS = 40;
    private static final int LARGE_BYTES = 20_000;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    static Stream<Case> cases() {
        return VECTORS.cases().stream()
                .flatMap(it -> it.text("kind").equals("glz_sequence")
                        ? it.objects("images").stream().limit(2)
                        : Stream.of(it))
                .filter(it -> it.number("image_type") != 0 && VECTORS.bytes(it.text("bin")).length <= LARGE_BYTES);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingButARefusalComesOut(Case image) {
        byte[] good = VECTORS.bytes(image.text("bin"));
        long seed = image.toString().hashCode();
        Random random = new Random(seed);
        assertTimeoutPreemptively(
                LIMIT,
                () -> {
                    try (ImageDecoder decoder = new ImageDecoder()) {
                        for (int i = 0; i < MUTATIONS; i++) {
                            byte[] bad = mutated(good, random);
                            try {
                                MemorySegment body = GoldenImage.body(image, bad);
                                Pixmap target = new Pixmap();
                                GoldenImage.decode(decoder, GoldenImage.parse(body), new GlzWindow(1 << 20), target);
                                assertTrue(target.pixels().length >= target.widthPixels() * target.heightPixels());
                            } catch (MalformedMessageException expected) {
                                // a refusal
                            } catch (RuntimeException e) {
                                throw new AssertionError(image + ": mutation " + i + " of seed " + seed, e);
                            }
                        }
                    }
                },
                () -> image + ", seed " + seed);
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] bad = good.clone();
        int kind = random.nextInt(4);
        if (kind == 0) {
            return java.util.Arrays.copyOf(bad, random.nextInt(bad.length + 1));
        }
        for (int i = 0; i < kind; i++) {
            // Nearer to the start more often: headers are there.
            int at = random.nextInt(1 + random.nextInt(bad.length));
            bad[at] = (byte) (random.nextBoolean() ? bad[at] ^ 1 << random.nextInt(8) : random.nextInt());
        }
        return bad;
    }
}
