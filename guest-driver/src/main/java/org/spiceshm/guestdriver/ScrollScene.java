package org.spiceshm.guestdriver;

import org.jspecify.annotations.Nullable;

/**
 * A terminal that scrolls: everything moves up by a line of 16 rows, then a new line is copied to the bottom. Even
 * commands move, odd ones copy. Owned by the driver's thread.
 */
final class ScrollScene implements Scene {
    private static final int LINE_ROWS = 16;
    private static final int SLOTS = 2000;
    private static final int SEQUENCE_MASK = 0xff_ffff;

    private final int width;
    private final int height;
    private @Nullable SceneSlots slots;

    ScrollScene(int width, int height) {
        this.width = width;
        this.height = height;
    }

    @Override
    public String name() {
        return "scroll";
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
        SceneSlots made = new SceneSlots(driver, SLOTS, width, LINE_ROWS);
        UiPainter painter = new UiPainter();
        int[] pixels = new int[width * LINE_ROWS];
        for (int i = 0; i < made.count(); i++) {
            painter.paint(pixels, width, LINE_ROWS, i);
            made.pixels(made.slot(i), pixels);
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
        return 2;
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
        if ((number & 1) == 0) {
            made.copyBits(slot, 0, 0, width, height - LINE_ROWS, 0, LINE_ROWS);
        } else {
            made.pixel(slot, 0, number);
            made.copy(slot, 0, height - LINE_ROWS, width, height);
        }
        made.push(slot, sequence, listener);
    }
}
