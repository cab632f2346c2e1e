package org.spiceshm.renderer;

import org.spiceshm.protocol.qxl.CommandSlot;

/** Whoever gave the commands, told what has become of them. Called by one thread, the release handler's. */
public interface CommandCompletion {
    /** The slot's command has been rendered, or is not going to be ({@code slot.fault}); in the order of the commands. */
    void finish(CommandSlot slot);

    /** A batch has ended. */
    void batchFinished();
}
