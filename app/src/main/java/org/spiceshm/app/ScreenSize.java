package org.spiceshm.app;

import org.jspecify.annotations.Nullable;
import org.spiceshm.renderer.PrimarySurface;

/** How large the guest's screen is. */
public record ScreenSize(int widthPixels, int heightPixels) {
    /** There is no screen. */
    public static final ScreenSize NONE = new ScreenSize(0, 0);

    /** That of a primary, if there is one. */
    public static ScreenSize of(@Nullable PrimarySurface primary) {
        return primary == null ? NONE : new ScreenSize(primary.widthPixels(), primary.heightPixels());
    }

    /** Whether there is no screen. */
    public boolean isEmpty() {
        return !(0 < widthPixels && 0 < heightPixels);
    }
}
