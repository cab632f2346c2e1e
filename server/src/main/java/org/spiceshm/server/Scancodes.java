package org.spiceshm.server;

/**
 * Puts scancodes of AT set 1 together, byte by byte: one byte, 0xE0 and one, or Pause, which is 0xE1 and two. What is no
 * key is left out. Owned by the channel's thread.
 */
final class Scancodes {
    /** The byte did not complete a key. */
    static final int NONE = 0;

    private static final int EXTENDED = 0xe0;
    private static final int PAUSE_PREFIX = 0xe1;
    private static final int RELEASED = 0x80;

    private int have;
    private int haveBits;
    private boolean released;

    /** The next byte; a key as {@link InputSink#key} has it, without its release bits, or {@link #NONE}. */
    int add(int next) {
        if (next == EXTENDED || next == PAUSE_PREFIX) {
            have = next;
            haveBits = Byte.SIZE;
            return NONE;
        }
        have |= (next & ~RELEASED) << haveBits;
        haveBits += Byte.SIZE;
        released = (next & RELEASED) != 0;
        boolean isPause = (have & 0xff) == PAUSE_PREFIX;
        if (isPause && haveBits < 3 * Byte.SIZE) {
            return NONE;
        }
        int key = have;
        clear();
        boolean known = isPause ? key == InputSink.PAUSE : (next & ~RELEASED) != 0;
        return known ? key : NONE;
    }

    /** Whether the key that {@link #add} last completed was let go. */
    boolean isReleased() {
        return released;
    }

    /** Forgets a prefix. */
    void clear() {
        have = 0;
        haveBits = 0;
    }
}
