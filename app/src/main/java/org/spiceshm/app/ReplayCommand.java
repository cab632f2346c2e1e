package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.Recording;
import org.spiceshm.guestdriver.RecordingPlayer;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.renderer.PrimarySurface;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code replay}: a recording through guest driver, device and renderer, without sockets. */
@Command(name = "replay", description = "Plays a recording of a guest, and saves what was on its screen.")
final class ReplayCommand implements Callable<Integer> {
    private static final long MIB = 1 << 20;
    /** Room for the primaries and surfaces of any recording; memory that is not written costs nothing. */
    static final QxlConfig CARD = new QxlConfig(512 * MIB, 256 * MIB, 128 * MIB, 1024);

    @Parameters(index = "0", paramLabel = "FILE", description = "a SPICE_REPLAY recording, .xz or not")
    private Path file = Path.of("");

    @Option(names = "--shot", paramLabel = "OUT.png", description = "where to save the primary, without pointer")
    private @Nullable Path shot;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "stop after so many recorded events; one that is a line alone counts with the next")
    private long events = Long.MAX_VALUE;

    @Option(names = "--json", description = "one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        if (!(events >= 0)) {
            throw CommandFailure.usage("--events: got " + events + ", expected 0 or more");
        }
        try (Recording recording = Recording.open(file);
                Card card = Card.start(CARD, PipelineOptions.defaults())) {
            RecordingPlayer player =
                    new RecordingPlayer(new QxlDriver(card.hardware()), recording, RecordingPlayer.AS_FAST_AS_POSSIBLE);
            player.playSteps(events);
            player.finish();
            settle(card);
            PrimarySurface primary = card.primary();
            if (shot != null) {
                if (primary == null) {
                    throw CommandFailure.failed(file + ": no picture after " + player.events() + " events");
                }
                Pictures.save(primary, shot);
            }
            print(card, player, primary);
        }
        return 0;
    }

    /** Returns when everything told before has been shown. */
    static void settle(Card card) throws InterruptedException {
        CountDownLatch quiet = new CountDownLatch(1);
        card.betweenBatches(quiet::countDown);
        quiet.await();
    }

    private void print(Card card, RecordingPlayer player, @Nullable PrimarySurface primary) {
        int width = primary == null ? 0 : primary.widthPixels();
        int height = primary == null ? 0 : primary.heightPixels();
        if (json) {
            System.out.println(new Json()
                    .put("events", player.events())
                    .put("commands", player.commands())
                    .put("faults", card.faults().total())
                    .put("width", width)
                    .put("height", height));
            return;
        }
        System.out.println(player.events() + " events, " + player.commands() + " commands, "
                + card.faults().total() + " guest faults"
                + (card.faults().total() == 0 ? "" : " (" + card.faults() + ")") + ", screen " + width + "x" + height);
    }
}
