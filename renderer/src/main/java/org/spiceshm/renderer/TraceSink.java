package org.spiceshm.renderer;

import org.spiceshm.protocol.qxl.CommandSlot;

/**
 * Writes down what was rendered. Called for every slot after it was rendered and before its command is released, so what
 * it names is still in guest memory.
 */
@FunctionalInterface
public interface TraceSink {
    /** One slot, rendered or faulty. */
    void rendered(CommandSlot slot);
}
