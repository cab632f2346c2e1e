package org.spiceshm.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.HdrHistogram.Histogram;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;

/**
 * How long after the end of rendering a reader of the damage ring that spins has the pixel: two threads that never sleep,
 * so it wants two cores for itself. The writer does what the pipeline does for a batch of one 8x8 fill, twenty
 * microseconds apart; the reader looks through a read-only mapping of its own, takes the record, then the pixel. JMH would
 * time each side, not the way between them.
 */
final class RingLatency {
    private static final int WIDTH = 1024;
    private static final int HEIGHT = 768;
    private static final int SIDE = 8;
    private static final int PUT = 8;
    private static final int WARM = 100_000;
    private static final int COUNTED = 500_000;
    private static final long PAUSE_NANOS = 20_000;
    private static final long HIGHEST_NANOS = 1_000_000_000;

    private final Histogram rendering = new Histogram(HIGHEST_NANOS, 3);
    private final Histogram beyond = new Histogram(HIGHEST_NANOS, 3);

    private RingLatency() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws Exception {
        RingLatency latency = new RingLatency();
        latency.run();
        latency.print();
    }

    private void run() throws Exception {
        long bytes = DamageRing.FIRST_SURFACE_OFFSET + 4L * WIDTH * HEIGHT;
        try (MemoryFile file = MemoryFile.create("ring-latency", bytes);
                Arena arena = Arena.ofShared()) {
            MemorySegment written = file.map(Access.READ_WRITE, arena);
            MemorySegment read = file.map(Access.READ_ONLY, arena);
            DamageRing.Reader ring = new DamageRing.Reader(read);
            Thread reader = Thread.ofPlatform().start(() -> follow(read, ring));
            draw(written);
            reader.join();
        }
    }

    private void draw(MemorySegment segment) {
        SequencePage.initialize(segment);
        SequencePage.Writer page = new SequencePage.Writer(segment);
        DamageRing.Writer ring = new DamageRing.Writer(segment);
        Surface surface =
                new Surface(segment, DamageRing.FIRST_SURFACE_OFFSET, 4 * WIDTH, WIDTH, HEIGHT, SurfaceFormat.XRGB_32);
        Canvas canvas = new Canvas();
        Brush brush = new Brush();
        Region region = new Region();
        Mask mask = new Mask();
        DamageRects rects = new DamageRects();
        rects.add(0, 0, SIDE, SIDE);
        for (int batch = 1; batch <= WARM + COUNTED; batch++) {
            long before = pause();
            page.begin(batch);
            region.reset();
            region.setBox(surface, 0, 0, SIDE, SIDE);
            brush.solid(batch);
            canvas.fill(surface, region, brush, PUT, mask);
            page.end(batch);
            long rendered = System.nanoTime();
            // The record carries when rendering ended, where the device puts when reading began.
            ring.write(batch, rendered, 0, rects);
            if (batch > WARM) {
                rendering.recordValue(rendered - before);
            }
        }
    }

    private static long pause() {
        long start = System.nanoTime();
        long now = start;
        while (now - start < PAUSE_NANOS) {
            Thread.onSpinWait();
            now = System.nanoTime();
        }
        return now;
    }

    private void follow(MemorySegment segment, DamageRing.Reader ring) {
        long batch = 0;
        while (batch < WARM + COUNTED) {
            if (!ring.hasNext()) {
                Thread.onSpinWait();
            } else if (ring.take()) {
                batch = ring.batch();
                int pixel = segment.get(ValueLayout.JAVA_INT, DamageRing.FIRST_SURFACE_OFFSET);
                long now = System.nanoTime();
                if (pixel < batch) {
                    throw new IllegalStateException("got pixel " + pixel + ", expected batch " + batch + " or later");
                }
                if (batch > WARM) {
                    beyond.recordValue(now - ring.readNanos());
                }
            }
        }
    }

    private void print() {
        print("rendering of 8x8", rendering);
        print("beyond it, until a spinning reader has the pixel", beyond);
    }

    private static void print(String what, Histogram histogram) {
        System.out.printf(
                "%-50s p50 %6d ns, p99 %6d, p99.9 %6d, max %d, of %d%n",
                what,
                histogram.getValueAtPercentile(50),
                histogram.getValueAtPercentile(99),
                histogram.getValueAtPercentile(99.9),
                histogram.getMaxValue(),
                histogram.getTotalCount());
    }
}
