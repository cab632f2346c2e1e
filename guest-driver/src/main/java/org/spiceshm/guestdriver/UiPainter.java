package org.spiceshm.guestdriver;

/**
 * Pictures that look like a user interface to a compressor: panels, title bars, rows of pseudo text. Deterministic; the
 * arithmetic is that of 32-bit unsigned numbers. Owned by one thread.
 */
final class UiPainter {
    private static final int SEED = 12345;
    private static final int GLYPHS = 96;
    private static final int GLYPH_ROWS = 16;
    private static final int GLYPH_COLUMNS = 8;
    private static final int PANEL = 256;
    private static final int TITLE_ROWS = 20;
    private static final int[] BACKGROUND = {0xf4f4f4, 0x1e2430, 0xffffff, 0xe0e8f0};
    private static final int[] FOREGROUND = {0x202020, 0xd0d8c0, 0x103060, 0x303030};

    private final int[][] glyphs = new int[GLYPHS][GLYPH_ROWS];
    private int random = SEED;

    UiPainter() {
        for (int[] glyph : glyphs) {
            for (int row = 2; row < GLYPH_ROWS - 2; row++) {
                glyph[row] = next() & 0x7e & next();
            }
        }
    }

    /** xorshift32. */
    private int next() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return random;
    }

    /** Fills {@code width * height} pixels with variant {@code variant}. */
    void paint(int[] pixels, int width, int height, int variant) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                pixels[y * width + x] = pixel(width, x, y, variant);
            }
        }
    }

    private int pixel(int width, int x, int y, int variant) {
        boolean panels = width >= PANEL;
        int kind = (panels ? x / PANEL + y / PANEL * 2 + variant : variant) & 3;
        int row = y / GLYPH_ROWS + variant;
        int column = x / GLYPH_COLUMNS;
        if (isInk(row, column, x, y)) {
            return FOREGROUND[kind];
        }
        boolean title = panels && y % PANEL < TITLE_ROWS;
        return title ? 0x4070b0 + y % PANEL * 0x10101 : BACKGROUND[kind];
    }

    private boolean isInk(int row, int column, int x, int y) {
        int hash = column * 0x9e3779b1 ^ row * (40503 * 977);
        hash ^= hash >>> 13;
        hash *= 0x5bd1e995;
        hash ^= hash >>> 15;
        int length = 20 + row * 37 % 60;
        return column % GLYPHS < length
                && Integer.remainderUnsigned(hash, 7) != 0
                && (glyphs[Integer.remainderUnsigned(hash, GLYPHS)][y & GLYPH_ROWS - 1] >> (x & 7) & 1) != 0;
    }
}
