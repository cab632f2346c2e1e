package org.spiceshm.guestdriver;

import org.jspecify.annotations.Nullable;

/**
 * Equal cells, row by row, over and over: one COPY or one FILL a cell. The whole screen is the case of one cell. What is
 * left over at the right and at the bottom is never drawn. Owned by the driver's thread.
 */
final class GridScene implements Scene {
    private static final int FULL_SLOTS = 48;
    private static final int TILE_SLOTS = 3000;
    private static final int TEXT_SLOTS = 40_000;
    private static final int FILL_SLOTS = 4000;
    private static final int SEQUENCE_MASK = 0xff_ffff;

    private final String name;
    private final int width;
    private final int height;
    private final int cellWidth;
    private final int cellHeight;
    private final int mostSlots;
    private final boolean filled;
    private @Nullable SceneSlots slots;

    private GridScene(
            String name, int width, int height, int cellWidth, int cellHeight, int mostSlots, boolean filled) {
        this.name = name;
        this.width = width;
        this.height = height;
        this.cellWidth = cellWidth;
        this.cellHeight = cellHeight;
        this.mostSlots = mostSlots;
        this.filled = filled;
    }

    static Scene full(int width, int height) {
        return new GridScene("full", width, height, width, height, FULL_SLOTS, false);
    }

    static Scene tiles(int width, int height) {
        return new GridScene("tiles", width, height, 64, 64, TILE_SLOTS, false);
    }

    static Scene text(int width, int height) {
        return new GridScene("text", width, height, 8, 16, TEXT_SLOTS, false);
    }

    static Scene fills(int width, int height) {
        return new GridScene("fills", width, height, 8, 8, FILL_SLOTS, true);
    }

    /** The unkind case: an application that draws pixel by pixel. */
    static Scene pixels(int width, int height) {
        return new GridScene("pixels", width, height, 1, 1, FILL_SLOTS, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public void prepare(QxlDriver driver) {
        SceneSlots made = new SceneSlots(driver, mostSlots, filled ? 0 : cellWidth, filled ? 0 : cellHeight);
        if (!filled) {
            UiPainter painter = new UiPainter();
            int[] pixels = new int[cellWidth * cellHeight];
            for (int i = 0; i < made.count(); i++) {
                painter.paint(pixels, cellWidth, cellHeight, i);
                made.pixels(made.slot(i), pixels);
            }
        }
        slots = made;
    }

    private SceneSlots slots() {
        SceneSlots made = slots;
        if (made == null) {
            throw new IllegalStateException("scene: got a push, expected prepare() first");
        }
        return made;
    }

    @Override
    public int commandsInFrame(long sequence) {
        return 1;
    }

    @Override
    public boolean isReady() {
        return slots().hasFree();
    }

    @Override
    public void push(long sequence, PushListener listener) {
        SceneSlots made = slots();
        long slot = made.take();
        int number = (int) sequence & SEQUENCE_MASK;
        int columns = width / cellWidth;
        int rows = height / cellHeight;
        int cell = number % (columns * rows);
        int left = cell % columns * cellWidth;
        int top = cell / columns * cellHeight;
        if (filled) {
            made.fill(slot, left, top, left + cellWidth, top + cellHeight, number);
        } else {
            made.pixel(slot, 0, number);
            made.copy(slot, left, top, left + cellWidth, top + cellHeight);
        }
        made.push(slot, sequence, listener);
    }
}
