package org.spiceshm.client;

import org.spiceshm.protocol.spice.SurfaceFormat;

/** What a display tells, on its own thread: a listener that blocks holds up the screen. All default to nothing. */
public interface DisplayListener {
    /** Wants to know nothing. */
    DisplayListener NONE = new DisplayListener() {};

    /** There is a screen of this size. */
    default void primaryCreated(int widthPixels, int heightPixels, SurfaceFormat format, boolean sharedMemory) {}

    /** The screen is gone; another may come. */
    default void primaryDestroyed() {}

    /** Pixels have changed. {@code damage} is reused: read it before returning. */
    default void damage(DamageView damage) {}

    /** Nothing more will come. Called once, also after {@link SpiceClient#close}. */
    default void closed(SpiceClientException reason) {}
}
