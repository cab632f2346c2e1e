package org.spiceshm.qxldevice;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/** A sink of few slots that finishes each at once, or keeps them until told. Owned by the device thread. */
final class RecordingSink implements CommandSink {
    private final CommandSlot[] slots;
    private final List<CommandSlot> kept = new ArrayList<>();
    private @Nullable QxlDevice device;
    private @Nullable CommandSlot last;
    private boolean keeping;
    private long published;
    private long claimed;
    private long finished;

    RecordingSink(int slotCount) {
        slots = new CommandSlot[slotCount];
        for (int i = 0; i < slotCount; i++) {
            slots[i] = new CommandSlot();
        }
    }

    void connect(QxlDevice to) {
        device = to;
    }

    /** From now on slots stay under way until {@link #finishAll}. */
    void keep() {
        keeping = true;
    }

    @Override
    public @Nullable CommandSlot claim() {
        if (published - finished == slots.length) {
            return null;
        }
        claimed = published;
        return slots[(int) (published % slots.length)];
    }

    @Override
    public void publish(CommandSlot slot) {
        if (claimed != published || slots[(int) (published % slots.length)] != slot) {
            throw new AssertionError("published what was not claimed");
        }
        published++;
        claimed = -1;
        last = slot;
        if (keeping) {
            kept.add(slot);
        } else {
            finish(slot);
            connected().batchFinished();
        }
    }

    private void finish(CommandSlot slot) {
        finished++;
        connected().finish(slot);
    }

    private QxlDevice connected() {
        if (device == null) {
            throw new AssertionError("not connected");
        }
        return device;
    }

    /** Ends {@link #keep}: one batch. */
    void finishAll() {
        keeping = false;
        kept.forEach(this::finish);
        kept.clear();
        connected().batchFinished();
    }

    /** What was published last; good until the slots come round. */
    CommandSlot last() {
        if (last == null) {
            throw new AssertionError("nothing was published");
        }
        return last;
    }

    long published() {
        return published;
    }
}
