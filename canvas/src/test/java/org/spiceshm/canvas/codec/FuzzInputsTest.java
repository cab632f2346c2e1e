package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The fuzzer's seeds and all that it has found, without a fuzzer. */
final class FuzzInputsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    static Stream<Arguments> inputs() throws IOException, URISyntaxException {
        List<Arguments> inputs = new ArrayList<>();
        for (FuzzTarget target : FuzzTarget.values()) {
            URL directory = Objects.requireNonNull(
                    FuzzInputsTest.class.getResource("DecoderFuzzInputs/" + target.testName()), target.testName());
            try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
                files.sorted()
                        .forEach(file -> inputs.add(
                                Arguments.of(target, file.getFileName().toString(), file)));
            }
        }
        return inputs.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("inputs")
    void isDecodedOrRefusedInTime(FuzzTarget target, String name, Path file) throws IOException {
        byte[] input = Files.readAllBytes(file);
        assertTimeoutPreemptively(LIMIT, () -> target.run(input), name);
    }

    @Test
    void everyTargetHasInputs() throws IOException, URISyntaxException {
        List<Object> targets = inputs().map(it -> it.get()[0]).distinct().toList();
        assertTrue(targets.containsAll(Arrays.asList(FuzzTarget.values())), targets::toString);
    }
}
