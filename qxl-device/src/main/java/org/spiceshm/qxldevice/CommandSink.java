package org.spiceshm.qxldevice;

import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/**
 * Where the device's commands go, in order. The device thread alone calls it; whoever is behind it hands every slot back
 * by {@link QxlDevice#finish} when it is done with it, and says {@link QxlDevice#batchFinished} after some of them.
 */
public interface CommandSink {
    /** An empty slot to fill, or null while there is no room: then the guest's ring simply stands still. */
    @Nullable
    CommandSlot claim();

    /** Passes on the slot that was claimed last. */
    void publish(CommandSlot slot);
}
