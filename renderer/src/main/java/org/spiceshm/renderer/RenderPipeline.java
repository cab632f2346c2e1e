package org.spiceshm.renderer;

import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BatchEventProcessorBuilder;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.ExceptionHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.EventProcessorFactory;
import com.lmax.disruptor.dsl.ProducerType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/**
 * The one queue between a device and the screen.
 *
 * <pre>
 *  claim/publish -> | slot | slot | ... |  -> render -> {damage, trace} -> release
 * </pre>
 *
 * <p>{@link #claim} and {@link #publish} belong to one producer at a time (not always the same thread: who knocks may
 * borrow a sleeping device, hence the Disruptor's multi-producer mode); the ports are called from the pipeline's
 * threads. When the ring is full, {@link #claim} says so, and the guest's own ring stands still. It lives from {@link
 * #start} to {@link #close}.
 */
public final class RenderPipeline implements AutoCloseable {
    /** Commands rendered between two marks of the sequence page. */
    public static final int MAX_BATCH = 32;

    private static final Logger LOG = System.getLogger(RenderPipeline.class.getName());

    private final Disruptor<CommandSlot> disruptor;
    private final RingBuffer<CommandSlot> ring;
    private final ParkingWaitStrategy waitStrategy;
    private final RenderHandler render;
    private final AtomicLong renderThread = new AtomicLong(-1);

    private RenderPipeline(
            PipelineOptions options,
            Framebuffer framebuffer,
            DisplayOutput output,
            BatchObserver observer,
            CommandCompletion completion) {
        boolean traced = options.trace() != null;
        waitStrategy = new ParkingWaitStrategy(options.spins());
        disruptor = new Disruptor<>(
                () -> newSlot(traced), options.slots(), this::newThread, ProducerType.MULTI, waitStrategy);
        disruptor.setDefaultExceptionHandler(new Failures());
        render = new RenderHandler(framebuffer, observer);
        PipelineStage damage = new DamageHandler(output, framebuffer.segment());
        PipelineStage trace = traceStage(options.trace());
        PipelineStage release = new ReleaseHandler(completion);
        if (options.oneThread()) {
            disruptor.handleEventsWith(
                    batched(render.andThen(damage).andThen(trace).andThen(release)));
        } else {
            disruptor.handleEventsWith(batched(render)).then(damage, trace).then(release);
        }
        ring = disruptor.getRingBuffer();
    }

    /**
     * Starts a pipeline.
     *
     * @throws IOException if the shared segment cannot be had
     */
    public static RenderPipeline start(
            PipelineOptions options, DisplayOutput output, BatchObserver observer, CommandCompletion completion)
            throws IOException {
        Framebuffer framebuffer = new Framebuffer(options.roomBytes());
        RenderPipeline pipeline = new RenderPipeline(options, framebuffer, output, observer, completion);
        output.segment(framebuffer.segment());
        pipeline.disruptor.start();
        return pipeline;
    }

    /** The next free slot, or null while all are under way. Producer thread. */
    public @Nullable CommandSlot claim() {
        // One producer at a time: the next sequence is the one behind the cursor, and stays free until it is published.
        return ring.hasAvailableCapacity(1) ? ring.get(ring.getCursor() + 1) : null;
    }

    /** Passes on what was claimed. Producer thread. */
    public void publish(CommandSlot slot) {
        if (!ring.get(ring.getCursor() + 1).equals(slot)) {
            throw new IllegalStateException("published a slot that was not the one claimed");
        }
        ring.publish(ring.next());
    }

    /**
     * Runs something on the render thread between two batches, the only time when the framebuffer is surely whole; soon,
     * whether or not commands come. Any thread; the task should be short.
     */
    public void betweenBatches(Runnable task) {
        render.addTask(task);
        waitStrategy.interrupt();
    }

    /** The render thread's id, for measuring what it allocates; -1 before its start. */
    public long renderThreadId() {
        return renderThread.get();
    }

    /** Ends when everything published has been handled. The producer must have stopped. */
    @Override
    public void close() {
        disruptor.shutdown();
    }

    private static CommandSlot newSlot(boolean traced) {
        CommandSlot slot = new CommandSlot();
        slot.setTraced(traced);
        return slot;
    }

    private Thread newThread(Runnable body) {
        Thread thread = Thread.ofPlatform().name("qxl-render").daemon().unstarted(body);
        renderThread.compareAndSet(-1, thread.threadId());
        return thread;
    }

    private static PipelineStage traceStage(@Nullable TraceSink sink) {
        return sink == null ? (slot, sequence, endOfBatch) -> {} : (slot, sequence, endOfBatch) -> sink.rendered(slot);
    }

    private static EventProcessorFactory<CommandSlot> batched(EventHandler<CommandSlot> handler) {
        return (ring, sequences) -> {
            BatchEventProcessor<CommandSlot> processor = new BatchEventProcessorBuilder()
                    .setMaxBatchSize(MAX_BATCH)
                    .build(ring, ring.newBarrier(sequences), handler);
            // The Disruptor's default does not reach processors that it has not made; theirs would end the thread.
            processor.setExceptionHandler(new Failures());
            return processor;
        };
    }

    /** A stage that throws is our mistake; it is told, and the next command is taken. */
    private static final class Failures implements ExceptionHandler<CommandSlot> {
        @Override
        public void handleEventException(Throwable e, long sequence, CommandSlot slot) {
            LOG.log(Level.ERROR, "a command was lost in the pipeline", e);
        }

        @Override
        public void handleOnStartException(Throwable e) {
            LOG.log(Level.ERROR, "a stage did not start", e);
        }

        @Override
        public void handleOnShutdownException(Throwable e) {
            LOG.log(Level.ERROR, "a stage did not end", e);
        }
    }
}
