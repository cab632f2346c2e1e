package org.spiceshm.canvas;

/**
 * What a region is filled with. spice-protocol, enums.h: SpiceBrushType. Owned by the render thread; reused for every
 * command, it holds no pixels.
 */
public final class Brush {
    private enum Kind {
        NONE,
        SOLID,
        PATTERN
    }

    final Image pattern = new Image();
    int patternX;
    int patternY;

    private Kind kind = Kind.NONE;
    private int color;

    /** No brush: the raster operation sees zero. */
    public void none() {
        kind = Kind.NONE;
        color = 0;
    }

    /** One native pixel value: the low 8, 16 or 32 bits, as the surface has them. */
    public void solid(int newColor) {
        kind = Kind.SOLID;
        color = newColor;
    }

    /** {@link #pattern()}, repeated, with its pixel 0,0 at {@code x}, {@code y} of the surface. */
    public void pattern(int x, int y) {
        kind = Kind.PATTERN;
        patternX = x;
        patternY = y;
    }

    /** The tile, to be described before {@link #pattern(int, int)}. */
    public Image pattern() {
        return pattern;
    }

    boolean isNone() {
        return kind == Kind.NONE;
    }

    boolean isPattern() {
        return kind == Kind.PATTERN;
    }

    int color() {
        return color;
    }
}
