package org.spiceshm.app;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.Recording;
import org.spiceshm.guestdriver.RecordingPlayer;
import org.spiceshm.guestdriver.TracePlayer;
import org.spiceshm.protocol.trace.TraceProto;
import org.spiceshm.protocol.trace.TraceReader;
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
    private static final int HEAD_BYTES = 8;
    /** Room for the primaries and surfaces of any recording; memory that is not written costs nothing. */
    static final QxlConfig CARD = new QxlConfig(512 * MIB, 256 * MIB, 128 * MIB, 1024);

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "a SPICE_REPLAY recording, .xz or not, or a trace of ours")
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
        if (isTrace()) {
            playTrace();
        } else {
            playRecording();
        }
        return 0;
    }

    private boolean isTrace() throws IOException {
        try (InputStream head = Files.newInputStream(file)) {
            return TraceReader.isTrace(head.readNBytes(HEAD_BYTES));
        }
    }

    private void playRecording() throws IOException, CommandFailure, InterruptedException {
        try (Recording recording = Recording.open(file);
                Card card = Card.start(CARD, PipelineOptions.defaults())) {
            RecordingPlayer player =
                    new RecordingPlayer(new QxlDriver(card.hardware()), recording, RecordingPlayer.AS_FAST_AS_POSSIBLE);
            player.playSteps(events);
            player.finish();
            finish(card, player.events(), player.commands());
        }
    }

    private void playTrace() throws IOException, CommandFailure, InterruptedException {
        try (TraceReader trace = openTrace();
                Card card = Card.start(tracedCard(), PipelineOptions.defaults())) {
            TracePlayer player = new TracePlayer(card.hardware(), trace);
            player.play(events);
            player.finish();
            finish(card, player.events(), player.commands());
        }
    }

    private QxlConfig tracedCard() throws IOException, CommandFailure {
        try (TraceReader trace = openTrace()) {
            TraceProto.Record first = trace.next();
            if (first == null || !first.hasStart()) {
                throw CommandFailure.failed(file + ": got a trace without its first record");
            }
            TraceProto.Start start = first.getStart();
            return new QxlConfig(start.getRamBytes(), start.getVramBytes(), start.getVgaBytes(), start.getSurfaces());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.failed(file + ": " + e.getMessage());
        }
    }

    private TraceReader openTrace() throws IOException {
        return TraceReader.open(file.toString(), new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    }

    private void finish(Card card, long played, long commands)
            throws IOException, CommandFailure, InterruptedException {
        settle(card);
        PrimarySurface primary = card.primary();
        if (shot != null) {
            if (primary == null) {
                throw CommandFailure.failed(file + ": no picture after " + played + " events");
            }
            Pictures.save(primary, shot);
        }
        print(card, played, commands, primary);
    }

    /** Returns when everything told before has been shown. */
    static void settle(Card card) throws InterruptedException {
        CountDownLatch quiet = new CountDownLatch(1);
        card.betweenBatches(quiet::countDown);
        quiet.await();
    }

    private void print(Card card, long played, long commands, @Nullable PrimarySurface primary) {
        int width = primary == null ? 0 : primary.widthPixels();
        int height = primary == null ? 0 : primary.heightPixels();
        if (json) {
            System.out.println(new Json()
                    .put("events", played)
                    .put("commands", commands)
                    .put("faults", card.faults().total())
                    .put("width", width)
                    .put("height", height));
            return;
        }
        System.out.println(played + " events, " + commands + " commands, "
                + card.faults().total() + " guest faults"
                + (card.faults().total() == 0 ? "" : " (" + card.faults() + ")") + ", screen " + width + "x" + height);
    }
}
