package org.spiceshm.guestdriver;

/**
 * Commands without end, in a fixed order. In the scenes that measure (full, tiles, text, fills, pixels, scroll, solid) each
 * command shows its sequence number's low 24 bits: as the top-left pixel of what it copies, or as the colour it fills
 * with (COPY_BITS shows nothing). Owned by the driver's thread; pushing allocates nothing.
 */
public interface Scene {
    /** The name that {@link Scenes#of} knows it by. */
    String name();

    /** Pixels across. */
    int width();

    /** Pixels down. */
    int height();

    /** Allocates and paints what it will push; called once, after the primary has been made. */
    void prepare(QxlDriver driver);

    /** How many commands, starting with {@code sequence}, make one frame. */
    int commandsInFrame(long sequence);

    /** Whether there is memory for the next command; if not, something must be released first. */
    boolean isReady();

    /** Pushes command {@code sequence}, having told the listener; waits while the ring is full. */
    void push(long sequence, PushListener listener);
}
