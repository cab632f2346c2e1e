package org.spiceshm.guestdriver;

import org.jspecify.annotations.Nullable;

/**
 * Something to look at: a wallpaper, windows of text of which one wanders by COPY_BITS and one scrolls, a clock of FILLs;
 * or, as "video", the same at rest around a moving picture of 320x240. Deterministic: a frame is a function of its
 * number.
 *
 * <pre>
 *  frame 0         wallpaper cells (COPY), windows (FILL, COPY)
 *  each frame      bar, wandering window (COPY_BITS, FILL of what it uncovers), line of text (COPY_BITS, COPY)
 *  as video        picture (COPY)
 * </pre>
 *
 * <p>Owned by the driver's thread.
 */
final class DesktopScene implements Scene {
    private static final int SMALL_SLOTS = 1024;
    private static final int TEXT_SLOTS = 512;
    private static final int VIDEO_SLOTS = 24;

    private static final int LINE_ROWS = 16;
    private static final int TITLE_ROWS = 20;
    private static final int STEP = 2;
    private static final int VIDEO_WIDTH = 320;
    private static final int VIDEO_HEIGHT = 240;

    private static final int WALLPAPER = 0x2f4858;
    private static final int[] TITLE = {0x33658a, 0x86bbd8};
    private static final int PAPER = 0xf6f4ef;
    private static final int BAR = 0x1b2a34;
    private static final int BAR_LIT = 0xf6ae2d;

    private final String name;
    private final int width;
    private final int height;
    private final boolean video;

    /** The window that scrolls, and the one that wanders. */
    private final int[] terminal;

    private final int wandererLeft;
    private final int wandererWidth;
    private final int wandererHeight;
    private final int terminalLines;
    private final int setupCommands;

    private @Nullable SceneSlots small;
    private @Nullable SceneSlots text;
    private @Nullable SceneSlots pictures;
    private final int[] sine = new int[256];

    DesktopScene(String name, int width, int height, boolean video) {
        this.name = name;
        this.width = width;
        this.height = height;
        this.video = video;
        int terminalWidth = Math.max(32, width * 2 / 5);
        int lines = Math.max(1, (height * 3 / 5 - TITLE_ROWS) / LINE_ROWS);
        this.terminal = new int[] {width / 20, height / 10, terminalWidth};
        this.terminalLines = lines;
        this.wandererWidth = Math.max(16, width / 4);
        this.wandererHeight = Math.max(16, height / 4);
        // INVARIANT: right of the terminal, so the two never touch: 1/20 + 2/5 < 3/5.
        this.wandererLeft = Math.min(width - wandererWidth, width * 3 / 5);
        // Wallpaper, two windows of title and paper, the terminal's lines.
        this.setupCommands = 5 + terminalLines;
        for (int i = 0; i < sine.length; i++) {
            sine[i] = (int) Math.round(127.5 + 127.5 * Math.sin(i * 2 * Math.PI / sine.length));
        }
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
        if (video) {
            pictures = new SceneSlots(driver, VIDEO_SLOTS, videoWidth(), videoHeight());
        }
        SceneSlots lines = new SceneSlots(driver, TEXT_SLOTS, terminal[2], LINE_ROWS);
        UiPainter painter = new UiPainter();
        int[] pixels = new int[terminal[2] * LINE_ROWS];
        for (int i = 0; i < lines.count(); i++) {
            // Multiples of four keep one pair of colours.
            painter.paint(pixels, terminal[2], LINE_ROWS, 4 * i + 2);
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] = pixels[p] == 0x103060 ? 0x103060 : PAPER;
            }
            lines.pixels(lines.slot(i), pixels);
        }
        text = lines;
        small = new SceneSlots(driver, SMALL_SLOTS, 0, 0);
    }

    private static SceneSlots made(@Nullable SceneSlots slots) {
        if (slots == null) {
            throw new IllegalStateException("scene: got a push, expected prepare() first");
        }
        return slots;
    }

    private int videoWidth() {
        return Math.min(VIDEO_WIDTH, width / 2);
    }

    private int videoHeight() {
        return Math.min(VIDEO_HEIGHT, height / 2);
    }

    /** Commands of every frame but the first: see {@link #step}. */
    private int frameCommands() {
        return video ? 1 : 6;
    }

    @Override
    public int commandsInFrame(long sequence) {
        return sequence == 0 ? setupCommands : frameCommands();
    }

    @Override
    public boolean isReady() {
        return made(small).hasFree()
                && made(text).hasFree()
                && (!video || made(pictures).hasFree());
    }

    @Override
    public void push(long sequence, PushListener listener) {
        if (sequence < setupCommands) {
            setUp((int) sequence, sequence, listener);
            return;
        }
        long since = sequence - setupCommands;
        long frame = since / frameCommands();
        if (video) {
            picture(frame, sequence, listener);
        } else {
            step((int) (since % frameCommands()), frame, sequence, listener);
        }
    }

    private void setUp(int part, long sequence, PushListener listener) {
        int left = terminal[0];
        int top = terminal[1];
        int right = left + terminal[2];
        switch (part) {
            case 0 -> fill(0, 0, width, height, WALLPAPER, sequence, listener);
            case 1 -> fill(left, top, right, top + TITLE_ROWS, TITLE[0], sequence, listener);
            case 2 -> {
                int bottom = Math.min(height, top + TITLE_ROWS + terminalLines * LINE_ROWS);
                fill(left, top + TITLE_ROWS, right, bottom, PAPER, sequence, listener);
            }
            case 3 ->
                fill(
                        wandererLeft,
                        wandererTop(0),
                        wandererLeft + wandererWidth,
                        wandererTop(0) + TITLE_ROWS / 2,
                        TITLE[1],
                        sequence,
                        listener);
            case 4 ->
                fill(
                        wandererLeft,
                        wandererTop(0) + TITLE_ROWS / 2,
                        wandererLeft + wandererWidth,
                        wandererTop(0) + wandererHeight,
                        PAPER,
                        sequence,
                        listener);
            default -> line(part - 5, sequence, listener);
        }
    }

    /** One of six commands: two for the wanderer, two for the terminal, two for the bar. */
    private void step(int part, long frame, long sequence, PushListener listener) {
        switch (part) {
            case 0 -> wander(frame, sequence, listener);
            case 1 -> uncover(frame, sequence, listener);
            case 2 -> scroll(sequence, listener);
            case 3 -> line(terminalLines - 1, sequence, listener);
            case 4 -> fill(0, height - 8, width, height, BAR, sequence, listener);
            default -> {
                int lit = (int) (frame * 4 % Math.max(1, width - 16));
                fill(lit, height - 8, lit + 16, height, BAR_LIT, sequence, listener);
            }
        }
    }

    private void wander(long frame, long sequence, PushListener listener) {
        int top = wandererTop(frame + 1);
        int left = wandererLeft;
        SceneSlots slots = made(small);
        long slot = slots.take();
        slots.copyBits(slot, left, top, left + wandererWidth, top + wandererHeight, wandererLeft, wandererTop(frame));
        slots.push(slot, sequence, listener);
    }

    /** The strip that the wanderer, which moves up and down only, has left. */
    private void uncover(long frame, long sequence, PushListener listener) {
        int before = wandererTop(frame);
        int now = wandererTop(frame + 1);
        int left = wandererLeft;
        int top = now > before ? before : now + wandererHeight;
        fill(left, top, left + wandererWidth, top + Math.abs(now - before), WALLPAPER, sequence, listener);
    }

    private int wandererTop(long frame) {
        int steps = Math.max(1, (height - 16 - wandererHeight) / STEP);
        int phase = (int) (frame % (2L * steps));
        return STEP * (phase < steps ? phase : 2 * steps - phase);
    }

    private void scroll(long sequence, PushListener listener) {
        int left = terminal[0];
        int top = terminal[1] + TITLE_ROWS;
        int bottom = Math.max(top + 1, top + (terminalLines - 1) * LINE_ROWS);
        SceneSlots slots = made(small);
        long slot = slots.take();
        slots.copyBits(slot, left, top, left + terminal[2], bottom, left, top + LINE_ROWS);
        slots.push(slot, sequence, listener);
    }

    private void line(int line, long sequence, PushListener listener) {
        int left = terminal[0];
        int top = terminal[1] + TITLE_ROWS + line * LINE_ROWS;
        SceneSlots slots = made(text);
        long slot = slots.take();
        slots.copy(slot, left, top, left + terminal[2], top + LINE_ROWS);
        slots.push(slot, sequence, listener);
    }

    private void fill(int left, int top, int right, int bottom, int color, long sequence, PushListener listener) {
        SceneSlots slots = made(small);
        long slot = slots.take();
        slots.fill(slot, left, top, right, bottom, color);
        slots.push(slot, sequence, listener);
    }

    /** A plasma: sums of sines that move with the frame's number. */
    private void picture(long frame, long sequence, PushListener listener) {
        SceneSlots slots = made(pictures);
        long slot = slots.take();
        int time = (int) (frame & 0xff);
        int across = videoWidth();
        int down = videoHeight();
        for (int y = 0; y < down; y++) {
            for (int x = 0; x < across; x++) {
                int red = sine[x + 2 * time & 0xff];
                int green = sine[y - time & 0xff];
                int blue = sine[x + y + 3 * time & 0xff];
                slots.pixel(slot, y * across + x, red << 16 | green << 8 | blue);
            }
        }
        int left = (width - across) / 2;
        int top = (height - down) / 2;
        slots.copy(slot, left, top, left + across, top + down);
        slots.push(slot, sequence, listener);
    }
}
