package org.spiceshm.guestdriver;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Resets the device, makes a primary, and pushes a scene onto it until stopped. {@link #run} is the driver's thread; {@link #ack}, {@link
 * #stop} and the counters belong to anybody. Runs once.
 */
public final class SceneRunner implements Runnable {
    private final QxlDriver driver;
    private final Scene scene;
    private final Pacer pacer;
    private final PushListener listener;
    private final long maxCommands;

    private final AtomicLong acknowledged = new AtomicLong();
    private volatile long pushed;
    private final AtomicLong late = new AtomicLong();
    private volatile boolean stopped;
    private volatile @Nullable Thread runner;

    /** Runs until {@link #stop}. */
    public SceneRunner(QxlDriver driver, Scene scene, Pacer pacer, PushListener listener) {
        this(driver, scene, pacer, listener, Long.MAX_VALUE);
    }

    /** Runs until {@link #stop}, or until {@code maxCommands} have been pushed. */
    public SceneRunner(QxlDriver driver, Scene scene, Pacer pacer, PushListener listener, long maxCommands) {
        this.driver = driver;
        this.scene = scene;
        this.pacer = pacer;
        this.listener = listener;
        this.maxCommands = maxCommands;
    }

    /** Commands pushed so far. */
    public long pushed() {
        return pushed;
    }

    /** Frames that began after their deadline plus a frame's time. */
    public long late() {
        return late.get();
    }

    /** A client has seen {@code commands} more: a window opens by as much. Any thread. */
    public void ack(long commands) {
        acknowledged.getAndAdd(commands);
        LockSupport.unpark(runner);
    }

    /** Makes {@link #run} return. Any thread. */
    public void stop() {
        stopped = true;
        LockSupport.unpark(runner);
    }

    /**
     * Resets the device, makes the primary, prepares the scene, pushes.
     *
     * @throws DriverTimeoutException if the device does not keep up
     */
    @Override
    public void run() {
        runner = Thread.currentThread();
        int width = scene.width();
        int height = scene.height();
        driver.reset();
        driver.createPrimary(width, height, 4 * width, SurfaceFormat.XRGB_32.number(), 0, 1, 0, 0, true);
        driver.monitorsConfig(width, height);
        scene.prepare(driver);
        switch (pacer) {
            case Pacer.Unlimited ignored -> runUnlimited();
            case Pacer.FramesPerSecond rate -> runFrames(rate.frames());
            case Pacer.Window window -> runWindow(window.commands());
        }
    }

    private boolean goesOn() {
        return !stopped && pushed < maxCommands;
    }

    private void runUnlimited() {
        while (goesOn()) {
            pushOne();
        }
    }

    private void runFrames(double frames) {
        long start = System.nanoTime();
        double period = 1e9 / frames;
        for (long frame = 0; goesOn(); frame++) {
            long deadline = start + (long) (frame * period);
            if (System.nanoTime() - deadline > (long) period) {
                late.incrementAndGet();
            }
            sleepUntil(deadline);
            int commands = scene.commandsInFrame(pushed);
            for (int i = 0; i < commands && goesOn(); i++) {
                pushOne();
            }
        }
    }

    private void sleepUntil(long deadline) {
        long left = deadline - System.nanoTime();
        while (left > 0 && !stopped) {
            LockSupport.parkNanos(this, left);
            left = deadline - System.nanoTime();
        }
    }

    private void runWindow(int window) {
        while (goesOn()) {
            if (pushed - acknowledged.get() < window) {
                pushOne();
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void pushOne() {
        driver.processReleases();
        while (!scene.isReady()) {
            driver.awaitRelease();
        }
        long sequence = pushed;
        scene.push(sequence, listener);
        pushed = sequence + 1;
    }
}
