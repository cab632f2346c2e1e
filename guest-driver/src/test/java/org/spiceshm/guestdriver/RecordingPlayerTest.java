package org.spiceshm.guestdriver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RecordingPlayerTest {
    private final FakeHardware hardware = FakeHardware.small();

    @AfterEach
    void close() {
        hardware.close();
    }

    private static Recording recording(RecordingText text) throws IOException {
        return Recording.open("test.rec", new ByteArrayInputStream(text.bytes()), false);
    }

    private RecordingPlayer player(RecordingText text) throws IOException {
        return new RecordingPlayer(new QxlDriver(hardware), recording(text), RecordingPlayer.AS_FAST_AS_POSSIBLE);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void memorySaysWhatWasRecorded(long seed) throws IOException {
        RecordingText text = RecordingText.everything(seed);
        List<byte[]> seen = new ArrayList<>();
        hardware.listener = (type, address) -> seen.add(new StructureWalk(hardware).command(type, address));
        QxlDriver driver = new QxlDriver(hardware);
        RecordingPlayer player = new RecordingPlayer(driver, recording(text), RecordingPlayer.AS_FAST_AS_POSSIBLE);
        assertEquals(text.ends.size() - 1, player.play(Long.MAX_VALUE));
        player.finish();
        assertTrue(player.isAtEnd());
        assertEquals(text.commands.size(), player.commands());
        assertEquals(text.commands.size(), seen.size());
        for (int i = 0; i < seen.size(); i++) {
            assertArrayEquals(text.commands.get(i), seen.get(i), "seed " + seed + ", command " + i);
        }
        // The surface that is left, and the pointer's last command.
        assertEquals(2, driver.outstanding());
    }

    @Test
    void recordedPortsArePlayed() throws IOException {
        RecordingText text = new RecordingText(1);
        text.reset();
        text.primary(20, 8, 4, -32, 0);
        text.message(1);
        text.message(35);
        text.message(24);
        text.message(21);
        text.message(21);
        text.primary(29, 16, 4, 64, 1);
        text.message(26);
        text.message(30);
        text.message(28);
        RecordingPlayer player = player(text);
        player.play(Long.MAX_VALUE);
        assertEquals(
                List.of(
                        "RESET",
                        "DESTROY_ALL_SURFACES",
                        "RESET",
                        "CREATE_PRIMARY",
                        "UPDATE_AREA",
                        "MONITORS_CONFIG_ASYNC",
                        "DESTROY_PRIMARY",
                        "CREATE_PRIMARY_ASYNC",
                        "UPDATE_AREA_ASYNC",
                        "DESTROY_PRIMARY_ASYNC",
                        "DESTROY_ALL_SURFACES_ASYNC"),
                hardware.ports);
        assertEquals(List.of("8x4 -32 0", "16x4 64 1"), hardware.primaries);
    }

    @Test
    void onlyTheWholeGroupIsAReset() throws IOException {
        RecordingText text = new RecordingText(1);
        for (int type : new int[] {16, 22, 22, 23, 19, 16, 18, 22, 23, 19}) {
            text.message(type);
        }
        text.others();
        text.message(18);
        player(text).play(Long.MAX_VALUE);
        assertEquals(List.of("RESET", "DESTROY_ALL_SURFACES", "DESTROY_ALL_SURFACES"), hardware.ports);
    }

    @Test
    void stopsAfterSoManyEvents() throws IOException {
        RecordingText text = RecordingText.everything(1);
        RecordingPlayer player = player(text);
        assertEquals(7, player.play(7));
        assertEquals(0, player.commands());
        assertEquals(10, player.play(10));
        assertEquals(3, player.commands());
        assertFalse(player.isAtEnd());
    }

    @Test
    void primaryDataLiesInTheFirstArea() throws IOException {
        RecordingText text = new RecordingText(9);
        text.primary(29, 8, 4, -32, 1);
        player(text).play(1);
        byte[] all = text.bytes();
        byte[] data = Arrays.copyOfRange(all, all.length - 1 - 128, all.length - 1);
        byte[] got = hardware.ram.asSlice(0, 128).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        assertArrayEquals(data, got);
    }

    @Test
    void saysThatAPrimaryIsTooLarge() throws IOException {
        RecordingText text = new RecordingText(1);
        text.primary(29, 1024, 768, 4096, 0);
        RecordingPlayer player = player(text);
        RecordingException e = assertThrows(RecordingException.class, () -> player.play(1));
        assertTrue(
                String.valueOf(e.getMessage())
                        .contains("got a primary of 3145728 bytes where the device's surface0 area has 262144"),
                e::getMessage);
    }

    @Test
    void keepsToRecordedTime() throws IOException {
        RecordingText text = new RecordingText(1);
        for (int i = 0; i < 50; i++) {
            text.message(2);
        }
        // One event a millisecond.
        RecordingPlayer player = new RecordingPlayer(new QxlDriver(hardware), recording(text), 0.5);
        long start = System.nanoTime();
        player.play(Long.MAX_VALUE);
        assertTrue(System.nanoTime() - start >= 98_000_000L);
    }

    @Test
    void stopEndsASlowReplay() throws IOException, InterruptedException {
        RecordingText text = new RecordingText(1);
        text.message(2);
        text.message(2);
        RecordingPlayer player = new RecordingPlayer(new QxlDriver(hardware), recording(text), 1e-6);
        Thread stopper = new Thread(() -> {
            while (player.events() < 1) {
                Thread.onSpinWait();
            }
            player.stop();
        });
        stopper.start();
        assertEquals(1, player.play(Long.MAX_VALUE));
        stopper.join();
    }

    @Test
    void finishWithoutPrimaryFlushesAllSurfaces() throws IOException {
        RecordingText text = new RecordingText(1);
        text.surfaces();
        RecordingPlayer player = player(text);
        player.play(Long.MAX_VALUE);
        player.finish();
        assertTrue(hardware.ports.contains("FLUSH_SURFACES_ASYNC"));
        assertEquals(3, hardware.commandsRead);
    }
}
