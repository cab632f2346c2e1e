package org.spiceshm.renderer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;
import org.spiceshm.protocol.qxl.CommandSlot;

/** A handler of the pipeline; stages can be run one after the other on one thread. */
interface PipelineStage extends EventHandler<CommandSlot> {
    @Override
    void onEvent(CommandSlot slot, long sequence, boolean endOfBatch);

    /** Both, in this order, on one thread: where cores are few, a hop costs more than the work. */
    default PipelineStage andThen(PipelineStage next) {
        PipelineStage first = this;
        return new PipelineStage() {
            @Override
            public void onEvent(CommandSlot slot, long sequence, boolean endOfBatch) {
                // A stage that fails must not keep a command from being released.
                try {
                    first.onEvent(slot, sequence, endOfBatch);
                } finally {
                    next.onEvent(slot, sequence, endOfBatch);
                }
            }

            @Override
            public void onTimeout(long sequence) throws Exception {
                first.onTimeout(sequence);
                next.onTimeout(sequence);
            }

            @Override
            public void setSequenceCallback(Sequence sequence) {
                first.setSequenceCallback(sequence);
                next.setSequenceCallback(sequence);
            }

            @Override
            public void onShutdown() {
                first.onShutdown();
                next.onShutdown();
            }
        };
    }
}
