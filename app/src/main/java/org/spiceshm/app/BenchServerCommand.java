package org.spiceshm.app;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The measured half of {@code bench}: a scene on a card, told by its standard input. {@code s} starts the scene, {@code
 * a} acknowledges one command, {@code p} hands the pace to the clock, {@code m} asks for a line of counters; the end of
 * input ends it.
 */
@Command(name = "bench-server", hidden = true)
final class BenchServerCommand implements Callable<Integer> {
    @Option(names = "--scene", required = true)
    private String scene = "";

    @Option(names = "--size", required = true)
    private String size = "";

    @Option(names = "--socket", required = true)
    private Path socket = Path.of("");

    @Option(names = "--stamps", required = true)
    private Path stamps = Path.of("");

    @Option(names = "--window")
    private int window;

    @Option(names = "--fps")
    private double framesPerSecond;

    @Override
    public Integer call() throws IOException, InterruptedException {
        int width = Sizes.width(size);
        int height = Sizes.height(size);
        try (Card card = Card.start(QxlConfig.forPrimary(width, height), PipelineOptions.defaults());
                Stamps table = new Stamps(stamps);
                SpiceServer server =
                        new SpiceServer(card.screen(), ServerOptions.defaults(), InputSink.NONE, displays -> {})) {
            server.listen(new ListenAddress.Unix(socket));
            SceneRunner runner = new SceneRunner(
                    new QxlDriver(card.hardware()), Scenes.of(scene, width, height), pacer(), table::set);
            Thread guest = Thread.ofPlatform().name("guest").daemon().unstarted(runner);
            System.out.println("ready");
            System.out.flush();
            obey(System.in, card, runner, guest);
            runner.stop();
            if (guest.isAlive()) {
                guest.join();
            }
        }
        return 0;
    }

    /** A paced run begins as a closed loop, which warms everything up; then a clock opens the window. */
    private Pacer pacer() {
        if (framesPerSecond > 0) {
            return Pacer.window(1);
        }
        return window > 0 ? Pacer.window(window) : Pacer.unlimited();
    }

    private void pace(SceneRunner runner) {
        long period = (long) (1e9 / framesPerSecond);
        Thread.ofPlatform().name("clock").daemon().start(() -> {
            long due = System.nanoTime();
            while (true) {
                due += period;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                runner.ack(1);
            }
        });
    }

    private void obey(InputStream input, Card card, SceneRunner runner, Thread guest) throws IOException {
        byte[] words = new byte[4096];
        boolean paced = false;
        for (int count = input.read(words); count > 0; count = input.read(words)) {
            int acknowledged = 0;
            for (int i = 0; i < count; i++) {
                switch (words[i]) {
                    case 's' -> guest.start();
                    case 'a' -> acknowledged++;
                    case 'm' -> report(card, runner);
                    case 'p' -> {
                        paced = true;
                        pace(runner);
                    }
                    default -> {}
                }
            }
            if (acknowledged > 0 && !paced) {
                runner.ack(acknowledged);
            }
        }
    }

    private static void report(Card card, SceneRunner runner) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long allocated = 0;
        for (long id : card.threadIds()) {
            allocated += threads.getThreadAllocatedBytes(id);
        }
        System.out.println(runner.pushed() + " " + system.getProcessCpuTime() + " " + allocated + " "
                + card.faults().total());
        System.out.flush();
    }
}
