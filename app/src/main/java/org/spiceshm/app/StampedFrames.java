package org.spiceshm.app;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.spiceshm.client.DamageView;
import org.spiceshm.client.Display;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.guestdriver.GuestControl.Clock;

/**
 * How old what the client sees is: frames of {@code guest/programs/animate.c} carry the guest's time in their first
 * pixels, and are read from shared memory when their damage comes. Written by the display's thread.
 */
public final class StampedFrames implements DisplayListener {
    private static final int MAGIC = 0x5a5a5a;
    private static final int RGB = 0xff_ffff;
    private static final long HIGHEST_NANOS = 10_000_000_000L;

    private final Histogram ages = new Histogram(HIGHEST_NANOS, 3);
    private final AtomicReference<@Nullable Display> display = new AtomicReference<>();
    private final Clock clock;
    private long last;

    /** Ages by the guest's clock as {@code clock} knows it. */
    public StampedFrames(Clock clock) {
        this.clock = clock;
    }

    /** Whose pixels to read. */
    public void watch(Display shown) {
        display.set(shown);
    }

    @Override
    public void damage(DamageView damage) {
        long now = System.nanoTime();
        Display shown = display.get();
        if (shown == null || (shown.pixel(0, 0) & RGB) != MAGIC) {
            return;
        }
        long stamp = (shown.pixel(1, 0) & RGB)
                | (long) (shown.pixel(2, 0) & RGB) << 24
                | (long) (shown.pixel(3, 0) & RGB) << 48;
        long age = now - clock.toHost(stamp);
        // A torn stamp, or one of a frame that comes later, is no age.
        if (stamp != last && 0 <= age && age < HIGHEST_NANOS) {
            last = stamp;
            synchronized (ages) {
                ages.recordValue(age);
            }
        }
    }

    /** How many frames were seen. Any thread. */
    public long count() {
        synchronized (ages) {
            return ages.getTotalCount();
        }
    }

    /** How old so many percent of the frames were at most, in microseconds. Any thread. */
    public double ageMicros(double percent) {
        synchronized (ages) {
            return ages.getValueAtPercentile(percent) / 1e3;
        }
    }

    /** Microseconds: p50, p90, p99, p99.9, max. */
    public String summary() {
        synchronized (ages) {
            return String.format(
                    Locale.ROOT,
                    "%d frames seen, age in us: p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, max %.0f (clocks compared to %.0f)",
                    ages.getTotalCount(),
                    ageMicros(50),
                    ageMicros(90),
                    ageMicros(99),
                    ageMicros(99.9),
                    ageMicros(100),
                    clock.errorNanos() / 1e3);
        }
    }
}
