package org.spiceshm.canvas;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** An operation that is repeated allocates nothing, whether the surface has 32 bits a pixel or 16. */
final class AllocationTest {
    private static final int SIZE = 64;
    private static final int WARM_UP = 5_000;
    private static final int ROUNDS = 500;
    private static final int OVER = 3;
    private static final int DISJOINT_OVER = 0x13;
    private static final int ADD = 12;
    private static final int SOFT_LIGHT = 0x38;
    private static final int BILINEAR = 4 << 8;
    private static final int NORMAL = 1 << 14;
    private static final int[] CLIPS = {0, 0, 20, 20, 10, 10, 30, 30, 5, 25, 40, 60};

    private final Arena arena = Arena.ofConfined();
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Region background = new Region();
    private final Image source = new Image();
    private final Image maskImage = new Image();
    private final Brush solid = new Brush();
    private final Brush pattern = new Brush();
    private final Mask noMask = new Mask();
    private final Mask mask = new Mask();
    private final CompositeParameters parameters = new CompositeParameters();
    private final Polylines path = new Polylines();
    private final LineStyle line = new LineStyle();
    private final LineStyle dashes = new LineStyle();
    private final Text text = new Text();
    private final MemorySegment bytes = arena.allocate(4 * SIZE * SIZE);
    private final Surface argb = Surface.allocate(SurfaceFormat.ARGB_32, SIZE, SIZE, arena);
    private final Surface alpha = Surface.allocate(SurfaceFormat.A8, SIZE, SIZE, arena);
    private Surface target = argb;

    /** Every operation, in every way that has code of its own. */
    enum Operation {
        FILL(t -> t.canvas.fill(t.target, t.region, t.solid, Rop.PUT, t.noMask)),
        FILL_MASKED(t -> t.canvas.fill(t.target, t.region, t.solid, Rop.XOR, t.mask)),
        FILL_PATTERN(t -> t.canvas.fill(t.target, t.region, t.pattern, Rop.PUT, t.noMask)),
        BLACKNESS(t -> t.canvas.blackness(t.target, t.region, t.noMask)),
        WHITENESS(t -> t.canvas.whiteness(t.target, t.region, t.mask)),
        INVERS(t -> t.canvas.invers(t.target, t.region, t.noMask)),
        COPY(t -> t.copyBitmap(Rop.PUT, SIZE, t.noMask)),
        COPY_XOR(t -> t.copyBitmap(Rop.XOR, SIZE, t.noMask)),
        COPY_MASKED(t -> t.copyBitmap(Rop.PUT, SIZE, t.mask)),
        COPY_LARGER(t -> t.copyBitmap(Rop.PUT, SIZE / 2, t.noMask)),
        COPY_NEAREST(t -> t.copySurface(SIZE / 2, Canvas.SCALE_NEAREST)),
        COPY_HALVED(AllocationTest::halve),
        COPY_BITS(t -> t.canvas.copyBits(t.target, t.region, 5, 7)),
        OPAQUE(t -> t.opaque(t.solid)),
        OPAQUE_PATTERN(t -> t.opaque(t.pattern)),
        ROP3(t -> t.rop3(t.solid)),
        ROP3_PATTERN(t -> t.rop3(t.pattern)),
        STROKE(t -> t.canvas.stroke(t.target, t.region, t.path, t.line, t.solid, Rop.PUT)),
        STROKE_DASHED(t -> t.canvas.stroke(t.target, t.region, t.path, t.dashes, t.pattern, Rop.XOR)),
        TEXT_1(t -> t.text(1, t.solid)),
        TEXT_4(t -> t.text(4, t.solid)),
        TEXT_8(t -> t.text(8, t.pattern)),
        TRANSPARENT(t -> t.transparent(SIZE)),
        TRANSPARENT_LARGER(t -> t.transparent(SIZE / 2)),
        ALPHA_BLEND(t -> t.alphaBlend(SIZE, 255)),
        ALPHA_BLEND_LARGER(t -> t.alphaBlend(SIZE / 2, 128)),
        COMPOSITE(t -> t.composite(OVER | NORMAL)),
        COMPOSITE_MASKED(t -> t.composite(OVER | NORMAL | CompositeParameters.HAS_MASK)),
        COMPOSITE_TURNED(t -> t.composite(OVER | BILINEAR | NORMAL | CompositeParameters.HAS_SOURCE_TRANSFORM)),
        COMPOSITE_ADD(t -> t.composite(ADD | NORMAL | CompositeParameters.HAS_MASK)),
        COMPOSITE_DISJOINT(t -> t.composite(DISJOINT_OVER | NORMAL)),
        COMPOSITE_SOFT_LIGHT(t -> t.composite(SOFT_LIGHT | NORMAL));

        @SuppressWarnings("ImmutableEnumChecker") // no lambda above captures anything
        private final Function<AllocationTest, Outcome> draw;

        Operation(Function<AllocationTest, Outcome> draw) {
            this.draw = draw;
        }
    }

    AllocationTest() {
        solid.solid(0x1234);
        pattern.pattern().ofSurface(argb);
        pattern.pattern(3, 5);
        dashes.reset(8);
        dashes.length(5 << 4);
        dashes.length(3 << 4);
        path.beginSegment(1);
        path.point(2 << 4, 3 << 4);
        path.point(50 << 4, 40 << 4);
        path.point(20 << 4, 60 << 4);
        path.endSegment(2);
        path.finish();
        for (int i = 0; i < SIZE * SIZE; i++) {
            argb.memory().setAtIndex(Surface.INT, i, i << 20 | 0x102030);
            alpha.memory().set(JAVA_BYTE, i, (byte) i);
            bytes.setAtIndex(Surface.INT, i, i * 0x9e3779b9);
        }
    }

    @AfterEach
    void release() {
        arena.close();
    }

    @ParameterizedTest
    @EnumSource
    void allocatesNothingOnceWarm(Operation operation) {
        for (SurfaceFormat format : new SurfaceFormat[] {SurfaceFormat.XRGB_32, SurfaceFormat.RGB_565}) {
            target = Surface.allocate(format, SIZE, SIZE, arena);
            pattern.pattern().ofSurface(format == SurfaceFormat.XRGB_32 ? argb : Surface.allocate(format, 9, 9, arena));
            draw(operation, WARM_UP);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 5; attempt++) { // a compilation may allocate on our account
                long before = threads.getCurrentThreadAllocatedBytes();
                draw(operation, ROUNDS);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least / ROUNDS, "bytes for each command on " + format);
        }
    }

    private void draw(Operation operation, int rounds) {
        int drawn = 0;
        for (int i = 0; i < rounds; i++) {
            region.setBox(target, 3, 3, 40, 60);
            region.clipTo(CLIPS, CLIPS.length / 4);
            mask.bitmap().ofBitmap(BitmapFormat.BIT_1_BE, true, SIZE, SIZE, SIZE / 8);
            mask.bitmap().piece(bytes, 0, SIZE * SIZE / 8);
            mask.set(0, 0, true);
            drawn += operation.draw.apply(this) == Outcome.DRAWN ? 1 : 0;
        }
        assertEquals(rounds, drawn, "drawn");
    }

    private void describeBitmap() {
        source.ofBitmap(BitmapFormat.BIT_32, true, SIZE, SIZE, 4 * SIZE);
        source.piece(bytes, 0, 1001);
        source.piece(bytes, 1001, 4 * SIZE * SIZE - 1001);
    }

    /** From a bitmap in two pieces; of half of it, it is scaled. */
    private Outcome copyBitmap(int rop, int size, Mask through) {
        describeBitmap();
        region.setBox(target, 0, 0, SIZE, SIZE);
        region.clipTo(CLIPS, CLIPS.length / 4);
        return canvas.copy(target, region, source, 0, 0, size, size, rop, Canvas.SCALE_INTERPOLATE, through);
    }

    private Outcome copySurface(int size, int scaleMode) {
        source.ofSurface(argb);
        return canvas.copy(target, region, source, 0, 0, size, size, Rop.PUT, scaleMode, noMask);
    }

    private Outcome halve() {
        source.ofSurface(argb);
        region.setBox(target, 0, 0, SIZE / 2, SIZE / 2);
        return canvas.copy(target, region, source, 0, 0, SIZE, SIZE, Rop.PUT, Canvas.SCALE_INTERPOLATE, noMask);
    }

    private Outcome opaque(Brush brush) {
        describeBitmap();
        return canvas.opaque(target, region, source, 3, 3, 40, 60, brush, Rop.XOR, Canvas.SCALE_NEAREST, mask);
    }

    private Outcome rop3(Brush brush) {
        describeBitmap();
        return canvas.rop3(target, region, source, 3, 3, 40, 60, brush, 0xca, Canvas.SCALE_NEAREST, mask);
    }

    /** Ten glyphs, each of which overlaps the one before it. */
    private Outcome text(int bitsPerPixel, Brush brush) {
        text.reset(bitsPerPixel);
        for (int i = 0; i < 10; i++) {
            text.glyph(5 * i, 2 * i, 9, 11, bytes, i);
        }
        background.cut(region, 0, 0, 20, 20);
        return canvas.text(target, region, background, text, brush, solid);
    }

    private Outcome transparent(int size) {
        describeBitmap();
        return canvas.transparent(target, region, source, 0, 0, size, size, 0x1234);
    }

    private Outcome alphaBlend(int size, int opacity) {
        source.ofSurface(argb);
        return canvas.alphaBlend(target, region, source, 0, 0, size, size, opacity, false);
    }

    private Outcome composite(int flags) {
        source.ofSurface(argb);
        maskImage.ofSurface(alpha);
        parameters.reset(flags);
        parameters.sourceTransform(40000, 3, 5, 7, 50000, 9);
        return canvas.composite(target, region, parameters, source, maskImage);
    }
}
