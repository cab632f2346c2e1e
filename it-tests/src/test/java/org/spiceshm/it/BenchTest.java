package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bench} measures every way that a picture can come by, and says which it was. */
@Timeout(120)
final class BenchTest {
    private static final List<String> FIELDS = List.of(
            "pushed_per_s",
            "delivered_per_s",
            "mpixel_per_s",
            "latency_p50_us",
            "latency_p99_us",
            "latency_p999_us",
            "latency_max_us",
            "server_cpu_us_per_frame",
            "client_cpu_us_per_frame",
            "socket_bytes_per_frame",
            "allocated_bytes_per_command");

    private static Program.Result bench(String... options) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("bench", "--size", "320x240", "--seconds", "0.5", "--warm", "0.3", "--json"));
        arguments.addAll(List.of(options));
        return Program.run(arguments.toArray(new String[0]));
    }

    @ParameterizedTest
    @CsvSource({"tiles, shm, socket, 0", "fills, shm, ring, 3", "full, shm, handled, 0", "solid, normal, socket, 0"})
    void measuresEveryWay(String scene, String mode, String way, int watchers) throws IOException {
        Program.Result result =
                bench("--scene", scene, "--mode", mode, "--damage", way, "--watchers", Integer.toString(watchers));
        assertEquals(List.of(0, 1), List.of(result.status(), result.output().size()), result::toString);
        String line = result.output().getFirst();
        for (String field : FIELDS) {
            assertTrue(line.contains('"' + field + "\":"), () -> field + " in " + line);
        }
        assertTrue(line.contains("\"mode\":\"" + mode + "\",\"damage\":\"" + way + "\""), line);
        assertEquals(way.equals("ring"), line.contains("\"socket_bytes_per_frame\":0.000"), line);
    }

    @Test
    void aRingCanBeReadWithoutSleep() throws IOException {
        Program.Result result = bench("--scene", "fills", "--damage", "ring", "--spin");
        assertTrue(result.output().getFirst().contains("\"damage\":\"spinning_ring\""), result::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--mode normal --damage ring", "--spin", "--watchers -1", "--mode auto"})
    void refusesWhatDoesNotGoTogether(String options) throws IOException {
        Program.Result result = bench(options.split(" "));
        assertEquals(List.of(2, 1), List.of(result.status(), result.errors().size()), result::toString);
    }
}
