package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.Recording;
import org.spiceshm.guestdriver.RecordingPlayer;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.AgentSink;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code serve}: a guest on a card, shown to any number of clients, until SIGTERM. */
@Command(name = "serve", description = "Shows a VM, a recording or a scene to SPICE clients.")
final class ServeCommand implements Callable<Integer> {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(8);
    private static final int DEFAULT_WIDTH = 1024;
    private static final int DEFAULT_HEIGHT = 768;

    @Option(names = "--replay", paramLabel = "FILE", description = "a SPICE_REPLAY recording, .xz or not")
    private @Nullable Path replay;

    @Option(names = "--loop", description = "start the recording over, for ever")
    private boolean loop;

    @Option(names = "--speed", paramLabel = "X", description = "play at X times recorded time")
    private double speed;

    @Option(
            names = "--scene",
            paramLabel = "NAME",
            description = "full, tiles, text, fills, pixels, scroll, solid, desktop, video")
    private @Nullable String scene;

    @Option(names = "--fps", paramLabel = "N", description = "frames a second; without, as fast as they are taken")
    private double framesPerSecond;

    @Option(
            names = "--size",
            paramLabel = "WxH",
            description = "size of a scene; for a VM, the largest screen it may have")
    private String size = DEFAULT_WIDTH + "x" + DEFAULT_HEIGHT;

    @Option(
            names = "--listen",
            paramLabel = "URI",
            required = true,
            description = "spice+unix:///path, spice://host:port")
    private List<String> listen = new ArrayList<>();

    @Option(names = "--shm", paramLabel = "on|off", description = "whether shared memory is offered")
    private Switch sharedMemory = Switch.ON;

    @Option(names = "--numbering", paramLabel = "current|rfc2013", description = "numbers of the extension")
    private Numbers numbering = Numbers.CURRENT;

    @Option(names = "--password-file", paramLabel = "F", description = "its first line is the password")
    private @Nullable Path passwordFile;

    @Option(
            names = "--compression",
            paramLabel = "off|lz|glz|quic|lz4|auto",
            description =
                    "of pictures in normal mode, unless a client prefers another; auto: QUIC or GLZ, as suits each")
    private Compression compression = Compression.OFF;

    @Option(
            names = "--displays",
            paramLabel = "N",
            description = "so many displays, each with the scene for itself (default: ${DEFAULT-VALUE})")
    private int displayCount = 1;

    @Option(
            names = "--max-damage-rate",
            paramLabel = "N",
            description = "updates a second that a client is told at most; without, as many as it takes")
    private int maxDamageRate;

    @Option(
            names = "--lock-step-clients",
            paramLabel = "N",
            description = "clients that may have a segment of their own (default: ${DEFAULT-VALUE})")
    private int lockStepClients = ServerOptions.DEFAULT_LOCK_STEP_CLIENTS;

    @Option(names = "--wait-client", description = "start with the first client")
    private boolean waitForClient;

    @Option(names = "--trace", paramLabel = "FILE", description = "write down what the guest does")
    private @Nullable Path trace;

    @Option(
            names = "--vfio-user",
            paramLabel = "PATH",
            description = "be the display card of the VM whose QEMU connects here")
    private @Nullable Path vfioUser;

    @Option(
            names = "--qtest",
            paramLabel = "PATH",
            description = "QEMU's qtest socket, for interrupts where there is no KVM")
    private @Nullable Path qtest;

    @Option(names = "--qmp", paramLabel = "PATH", description = "QEMU's QMP socket, for keys and pointer")
    private @Nullable Path qmp;

    @Option(names = "--agent", paramLabel = "PATH", description = "QEMU's chardev socket for com.redhat.spice.0")
    private @Nullable Path agent;

    enum Switch {
        ON,
        OFF
    }

    /** The words for {@link Numbering}. */
    enum Numbers {
        CURRENT(Numbering.CURRENT),
        RFC2013(Numbering.RFC_2013);

        private final Numbering numbering;

        Numbers(Numbering numbering) {
            this.numbering = numbering;
        }

        Numbering numbering() {
            return numbering;
        }
    }

    /** The words for {@link CompressionChoice}. */
    enum Compression {
        OFF(CompressionChoice.OFF),
        LZ(CompressionChoice.LZ),
        GLZ(CompressionChoice.GLZ),
        QUIC(CompressionChoice.QUIC),
        LZ4(CompressionChoice.LZ4),
        AUTO(CompressionChoice.AUTO_GLZ);

        private final CompressionChoice choice;

        Compression(CompressionChoice choice) {
            this.choice = choice;
        }
    }

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch firstClient = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile Runnable stopSource = () -> {};
    private volatile @Nullable Card card;
    private volatile @Nullable SceneDisplays moreDisplays;

    @Override
    public Integer call() throws IOException, CommandFailure, InterruptedException {
        List<ListenAddress> addresses = checkOptions();
        if (replay != null) {
            Recording.open(replay).close();
        }
        QxlConfig config =
                replay != null ? ReplayCommand.CARD : QxlConfig.forPrimary(Sizes.width(size), Sizes.height(size));
        ServerOptions options = new ServerOptions(
                        "spiceshm", Addresses.password(passwordFile), sharedMemory == Switch.ON, numbering.numbering())
                .withCompression(compression.choice)
                .withMaxDamageRate(maxDamageRate)
                .withLockStepClients(lockStepClients);
        CountDownLatch closed = new CountDownLatch(1);
        // Closed last: the card may still write.
        try (SessionTrace traced = trace == null ? null : new SessionTrace(trace, config);
                Card opened = Card.start(config, PipelineOptions.defaults(), traced);
                SceneDisplays others = SceneDisplays.start(config, displayCount - 1)) {
            card = opened;
            moreDisplays = others;
            show(opened, others, options, traced, addresses, closed);
        } finally {
            closed.countDown();
        }
        return 0;
    }

    private void show(
            Card opened,
            SceneDisplays others,
            ServerOptions options,
            @Nullable SessionTrace traced,
            List<ListenAddress> addresses,
            CountDownLatch closed)
            throws IOException, InterruptedException {
        VirtualMachine machine = vfioUser == null
                ? null
                : new VirtualMachine(opened, new VirtualMachine.Sockets(vfioUser, qtest, qmp, agent));
        InputSink guest = machine == null ? InputSink.NONE : machine.inputs();
        InputSink inputs = traced == null ? guest : new TracedInputs(guest, traced);
        AgentSink agentSink = machine == null ? AgentSink.NONE : machine.agent();
        try (SpiceServer server = new SpiceServer(
                        others.screensAfter(opened.screen()),
                        options,
                        inputs,
                        this::onDisplays,
                        agentSink,
                        opened::requestMonitors);
                // Closed first: it speaks to the server.
                VirtualMachine joined = machine == null ? null : machine.start(server)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> onSignal(closed), "stop"));
            for (ListenAddress address : addresses) {
                say("listening " + server.listen(address).uri());
            }
            say("ready");
            if (joined == null) {
                showGuest(opened, others);
            }
            stopped.await();
        }
    }

    private List<ListenAddress> checkOptions() throws IOException, CommandFailure {
        long guests =
                Stream.of(replay, scene, vfioUser).filter(Objects::nonNull).count();
        if (guests != 1) {
            throw CommandFailure.usage("got " + guests + " guests, expected one of --replay, --scene and --vfio-user");
        }
        if (vfioUser == null && (qtest != null || qmp != null || agent != null)) {
            throw CommandFailure.usage("--qtest, --qmp and --agent: got no --vfio-user, which they belong to");
        }
        if (trace != null && replay != null && Files.exists(trace) && Files.isSameFile(trace, replay)) {
            throw CommandFailure.usage("--trace: got the recording itself, expected another file");
        }
        if (!(speed >= 0 && framesPerSecond >= 0)) {
            throw CommandFailure.usage("--speed and --fps: expected no negative number");
        }
        if (!(1 <= displayCount && displayCount <= SpiceServer.MAX_SCREENS)) {
            throw CommandFailure.usage("--displays: got " + displayCount + ", expected 1.." + SpiceServer.MAX_SCREENS);
        }
        if (displayCount > 1 && (scene == null || trace != null)) {
            throw CommandFailure.usage(
                    "--displays: got " + displayCount + ", expected 1 but with --scene and no --trace");
        }
        if (!(maxDamageRate >= 0 && lockStepClients >= 0)) {
            throw CommandFailure.usage("--max-damage-rate and --lock-step-clients: expected no negative number");
        }
        if (scene != null) {
            // Whether there is such a scene: nobody shall connect to one that there is not.
            Scenes.of(scene, Sizes.width(size), Sizes.height(size));
        }
        List<ListenAddress> addresses = new ArrayList<>();
        for (String uri : listen) {
            addresses.add(Addresses.listen(uri));
        }
        return addresses;
    }

    private void onDisplays(int displays) {
        Card shown = card;
        if (displays > 0) {
            firstClient.countDown();
        }
        if (shown != null && displays <= 1 && !stopping) {
            shown.setClientPresent(displays > 0);
            SceneDisplays others = moreDisplays;
            if (others != null) {
                others.setClientPresent(displays > 0);
            }
        }
    }

    /** SIGTERM or SIGINT: the main thread closes everything, and the status is 0. */
    private void onSignal(CountDownLatch closed) {
        if (closed.getCount() == 0) {
            return;
        }
        stopping = true;
        firstClient.countDown();
        stopped.countDown();
        stopSource.run();
        try {
            if (!closed.await(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                System.err.println("spiceshm: not everything was closed in " + STOP_LIMIT.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }

    private void showGuest(Card opened, SceneDisplays others) throws IOException, InterruptedException {
        if (waitForClient) {
            firstClient.await();
        }
        QxlDriver driver = new QxlDriver(opened.hardware());
        if (replay != null) {
            playRecording(opened, driver, replay);
        } else if (scene != null) {
            runScene(driver, others, scene);
        }
    }

    private void runScene(QxlDriver driver, SceneDisplays others, String name) {
        int width = Sizes.width(size);
        int height = Sizes.height(size);
        Pacer pacer = framesPerSecond > 0 ? Pacer.framesPerSecond(framesPerSecond) : Pacer.unlimited();
        SceneRunner runner = new SceneRunner(driver, Scenes.of(name, width, height), pacer, PushListener.NONE);
        stopSource = () -> {
            runner.stop();
            others.stop();
        };
        if (!stopping) {
            others.draw(name, width, height, pacer);
            runner.run();
        }
    }

    private void playRecording(Card opened, QxlDriver firstDriver, Path file) throws IOException {
        boolean first = true;
        do {
            // A new driver resets the device, as one that is loaded again.
            QxlDriver driver = first ? firstDriver : new QxlDriver(opened.hardware());
            try (Recording recording = Recording.open(file)) {
                RecordingPlayer player = new RecordingPlayer(driver, recording, speed);
                stopSource = player::stop;
                if (!stopping) {
                    player.play(Long.MAX_VALUE);
                    player.finish();
                }
            }
            if (first && !stopping) {
                say("replay done");
            }
            first = false;
        } while (loop && !stopping);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
