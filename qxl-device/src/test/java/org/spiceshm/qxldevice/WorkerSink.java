package org.spiceshm.qxldevice;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;

/** A pipeline of one stage on a thread of its own, which only finishes; as the real one it tells before it has room. */
final class WorkerSink implements CommandSink, AutoCloseable {
    private final CommandSlot[] slots;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong finished = new AtomicLong();
    private final Thread worker;
    private volatile @Nullable QxlDevice device;
    private volatile boolean running = true;

    WorkerSink(int slotCount) {
        slots = new CommandSlot[slotCount];
        for (int i = 0; i < slotCount; i++) {
            slots[i] = new CommandSlot();
        }
        worker = Thread.ofPlatform().name("worker-sink").daemon().unstarted(this::work);
    }

    /** Begins; to be closed before the device. */
    WorkerSink start(QxlDevice to) {
        device = to;
        worker.start();
        return this;
    }

    @Override
    public @Nullable CommandSlot claim() {
        long next = published.get();
        return next - finished.get() == slots.length ? null : slots[(int) (next % slots.length)];
    }

    @Override
    public void publish(CommandSlot slot) {
        published.incrementAndGet();
        LockSupport.unpark(worker);
    }

    long finished() {
        return finished.get();
    }

    private void work() {
        QxlDevice target = device;
        if (target == null) {
            throw new AssertionError("not connected");
        }
        while (running) {
            long end = published.get();
            for (long i = finished.get(); i < end; i++) {
                target.finish(slots[(int) (i % slots.length)]);
            }
            if (finished.get() == end) {
                LockSupport.parkNanos(1_000_000);
            } else {
                target.batchFinished();
                finished.set(end);
            }
        }
    }

    @Override
    public void close() {
        running = false;
        LockSupport.unpark(worker);
        while (worker.isAlive()) {
            Thread.onSpinWait();
        }
    }
}
