package org.spiceshm.renderer;

import org.spiceshm.protocol.qxl.CommandSlot;

/** Gives commands back, the last stage: afterwards the guest may overwrite what a slot names. */
final class ReleaseHandler implements PipelineStage {
    private final CommandCompletion completion;

    ReleaseHandler(CommandCompletion completion) {
        this.completion = completion;
    }

    @Override
    public void onEvent(CommandSlot slot, long sequence, boolean endOfBatch) {
        completion.finish(slot);
        if (endOfBatch) {
            completion.batchFinished();
        }
    }
}
