package org.spiceshm.qxldevice;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/** A pipeline with a gate: open, it finishes each slot at once; shut, it keeps them until it is opened. Any thread. */
final class GateSink implements CommandSink {
    private final CommandSlot[] slots;
    private final List<CommandSlot> kept = new ArrayList<>();
    private @Nullable QxlDevice device;
    private boolean shut;
    private long published;
    private long finished;

    GateSink(int slotCount) {
        slots = new CommandSlot[slotCount];
        for (int i = 0; i < slotCount; i++) {
            slots[i] = new CommandSlot();
        }
    }

    void connect(QxlDevice to) {
        device = to;
    }

    @Override
    public synchronized @Nullable CommandSlot claim() {
        return published - finished == slots.length ? null : slots[(int) (published % slots.length)];
    }

    @Override
    public synchronized void publish(CommandSlot slot) {
        published++;
        kept.add(slot);
        if (!shut) {
            open();
        }
    }

    synchronized void shut() {
        shut = true;
    }

    synchronized void open() {
        shut = false;
        QxlDevice to = device;
        if (to == null) {
            throw new AssertionError("not connected");
        }
        for (CommandSlot slot : kept) {
            to.finish(slot);
            finished++;
        }
        kept.clear();
        to.batchFinished();
    }

    synchronized int keptCount() {
        return kept.size();
    }
}
