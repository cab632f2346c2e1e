package org.spiceshm.canvas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Results worked out by hand, and refusals. */
final class CanvasTest {
    private static final int PUT = 8;

    private final Arena arena = Arena.ofConfined();
    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Mask mask = new Mask();
    private final Brush brush = new Brush();
    private final Image source = new Image();
    private final Image maskImage = new Image();
    private final CompositeParameters parameters = new CompositeParameters();

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void fillsByEachRasterOperation() {
        assertEquals(0x0000_cccc, filled(PUT));
        assertEquals(0xffff_3333, filled(PUT | Rop.INVERS_BRUSH));
        assertEquals(0xffff_3333, filled(PUT | Rop.INVERS_RES));
        assertEquals(0x0000_cccc, filled(PUT | Rop.INVERS_DEST));
        assertEquals(0xaaaa_eeee, filled(Rop.OR));
        assertEquals(0x0000_8888, filled(Rop.AND));
        assertEquals(0xaaaa_6666, filled(Rop.XOR));
        assertEquals(0x5555_9999, filled(Rop.XOR | Rop.INVERS_DEST));
        assertEquals(0x0000_4444, filled(Rop.AND | Rop.INVERS_DEST));
        assertEquals(0xaaaa_2222, filled(Rop.AND | Rop.INVERS_BRUSH));
        assertEquals(0xffff_7777, filled(Rop.AND | Rop.INVERS_RES));
        assertEquals(0, filled(Rop.BLACKNESS | Rop.INVERS_RES));
        assertEquals(-1, filled(Rop.WHITENESS));
        assertEquals(0x5555_5555, filled(Rop.INVERS));
        assertEquals(0x0000_cccc, filled(0));
        assertEquals(0xaaaa_eeee, filled(Rop.OR | Rop.XOR | Rop.WHITENESS));
    }

    private int filled(int rop) {
        Surface surface = solid(SurfaceFormat.ARGB_32, 1, 1, 0xaaaa_aaaa);
        brush.solid(0x0000_cccc);
        region.setBox(surface, 0, 0, 1, 1);
        canvas.fill(surface, region, brush, rop, mask);
        return surface.pixel(0, 0);
    }

    @Test
    void fillsWithZeroWhenThereIsNoBrush() {
        Surface surface = solid(SurfaceFormat.ARGB_32, 1, 1, 5);
        brush.none();
        region.setBox(surface, 0, 0, 1, 1);
        assertEquals(Outcome.DRAWN, canvas.fill(surface, region, brush, PUT, mask));
        assertEquals(0, surface.pixel(0, 0));
    }

    @Test
    void roundsOverToTheNearest() {
        // 128 + 100 * 127 / 255 = 128 + 49.8; alpha 128 + 255 * 127 / 255 = 255
        assertEquals(0xffb2_8000, composited(Compositor.OVER, 0x8080_8000, 0xff64_0000));
        // 1 + 1 * 127 / 255 = 1 + 0.498 -> 1; 3 * 127 / 255 = 1.494 -> 1
        assertEquals(0xff01_0100, composited(Compositor.OVER, 0x8001_0000, 0xff01_0300));
        // more than 255 stays 255
        assertEquals(0xffff_0000, composited(Compositor.OVER, 0x80ff_0000, 0xffff_0000));
        assertEquals(0xff11_2233, composited(Compositor.OVER, 0, 0xff11_2233));
        assertEquals(0xff00_0000, composited(Compositor.OVER, 0xff00_0000, 0xff11_2233));
    }

    @Test
    void saturatesInSinglePrecision() {
        // room 0.2 of source alpha 0.4: half of each channel
        assertEquals(0xff14_1e28, composited(Compositor.SATURATE, 0x6628_3c50, 0xcc00_0000) & 0xffff_ffff);
        assertEquals(0xffff_ffff, composited(Compositor.SATURATE, 0x1234_5678, 0xffff_ffff));
    }

    private int composited(int operator, int from, int to) {
        Surface surface = solid(SurfaceFormat.ARGB_32, 1, 1, to);
        source.ofSurface(solid(SurfaceFormat.ARGB_32, 1, 1, from));
        parameters.reset(operator);
        region.setBox(surface, 0, 0, 1, 1);
        canvas.composite(surface, region, parameters, source, maskImage);
        return surface.pixel(0, 0);
    }

    @Test
    void weighsNeighboursInHalfPercents() {
        // weights 128/256 each way: a quarter of each, truncated: (255 + 0 + 0 + 1) / 4 = 64
        assertEquals(0x40, blended(0xff, 0, 0, 1, 64, 64));
        assertEquals(0xff, blended(0xff, 0, 0, 0, 0, 0));
        // 2/256 of the right one: 0xff * 2 / 256 = 1.99 -> 1
        assertEquals(0x01, blended(0, 0xff, 0, 0, 1, 0));
        assertEquals(0x0100_0000, blended(0, 0xff00_0000, 0, 0, 1, 0));
    }

    /** Four neighbours, with 128ths of distance. */
    private static int blended(int topLeft, int topRight, int bottomLeft, int bottomRight, int x, int y) {
        int[] weight = {Bilinear.weight((long) x << 9)};
        int[][] halves = new int[4][1];
        Bilinear.acrossEven(new int[] {topLeft}, new int[] {topRight}, weight, 1, halves[0]);
        Bilinear.acrossOdd(new int[] {topLeft}, new int[] {topRight}, weight, 1, halves[1]);
        Bilinear.acrossEven(new int[] {bottomLeft}, new int[] {bottomRight}, weight, 1, halves[2]);
        Bilinear.acrossOdd(new int[] {bottomLeft}, new int[] {bottomRight}, weight, 1, halves[3]);
        int[] out = new int[1];
        Bilinear.down(halves[0], halves[1], halves[2], halves[3], Bilinear.weight((long) y << 9), 1, out);
        return out[0];
    }

    @Test
    void repeatsAsAsked() {
        assertEquals("......abc......", repeated(0));
        assertEquals("abcabcabcabcabc", repeated(1));
        assertEquals("aaaaaaabccccccc", repeated(2));
        assertEquals("abccbaabccbaabc", repeated(3));
    }

    private String repeated(int repeat) {
        Surface letters = Surface.allocate(SurfaceFormat.A8, 3, 1, arena);
        letters.writeRow(0, 0, 3, new int[] {'a', 'b', 'c'}, 0);
        Surface surface = solid(SurfaceFormat.A8, 15, 1, '.');
        source.ofSurface(letters);
        parameters.reset(1 | (repeat << 14));
        parameters.sourceOrigin(-6, 0);
        region.setBox(surface, 0, 0, 1, 15);
        canvas.composite(surface, region, parameters, source, maskImage);
        StringBuilder row = new StringBuilder();
        for (int x = 0; x < 15; x++) {
            row.append((char) (surface.pixel(x, 0) == 0 ? '.' : surface.pixel(x, 0)));
        }
        return row.toString();
    }

    @Test
    void refusesBeforeItTouchesAPixel() {
        Surface surface = solid(SurfaceFormat.XRGB_32, 4, 4, 7);
        region.setBox(surface, 0, 0, 4, 4);
        source.none();
        assertEquals(Outcome.INVALID, copy(surface));
        source.ofBitmap(BitmapFormat.BIT_32, true, 4, 4, 16);
        source.piece(arena.allocate(64), 0, 63); // one byte short
        assertEquals(Outcome.INVALID, copy(surface));
        source.ofBitmap(BitmapFormat.BIT_32, true, 4, 4, 12); // rows overlap
        source.piece(arena.allocate(64), 0, 64);
        assertEquals(Outcome.INVALID, copy(surface));
        source.ofBitmap(BitmapFormat.BIT_8, true, 4, 4, 4); // no palette
        source.piece(arena.allocate(64), 0, 64);
        assertEquals(Outcome.UNSUPPORTED, copy(surface));
        source.ofBitmap(BitmapFormat.BIT_32, true, 0x4000_0000, 0x4000_0000, 16);
        assertEquals(Outcome.INVALID, copy(surface));
        region.setBox(surface, Integer.MIN_VALUE, 0, 4, 4);
        brush.solid(1);
        assertEquals(Outcome.INVALID, canvas.fill(surface, region, brush, PUT, mask));
        region.setBox(surface, 5, 5, 9, 9);
        assertEquals(Outcome.NOTHING, canvas.fill(surface, region, brush, PUT, mask));
        region.setBox(surface, 0, 0, 4, 4);
        source.ofSurface(surface);
        parameters.reset(0x3f);
        assertEquals(Outcome.UNSUPPORTED, canvas.composite(surface, region, parameters, source, maskImage));
        parameters.reset(3 | (1 << 20));
        parameters.sourceTransform(Integer.MAX_VALUE, 0, 0, 0, Integer.MAX_VALUE, 0);
        assertEquals(Outcome.NOTHING, canvas.composite(surface, region, parameters, source, maskImage));
        for (int i = 0; i < 16; i++) {
            assertEquals(7, surface.pixel(i & 3, i >> 2));
        }
    }

    private Outcome copy(Surface surface) {
        return canvas.copy(surface, region, source, 0, 0, 4, 4, PUT, 0, mask);
    }

    @Test
    void surfaceRefusesMemoryThatIsTooSmall() {
        MemorySegment memory = arena.allocate(4 * 4 * 3 - 1);
        assertThrows(IllegalArgumentException.class, () -> new Surface(memory, 0, 16, 4, 3, SurfaceFormat.XRGB_32));
        assertThrows(IllegalArgumentException.class, () -> new Surface(memory, 0, 15, 4, 2, SurfaceFormat.XRGB_32));
        assertThrows(IllegalArgumentException.class, () -> new Surface(memory, -1, 16, 4, 2, SurfaceFormat.XRGB_32));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Surface(MemorySegment.ofArray(new byte[64]), 0, 16, 4, 3, SurfaceFormat.XRGB_32));
        assertEquals(4, new Surface(memory, 0, 16, 4, 2, SurfaceFormat.XRGB_32).widthPixels());
    }

    @Test
    void regionUnitesOverlappingClips() {
        Surface surface = solid(SurfaceFormat.A8, 20, 20, 0);
        region.setBox(surface, -5, -5, 18, 18);
        region.clipTo(new int[] {2, 2, 8, 8, 4, 4, 10, 10, 3, 3, 3, 9, 9, 9, 1, 12, 19, 0, 30, 20}, 5);
        int area = 0;
        for (int i = 0; i < region.count(); i++) {
            area += (region.bottom(i) - region.top(i)) * (region.right(i) - region.left(i));
        }
        assertEquals(36 + 36 - 16, area);
        assertEquals(2, region.extentTop());
        assertEquals(10, region.extentRight());
        region.clipTo(new int[0], 0);
        assertEquals(0, region.count());
    }

    private Surface solid(SurfaceFormat format, int width, int height, int color) {
        Surface surface = Surface.allocate(format, width, height, arena);
        for (int y = 0; y < height; y++) {
            Pixels.fill(surface, y, 0, width, 0, color);
        }
        return surface;
    }
}
