package org.spiceshm.it;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.Recording;
import org.spiceshm.guestdriver.RecordingPlayer;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** The pipeline shows the same whether its stages share a thread, as on few cores, or not. */
@Timeout(120)
final class PipelineThreadsTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "c4_ums_composite, true",
        "c4_ums_composite, false",
        "b_xorg_qxl, true",
        "b_xorg_qxl, false",
        "e_resize, true",
        "e_resize, false"
    })
    void aRecordingGivesTheTruePictureOnOneThreadAndOnSeveral(String name, boolean oneThread) throws IOException {
        try (InProcessServer server = new InProcessServer(
                        directory,
                        new QxlConfig(512 * MIB, 256 * MIB, 128 * MIB, 1024),
                        PipelineOptions.defaults().withOneThread(oneThread));
                Recording recording = Recording.open(Recordings.file(name));
                SpiceClient watching = server.connect(Mode.SHM, DisplayListener.NONE)) {
            RecordingPlayer player =
                    new RecordingPlayer(server.driver(), recording, RecordingPlayer.AS_FAST_AS_POSSIBLE);
            player.play(Long.MAX_VALUE);
            player.finish();
            Deadline deadline = Deadline.inMillis(20_000);
            Picture truth = Picture.ofPng(Recordings.truth(name));
            Picture.assertSame(truth, Picture.of(watching.display().awaitStable(300, deadline)), "who was there");
            try (SpiceClient late = server.connect(Mode.NORMAL, DisplayListener.NONE)) {
                Picture.assertSame(truth, Picture.of(late.display().awaitStable(100, deadline)), "who came late");
            }
        }
    }
}
