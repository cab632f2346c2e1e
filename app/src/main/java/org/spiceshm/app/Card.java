package org.spiceshm.app;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.QxlHardware;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.FaultCounters;
import org.spiceshm.qxldevice.CommandSink;
import org.spiceshm.qxldevice.DeviceThread;
import org.spiceshm.qxldevice.InterruptLine;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.qxldevice.QxlDevice;
import org.spiceshm.qxldevice.VfioInterruptLine;
import org.spiceshm.qxldevice.VfioUserServer;
import org.spiceshm.qxldevice.VfioUserWatch;
import org.spiceshm.renderer.CommandCompletion;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.renderer.PrimarySurface;
import org.spiceshm.renderer.RenderPipeline;
import org.spiceshm.server.Screen;

/**
 * A display card: device, pipeline and screen, plugged together. Its guest is in this process, or a VM's.
 *
 * <pre>
 *  guest driver --QxlHardware--> DeviceThread, QxlDevice --CommandSink--> RenderPipeline --DisplayOutput--> Screen
 *  QEMU --vfio-user--------------^    ^------------CommandCompletion------------|
 * </pre>
 *
 * It lives from {@link #start} to {@link #close}.
 */
public final class Card implements AutoCloseable {
    private final Sink sink = new Sink();
    private final Pin pin = new Pin();
    private final Screen screen = new Screen(sink::betweenBatches);
    private final ScreenFeed feed = new ScreenFeed(screen);
    private final QxlDevice device;
    private final RenderPipeline pipeline;
    private final DeviceThread thread;
    private final QxlHardware hardware = new Hardware();
    private final AtomicReference<int @Nullable []> wantedMonitors = new AtomicReference<>();
    private @Nullable VfioUserServer vfioUser;

    private Card(QxlConfig config, PipelineOptions options, @Nullable SessionTrace trace) throws IOException {
        device = new QxlDevice(config, sink, pin);
        if (trace != null) {
            trace.attach(device);
        }
        boolean done = false;
        try {
            pipeline = RenderPipeline.start(options.withTrace(trace), feed, feed.batches(), new Completion(device));
            done = true;
        } finally {
            if (!done) {
                device.close();
            }
        }
        sink.pipeline = pipeline;
        thread = new DeviceThread(device);
    }

    /**
     * Makes a card and starts its threads.
     *
     * @throws IOException if its memory cannot be had
     */
    public static Card start(QxlConfig config, PipelineOptions options) throws IOException {
        return new Card(config, options, null);
    }

    /** The same, written down. */
    static Card start(QxlConfig config, PipelineOptions options, @Nullable SessionTrace trace) throws IOException {
        return new Card(config, options, trace);
    }

    /**
     * Lets a VM have the card, in place of {@link #hardware}: from the return on, QEMU can connect.
     *
     * @param socket where it does
     * @param qtest QEMU's qtest socket, by which it gets its interrupts without KVM; it may come and go
     * @param watch hears when VMs come and go
     * @throws IOException if the socket cannot be had
     */
    public void listenVfioUser(Path socket, @Nullable Path qtest, VfioUserWatch watch) throws IOException {
        if (vfioUser != null) {
            throw new IllegalStateException("vfio-user: got a second socket, expected one a card");
        }
        VfioInterruptLine line = new VfioInterruptLine();
        pin.wire = line;
        vfioUser = VfioUserServer.start(socket, device, thread, line, qtest, OptionalInt.empty(), watch);
    }

    /**
     * Asks the guest's driver for other monitors, by the device's own interrupt.
     *
     * @param heads x, y, width, height each, in pixels
     */
    public void requestMonitors(int[] heads) {
        if (wantedMonitors.getAndSet(heads.clone()) == null) {
            thread.post(this::passMonitors);
        }
    }

    /** The newest request; a client that sends many makes no queue of them. */
    private void passMonitors() {
        int[] heads = wantedMonitors.getAndSet(null);
        if (heads != null) {
            device.requestMonitors(heads);
        }
    }

    /** What the guest's driver sees, if the guest is in this process. */
    public QxlHardware hardware() {
        return hardware;
    }

    /** What clients are shown. */
    public Screen screen() {
        return screen;
    }

    /** What the guest has done wrong. */
    public FaultCounters faults() {
        return device.faults();
    }

    /** What is on the screen now, or null. */
    public @Nullable PrimarySurface primary() {
        return feed.primary();
    }

    /** Runs something on the render thread between two batches. */
    public void betweenBatches(Runnable task) {
        pipeline.betweenBatches(task);
    }

    /** Tells the guest whether anybody looks; everything it draws is rendered here, so all capabilities are given. */
    public void setClientPresent(boolean present) {
        thread.post(() -> device.setClient(present, ALL_CAPABILITIES));
    }

    /**
     * Ids of the device's and the render thread, for measuring what they allocate. What the guest's thread does for a
     * sleeping device is not theirs.
     */
    public long[] threadIds() {
        return new long[] {thread.threadId(), pipeline.renderThreadId()};
    }

    /** SIZED_STREAM, MONITORS_CONFIG, COMPOSITE, A8_SURFACE. */
    private static final int ALL_CAPABILITIES = 0xf;

    /** Stops the threads and frees the memory. The guest's driver must have stopped. */
    @Override
    public void close() {
        if (vfioUser != null) {
            vfioUser.close();
        }
        thread.close();
        pipeline.close();
        screen.close();
        device.close();
    }

    /** The device's port, backed by the pipeline's ring: no second copy. */
    private static final class Sink implements CommandSink {
        private volatile @Nullable RenderPipeline pipeline;

        private RenderPipeline target() {
            RenderPipeline now = pipeline;
            if (now == null) {
                throw new IllegalStateException("a command before the pipeline");
            }
            return now;
        }

        @Override
        public @Nullable CommandSlot claim() {
            return target().claim();
        }

        @Override
        public void publish(CommandSlot slot) {
            target().publish(slot);
        }

        void betweenBatches(Runnable task) {
            target().betweenBatches(task);
        }
    }

    private record Completion(QxlDevice device) implements CommandCompletion {
        @Override
        public void finish(CommandSlot slot) {
            device.finish(slot);
        }

        @Override
        public void batchFinished() {
            device.batchFinished();
        }
    }

    /** INTx: to a VM; or without a processor, and the driver's handler runs on whatever thread raised the line. */
    private static final class Pin implements InterruptLine {
        private volatile Runnable handler = () -> {};
        private volatile @Nullable InterruptLine wire;

        @Override
        public void set(boolean high) {
            InterruptLine vm = wire;
            if (vm != null) {
                vm.set(high);
            } else if (high) {
                handler.run();
            }
        }
    }

    private final class Hardware implements QxlHardware {
        @Override
        public MemorySegment bar(int index) {
            return device.bar(index);
        }

        @Override
        public int readConfig(int offset, int width) {
            int[] value = new int[1];
            thread.call(() -> value[0] = device.config().read(offset, width));
            return value[0];
        }

        @Override
        public void writeConfig(int offset, int width, int value) {
            thread.call(() -> device.config().write(offset, width, value));
        }

        @Override
        public void out(int port, int value) {
            thread.write(port, value);
        }

        @Override
        public void vgaOut(int port, int width, int value) {
            thread.call(() -> device.vgaWrite(port, width, value));
        }

        @Override
        public int vgaIn(int port, int width) {
            int[] value = new int[1];
            thread.call(() -> value[0] = device.vgaRead(port, width));
            return value[0];
        }

        @Override
        public void onInterrupt(Runnable handler) {
            pin.handler = handler;
        }
    }
}
