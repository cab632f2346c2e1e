package org.spiceshm.qxldevice;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.QxlIo;

/**
 * Runs a {@link QxlDevice} for a guest in this process: a thread of its own that hears port writes and reads the rings.
 * The device has one owner at a time: the thread, or, while it sleeps, whoever knocks.
 *
 * <p>Notifications are bits, so that a busy guest neither allocates nor waits; one asynchronous port is queued; the others
 * make the caller wait, as a virtual CPU would, and so does an asynchronous port behind one that is still queued: no guest
 * makes the queue long. Any thread may write but this one; it lives until {@link #close}.
 */
public final class DeviceThread implements AutoCloseable {
    private static final int OOM_BIT = 1;
    private static final int IRQ_BIT = 2;
    private static final int KNOCK_BIT = 4;
    /** Queued calls that are run before the rings are looked at again. */
    private static final int CALL_LIMIT = 64;

    private static final long IDLE_PARK_NANOS = 100_000_000;
    private static final long BORROWED_PARK_NANOS = 20_000;

    // Who may touch the device: its thread; whoever borrows it; the borrower.
    private static final int AWAKE = 0;
    private static final int ASLEEP = 1;
    private static final int LENT = 2;

    private record PortCall(Runnable action, @Nullable CountDownLatch done) {}

    private final QxlDevice device;
    private final Thread thread;
    private final Queue<PortCall> calls = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean asyncQueued = new AtomicBoolean();
    private final AtomicInteger bits = new AtomicInteger();
    private final AtomicInteger owner = new AtomicInteger(AWAKE);
    private volatile boolean parked;
    private volatile boolean running = true;

    /** Starts the thread. */
    public DeviceThread(QxlDevice device) {
        this.device = device;
        thread = Thread.ofPlatform().name("qxl-device").daemon().start(this::run);
    }

    /** The guest's one-byte write to a port. */
    public void write(int port, int value) {
        switch (port) {
            case QxlIo.NOTIFY_CMD, QxlIo.NOTIFY_CURSOR -> knock();
            case QxlIo.NOTIFY_OOM, QxlIo.FLUSH_RELEASE -> signal(OOM_BIT);
            case QxlIo.UPDATE_IRQ -> signal(IRQ_BIT);
            default -> {
                if (QxlIo.isAsync(port)) {
                    writeAsync(port, value);
                } else {
                    call(() -> device.ioWrite(port, value));
                }
            }
        }
    }

    /** Whether a write to this port is answered before it is done: nobody waits for it but by an interrupt. */
    static boolean isAnsweredFirst(int port) {
        return switch (port) {
            case QxlIo.NOTIFY_CMD, QxlIo.NOTIFY_CURSOR, QxlIo.UPDATE_IRQ, QxlIo.NOTIFY_OOM, QxlIo.FLUSH_RELEASE -> true;
            default -> QxlIo.isAsync(port);
        };
    }

    /**
     * There is something in a ring. While the thread sleeps, who knocks borrows the device and reads the ring itself, a
     * bounded number of commands: that is cheaper than to wake a thread, and the thread's sleep lasts.
     */
    private void knock() {
        if (owner.get() != ASLEEP || !owner.compareAndSet(ASLEEP, LENT)) {
            signal(KNOCK_BIT);
            return;
        }
        boolean idle = false;
        try {
            idle = device.doWork() == QxlDevice.Work.IDLE;
        } finally {
            owner.set(ASLEEP);
            if (!idle || hasWork()) {
                LockSupport.unpark(thread);
            }
        }
    }

    private void writeAsync(int port, int value) {
        if (asyncQueued.compareAndSet(false, true)) {
            post(() -> {
                asyncQueued.set(false);
                device.ioWrite(port, value);
            });
        } else {
            call(() -> device.ioWrite(port, value));
        }
    }

    /** Runs {@code action} on the device thread, later. */
    public void post(Runnable action) {
        calls.add(new PortCall(action, null));
        wake();
    }

    /**
     * Runs {@code action} on the device thread and waits for it.
     *
     * @throws IllegalStateException if the thread has been stopped, or is the caller, which would wait for itself
     */
    public void call(Runnable action) {
        if (Thread.currentThread().equals(thread)) {
            throw new IllegalStateException("the device thread waits for itself");
        }
        CountDownLatch done = new CountDownLatch(1);
        calls.add(new PortCall(action, done));
        wake();
        boolean interrupted = false;
        while (done.getCount() != 0) {
            if (!thread.isAlive() && done.getCount() != 0) {
                throw new IllegalStateException("the device has been stopped");
            }
            try {
                done.await(100, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The thread's id, for measuring what it allocates. */
    public long threadId() {
        return thread.threadId();
    }

    private void signal(int bit) {
        bits.getAndAccumulate(bit, DeviceThread::or);
        wake();
    }

    private static int or(int some, int others) {
        return some | others;
    }

    /** The caller has made work visible; we look whether the thread sleeps; it says that it sleeps, then looks for work. */
    private void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (running) {
            hearPorts();
            device.refresh(System.nanoTime());
            switch (device.doWork()) {
                case MORE -> {}
                case BLOCKED -> sleepBlocked();
                case IDLE -> sleepIdle();
            }
        }
    }

    private void hearPorts() {
        int signals = bits.get() == 0 ? 0 : bits.getAndSet(0);
        if ((signals & IRQ_BIT) != 0) {
            device.ioWrite(QxlIo.UPDATE_IRQ, 0);
        }
        if ((signals & OOM_BIT) != 0) {
            device.ioWrite(QxlIo.NOTIFY_OOM, 0);
        }
        for (int left = CALL_LIMIT; left > 0; left--) {
            PortCall call = calls.poll();
            if (call == null) {
                return;
            }
            // An action that throws ends the thread, and its caller is told so by that.
            call.action.run();
            if (call.done != null) {
                call.done.countDown();
            }
        }
    }

    private boolean hasWork() {
        return bits.get() != 0 || !calls.isEmpty() || !running;
    }

    /** The sink is full: the device stays ours. */
    private void sleepBlocked() {
        parked = true;
        if (!hasWork()) {
            device.await();
        }
        parked = false;
    }

    /** The rings are empty: until we wake, the device may be borrowed. */
    private void sleepIdle() {
        // Asked while the device is ours. What is looked at by the clock alone is not looked at sooner.
        long idleNanos = Math.min(IDLE_PARK_NANOS, device.refresh(System.nanoTime()));
        parked = true;
        owner.set(ASLEEP);
        if (!hasWork()) {
            LockSupport.parkNanos(this, idleNanos);
        }
        while (!owner.compareAndSet(ASLEEP, AWAKE)) {
            LockSupport.parkNanos(this, BORROWED_PARK_NANOS);
        }
        parked = false;
    }

    /** Stops the thread and waits for its end. */
    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        Threads.joinUninterruptibly(thread);
    }
}
