package org.spiceshm.server;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.DisplayServerMessage.Head;

/**
 * What the screen is, but for its pixels. Immutable; every change makes a new one.
 *
 * @param epoch counts primaries created and destroyed
 * @param segment where primaries lie from now on
 * @param primary what is shown, if anything
 * @param maxHeads most monitors that the guest can have
 * @param heads the guest's monitors; empty for one that is the whole primary
 * @param monitorsVersion counts changes of the heads
 */
record ScreenState(
        long epoch,
        @Nullable SharedSegment segment,
        @Nullable Primary primary,
        int maxHeads,
        List<Head> heads,
        long monitorsVersion) {
    static final ScreenState EMPTY = new ScreenState(0, null, null, 1, List.of(), 0);
}
