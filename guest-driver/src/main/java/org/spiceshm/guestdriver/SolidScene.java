package org.spiceshm.guestdriver;

import org.jspecify.annotations.Nullable;

/** The whole screen in one colour, the sequence number, which is never that of the frame before. Owned by the driver's thread. */
final class SolidScene implements Scene {
    private static final int SLOTS = 64;
    private static final int SEQUENCE_MASK = 0xff_ffff;

    private final int width;
    private final int height;
    private @Nullable SceneSlots slots;

    SolidScene(int width, int height) {
        this.width = width;
        this.height = height;
    }

    @Override
    public String name() {
        return "solid";
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
        slots = new SceneSlots(driver, SLOTS, 0, 0);
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
        made.fill(slot, 0, 0, width, height, (int) sequence & SEQUENCE_MASK);
        made.push(slot, sequence, listener);
    }
}
