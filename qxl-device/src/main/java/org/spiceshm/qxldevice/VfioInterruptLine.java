package org.spiceshm.qxldevice;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.sharedmemory.EventDescriptor;

/**
 * The INTx pin of a device behind vfio-user. A level, which the VMM hears of as events:
 *
 * <pre>
 *  set(true) --not masked--&gt; masked, one signal on the trigger eventfd      (VFIO: "automasked")
 *  unmask, resample eventfd --&gt; not masked; level still high: again
 * </pre>
 *
 * <p>Without KVM a signal on the eventfd makes QEMU trap every access to the BARs for ever. So if there is a
 * {@link QtestInterrupts}, the eventfd is not touched unless the VMM has set up a resample eventfd, which only KVM needs;
 * the level is for that thread to see, and this class wakes it.
 *
 * <p>{@link #set} may be called by any threads at once; it neither blocks nor allocates. All else is the vfio-user
 * thread's. It is made before the {@link QxlDevice} and outlives it.
 */
public final class VfioInterruptLine implements InterruptLine {
    private final AtomicBoolean level = new AtomicBoolean();
    private final AtomicBoolean masked = new AtomicBoolean();
    private final AtomicReference<@Nullable EventDescriptor> trigger = new AtomicReference<>();
    private volatile boolean kvm;
    private volatile @Nullable Thread pulser;

    /** A line that nobody hears yet. */
    public VfioInterruptLine() {}

    @Override
    public void set(boolean high) {
        boolean before = level.getAndSet(high);
        if (high) {
            fire();
            Thread sleeper = pulser;
            if (!before && sleeper != null) {
                LockSupport.unpark(sleeper);
            }
        }
    }

    /**
     * We say the level, then look at the mask; who unmasks does it the other way round: one of the two sees both. The
     * trigger is read after we have masked: had it been replaced before, the new one is read, and if it is replaced after,
     * its owner unmasks and fires again. Without a trigger the mask is left alone: setting one unmasks.
     */
    private void fire() {
        if (pulser != null && !kvm) {
            return;
        }
        if (level.get() && trigger.get() != null && masked.compareAndSet(false, true)) {
            EventDescriptor target = trigger.get();
            if (target != null) {
                target.signal();
            }
        }
    }

    /** Whether the level is high, the VMM has turned the interrupt on, and it is not for an eventfd. Any thread. */
    boolean wantsPulse() {
        return level.get() && !kvm && !masked.get() && trigger.get() != null;
    }

    /** Who pulses while {@link #wantsPulse}, from now on. */
    void wake(Thread thread) {
        pulser = thread;
    }

    /** Replaces the eventfd by which the VMM hears of the pin, and closes the former; null turns the interrupt off. */
    void setTrigger(@Nullable EventDescriptor replacement) {
        EventDescriptor before = trigger.getAndSet(replacement);
        if (before != null) {
            before.close();
        }
        unmask();
    }

    void mask() {
        masked.set(true);
    }

    /** The guest has ended its interrupt; if the level is still high, it gets another. */
    void unmask() {
        masked.set(false);
        fire();
        wakePulser();
    }

    /** There is a resample eventfd: interrupts go through KVM. */
    void useKvm() {
        kvm = true;
        fire();
        wakePulser();
    }

    boolean usesKvm() {
        return kvm;
    }

    /** The VMM has gone: its eventfds are forgotten, and nothing is masked. The level stays the device's. */
    void disconnected() {
        kvm = false;
        setTrigger(null);
    }

    private void wakePulser() {
        Thread sleeper = pulser;
        if (sleeper != null) {
            LockSupport.unpark(sleeper);
        }
    }
}
