package org.spiceshm.guestdriver;

/** Hears of each command right before it is pushed. Called on the driver's thread. */
@FunctionalInterface
public interface PushListener {
    /** Nobody listens. */
    PushListener NONE = (sequence, nanos) -> {};

    /**
     * A command is about to be pushed.
     *
     * @param sequence its number in the scene, from 0; {@link Scene} says where it stands in the picture
     * @param nanos {@link System#nanoTime}
     */
    void pushed(long sequence, long nanos);
}
