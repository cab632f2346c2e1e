package org.spiceshm.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** What guests send most, on a 1280x800 surface; {@link #memoryCopy} is the limit of {@link #copyBitmap}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CanvasBenchmark {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 800;
    private static final int PUT = 8;

    private final Surface target = Surface.allocate(SurfaceFormat.XRGB_32, WIDTH, HEIGHT, Arena.ofAuto());
    private final MemorySegment bitmap = Arena.ofAuto().allocate(4L * WIDTH * HEIGHT, 64);
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Image image = new Image();
    private final Brush brush = new Brush();
    private final Mask mask = new Mask();

    /** A solid colour on the whole surface. */
    @Benchmark
    public Outcome fillAll() {
        brush.solid(0x123456);
        return fill(0, 0, HEIGHT, WIDTH);
    }

    /** A solid colour on 8x8 pixels. */
    @Benchmark
    public Outcome fillSmall() {
        brush.solid(0x123456);
        return fill(96, 96, 104, 104);
    }

    private Outcome fill(int top, int left, int bottom, int right) {
        region.reset();
        region.setBox(target, top, left, bottom, right);
        return canvas.fill(target, region, brush, PUT, mask);
    }

    /** A raw bitmap on the whole surface: one copy from guest memory. */
    @Benchmark
    public Outcome copyBitmap() {
        region.reset();
        region.setBox(target, 0, 0, HEIGHT, WIDTH);
        image.ofBitmap(BitmapFormat.BIT_32, true, WIDTH, HEIGHT, 4 * WIDTH);
        image.piece(bitmap, 0, 4 * WIDTH * HEIGHT);
        return canvas.copy(target, region, image, 0, 0, HEIGHT, WIDTH, PUT, Canvas.SCALE_NEAREST, mask);
    }

    /** The same bytes by the JDK's copy. */
    @Benchmark
    public void memoryCopy() {
        MemorySegment.copy(bitmap, 0, target.memory(), target.offset(), 4L * WIDTH * HEIGHT);
    }

    /** The whole surface moved up by 16 rows. */
    @Benchmark
    public Outcome scroll() {
        region.reset();
        region.setBox(target, 0, 0, HEIGHT - 16, WIDTH);
        return canvas.copyBits(target, region, 0, 16);
    }
}
