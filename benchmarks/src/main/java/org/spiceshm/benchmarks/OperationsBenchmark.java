package org.spiceshm.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.CompositeParameters;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.LineStyle;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Polylines;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.Text;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Every operation on an xRGB surface of 1280x800: one call a measurement, no clip and no mask unless the name says so, from
 * surfaces unless it says otherwise. {@code benchmarks/operations} runs it beside the same loops in C.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 6, time = 1)
public class OperationsBenchmark {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 800;
    private static final int PUT = 8;
    private static final int XOR = 64;
    private static final int OVER = 3;
    private static final int BILINEAR = 4 << 8;
    private static final int HAS_MASK = 1 << 19;
    private static final int HAS_TRANSFORM = 1 << 20;
    private static final int ONE = 1 << 16;
    private static final int TILE = 64;
    private static final int SEGMENTS = 1000;
    private static final int GLYPHS = 1500;
    private static final int GLYPHS_PER_ROW = 100;

    private final Surface target = surface(SurfaceFormat.XRGB_32, WIDTH, HEIGHT);
    private final Surface source = surface(SurfaceFormat.XRGB_32, WIDTH, HEIGHT);
    private final Surface translucent = surface(SurfaceFormat.ARGB_32, WIDTH, HEIGHT);
    private final Surface opaque = surface(SurfaceFormat.ARGB_32, WIDTH, HEIGHT);
    private final Surface large = surface(SurfaceFormat.ARGB_32, 2 * WIDTH, 2 * HEIGHT);
    private final Surface half = surface(SurfaceFormat.XRGB_32, WIDTH / 2, HEIGHT / 2);
    private final Surface coverage = surface(SurfaceFormat.A8, WIDTH, HEIGHT);
    private final Surface tile = surface(SurfaceFormat.XRGB_32, TILE, TILE);
    private final MemorySegment bitmap = Arena.ofAuto().allocate(4L * WIDTH * HEIGHT, 64);

    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Region background = new Region();
    private final Image image = new Image();
    private final Image maskImage = new Image();
    private final Brush solid = new Brush();
    private final Brush pattern = new Brush();
    private final Mask mask = new Mask();
    private final CompositeParameters parameters = new CompositeParameters();
    private final Polylines lines = new Polylines();
    private final LineStyle solidLine = new LineStyle();
    private final LineStyle dashedLine = new LineStyle();
    private final Text text = new Text();

    private static Surface surface(SurfaceFormat format, int width, int height) {
        Surface surface = Surface.allocate(format, width, height, Arena.ofAuto());
        Random random = new Random(width);
        MemorySegment memory = surface.memory();
        for (long i = 0; i + Integer.BYTES <= memory.byteSize(); i += Integer.BYTES) {
            int alpha = random.nextInt(256);
            int level = format == SurfaceFormat.ARGB_32 ? random.nextInt(alpha + 1) : random.nextInt(256);
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, i, alpha << 24 | level * 0x010101);
        }
        return surface;
    }

    /** Brushes, lines and glyphs. */
    @Setup
    public void prepare() {
        MemorySegment memory = opaque.memory();
        for (long i = 0; i < memory.byteSize(); i += Integer.BYTES) {
            int color = memory.get(ValueLayout.JAVA_INT_UNALIGNED, i);
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, i, color | 0xff000000);
        }
        solid.solid(0x123456);
        pattern.pattern().ofSurface(tile);
        pattern.pattern(0, 0);
        Random random = new Random(1);
        for (int i = 0; i < SEGMENTS; i++) {
            lines.beginSegment(1);
            for (int end = 0; end < 2; end++) {
                lines.point(random.nextInt(WIDTH) << 4, random.nextInt(HEIGHT) << 4);
            }
            lines.endSegment(2);
        }
        lines.finish();
        dashedLine.reset(8);
        dashedLine.length(5 << 4);
        dashedLine.length(3 << 4);
        text.reset(4);
        byte[] glyph = new byte[4 * 12];
        for (int i = 0; i < GLYPHS; i++) {
            random.nextBytes(glyph);
            text.glyph(i % GLYPHS_PER_ROW * 8, i / GLYPHS_PER_ROW * 12, 8, 12, MemorySegment.ofArray(glyph), 0);
        }
    }

    private void whole() {
        region.setBox(target, 0, 0, HEIGHT, WIDTH);
    }

    /** FILL solid, PUT. */
    @Benchmark
    public Outcome fill() {
        whole();
        return canvas.fill(target, region, solid, PUT, mask);
    }

    /** FILL solid, XOR. */
    @Benchmark
    public Outcome fillXor() {
        whole();
        return canvas.fill(target, region, solid, XOR, mask);
    }

    /** FILL with a pattern of 64x64, PUT. */
    @Benchmark
    public Outcome fillPattern() {
        whole();
        return canvas.fill(target, region, pattern, PUT, mask);
    }

    private Outcome copy(Surface from, int rop, int scaleMode) {
        whole();
        image.ofSurface(from);
        return canvas.copy(target, region, image, 0, 0, from.heightPixels(), from.widthPixels(), rop, scaleMode, mask);
    }

    /** COPY, PUT. */
    @Benchmark
    public Outcome copy() {
        return copy(source, PUT, Canvas.SCALE_NEAREST);
    }

    /** COPY, XOR. */
    @Benchmark
    public Outcome copyXor() {
        return copy(source, XOR, Canvas.SCALE_NEAREST);
    }

    /** COPY from a raw bitmap of 32 bits. */
    @Benchmark
    public Outcome copyBitmap() {
        whole();
        image.ofBitmap(BitmapFormat.BIT_32, true, WIDTH, HEIGHT, 4 * WIDTH);
        image.piece(bitmap, 0, 4 * WIDTH * HEIGHT);
        return canvas.copy(target, region, image, 0, 0, HEIGHT, WIDTH, PUT, Canvas.SCALE_NEAREST, mask);
    }

    /** COPY_BITS, 16 lines down. */
    @Benchmark
    public Outcome copyBits() {
        region.setBox(target, 16, 0, HEIGHT, WIDTH);
        return canvas.copyBits(target, region, 0, 0);
    }

    /** INVERS. */
    @Benchmark
    public Outcome invers() {
        whole();
        return canvas.invers(target, region, mask);
    }

    private Outcome alphaBlend(Surface from, int alpha) {
        whole();
        image.ofSurface(from);
        return canvas.alphaBlend(target, region, image, 0, 0, HEIGHT, WIDTH, alpha, false);
    }

    /** ALPHA_BLEND of an ARGB surface whose pixels all have another alpha. */
    @Benchmark
    public Outcome alphaBlend() {
        return alphaBlend(translucent, 255);
    }

    /** ALPHA_BLEND of an ARGB surface whose pixels are opaque. */
    @Benchmark
    public Outcome alphaBlendOpaque() {
        return alphaBlend(opaque, 255);
    }

    /** ALPHA_BLEND of an ARGB surface, faded to 128. */
    @Benchmark
    public Outcome alphaBlendFaded() {
        return alphaBlend(translucent, 128);
    }

    /** COMPOSITE OVER of an ARGB surface. */
    @Benchmark
    public Outcome composite() {
        whole();
        parameters.reset(OVER);
        image.ofSurface(translucent);
        return canvas.composite(target, region, parameters, image, maskImage);
    }

    /** COMPOSITE OVER of an ARGB surface through an A8 mask. */
    @Benchmark
    public Outcome compositeMasked() {
        whole();
        parameters.reset(OVER | HAS_MASK);
        image.ofSurface(translucent);
        maskImage.ofSurface(coverage);
        return canvas.composite(target, region, parameters, image, maskImage);
    }

    /** COMPOSITE OVER, bilinear, of a surface twice as large. */
    @Benchmark
    public Outcome compositeHalf() {
        whole();
        parameters.reset(OVER | BILINEAR | HAS_TRANSFORM);
        parameters.sourceTransform(2 * ONE, 0, 0, 0, 2 * ONE, 0);
        image.ofSurface(large);
        return canvas.composite(target, region, parameters, image, maskImage);
    }

    /** COMPOSITE OVER, bilinear, turned by 30 degrees. */
    @Benchmark
    public Outcome compositeRotated() {
        whole();
        parameters.reset(OVER | BILINEAR | HAS_TRANSFORM);
        int cosine = (int) (Math.cos(Math.PI / 6) * ONE);
        parameters.sourceTransform(cosine, -ONE / 2, 0, ONE / 2, cosine, 0);
        image.ofSurface(translucent);
        return canvas.composite(target, region, parameters, image, maskImage);
    }

    private Outcome rop3(Brush brush) {
        whole();
        image.ofSurface(source);
        return canvas.rop3(target, region, image, 0, 0, HEIGHT, WIDTH, brush, 0xca, Canvas.SCALE_NEAREST, mask);
    }

    /** ROP3 0xca with a solid brush. */
    @Benchmark
    public Outcome rop3Solid() {
        return rop3(solid);
    }

    /** ROP3 0xca with a pattern of 64x64. */
    @Benchmark
    public Outcome rop3Pattern() {
        return rop3(pattern);
    }

    /** COPY of 640x400 to all, nearest. */
    @Benchmark
    public Outcome scaleNearest() {
        return copy(half, PUT, Canvas.SCALE_NEAREST);
    }

    /** COPY of 640x400 to all, interpolated. */
    @Benchmark
    public Outcome scaleUp() {
        return copy(half, PUT, Canvas.SCALE_INTERPOLATE);
    }

    /** COPY of all to 640x400, interpolated. */
    @Benchmark
    public Outcome scaleDown() {
        region.setBox(target, 0, 0, HEIGHT / 2, WIDTH / 2);
        image.ofSurface(source);
        return canvas.copy(target, region, image, 0, 0, HEIGHT, WIDTH, PUT, Canvas.SCALE_INTERPOLATE, mask);
    }

    /** TRANSPARENT. */
    @Benchmark
    public Outcome transparent() {
        whole();
        image.ofSurface(source);
        return canvas.transparent(target, region, image, 0, 0, HEIGHT, WIDTH, 0x808080);
    }

    /** TEXT of 1500 glyphs of 4 bits, 8x12 each: 0.144 Mpixel. */
    @Benchmark
    public Outcome text() {
        whole();
        background.reset();
        return canvas.text(target, region, background, text, solid, solid);
    }

    /** STROKE of 1000 random lines, about half a Mpixel. */
    @Benchmark
    public Outcome stroke() {
        whole();
        return canvas.stroke(target, region, lines, solidLine, solid, PUT);
    }

    /** The same lines, dashed 5, 3. */
    @Benchmark
    public Outcome strokeDashed() {
        whole();
        return canvas.stroke(target, region, lines, dashedLine, solid, PUT);
    }
}
