package org.spiceshm.renderer;

import com.lmax.disruptor.Sequence;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/** Gives commands back, the last stage: afterwards the guest may overwrite what a slot names. */
final class ReleaseHandler implements PipelineStage {
    private final CommandCompletion completion;
    private @Nullable Sequence progress;

    ReleaseHandler(CommandCompletion completion) {
        this.completion = completion;
    }

    @Override
    public void onEvent(CommandSlot slot, long sequence, boolean endOfBatch) {
        completion.finish(slot);
        if (endOfBatch) {
            // First the room, then the word of it: else a producer that waits for room would look too early.
            Sequence done = progress;
            if (done != null) {
                done.set(sequence);
            }
            completion.batchFinished();
        }
    }

    @Override
    public void setSequenceCallback(Sequence sequence) {
        progress = sequence;
    }
}
