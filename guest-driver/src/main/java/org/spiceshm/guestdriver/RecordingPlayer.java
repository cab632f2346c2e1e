package org.spiceshm.guestdriver;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.RecordedEvent.PrimarySurface;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlIo;

/**
 * Does to a device what a real driver once did: every recorded command becomes guest memory and a ring item again, every
 * recorded port its port.
 *
 * <pre>
 *  Recording --blobs--> guest memory
 *  Recording --events--> RecordingPlayer --> CommandWriter --> QxlDriver
 * </pre>
 *
 * <p>Ports are written once the device has read what was pushed before. A hard reset shows in a recording as messages 22,
 * 23, 19, 18 in a row. Owned by the driver's thread but for {@link #stop} and the counts.
 */
public final class RecordingPlayer {
    /** A speed: no pauses. */
    public static final double AS_FAST_AS_POSSIBLE = 0;

    private final QxlDriver driver;
    private final Recording recording;
    private final double speed;
    private final CommandWriter writer;

    private @Nullable PrimarySurface primary;
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong commands = new AtomicLong();
    private boolean ended;
    private int resetStep;
    private long firstRecordedNanos;
    private long firstPlayedNanos;

    private volatile boolean stopped;
    private volatile @Nullable Thread player;

    /**
     * Plays {@code recording}, which stays the caller's.
     *
     * @param speed how many times as fast as recorded, or {@link #AS_FAST_AS_POSSIBLE}
     */
    public RecordingPlayer(QxlDriver driver, Recording recording, double speed) {
        if (!(speed >= 0)) {
            throw new IllegalArgumentException("speed: got " + speed + ", expected 0 or more");
        }
        this.driver = driver;
        this.recording = recording;
        this.speed = speed;
        this.writer = new CommandWriter(driver);
    }

    /** Events of the recording that have been played. */
    public long events() {
        return events.get();
    }

    /** Commands pushed onto both rings. */
    public long commands() {
        return commands.get();
    }

    /** Whether the recording has been played to its end. */
    public boolean isAtEnd() {
        return ended;
    }

    /** Makes {@link #play} return after the event that it is at. Any thread. */
    public void stop() {
        stopped = true;
        LockSupport.unpark(player);
    }

    /**
     * Plays until {@code maxEvents} events have been played since the recording's beginning, or to its end, or until
     * {@link #stop}.
     *
     * @return {@link #events}
     * @throws RecordingException if the recording is damaged
     * @throws DriverTimeoutException if the device does not keep up
     */
    public long play(long maxEvents) throws IOException {
        player = Thread.currentThread();
        while (events.get() < maxEvents && !stopped && !ended) {
            playNext();
        }
        return events.get();
    }

    /**
     * As {@link #play}, until {@code maxSteps} steps ({@link Recording#steps}) have been played since the recording's
     * beginning.
     */
    public long playSteps(long maxSteps) throws IOException {
        player = Thread.currentThread();
        while (recording.steps() < maxSteps && !stopped && !ended) {
            playNext();
        }
        return events.get();
    }

    private void playNext() throws IOException {
        RecordedEvent event = recording.next(writer);
        if (event == null) {
            ended = true;
        } else if (await(event.nanos())) {
            play(event);
            events.incrementAndGet();
        }
    }

    /** Waits until all that was pushed has been drawn; then takes back what was released. */
    public void finish() {
        driver.awaitConsumed();
        PrimarySurface surface = primary;
        if (surface != null) {
            driver.updateArea(0, 0, 0, surface.height(), surface.width(), true);
        } else {
            driver.outAsync(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        }
        driver.processReleases();
    }

    /** Sleeps until an event is due; false if stopped. */
    private boolean await(long recordedNanos) {
        if (speed == AS_FAST_AS_POSSIBLE) {
            return true;
        }
        if (events.get() == 0) {
            firstRecordedNanos = recordedNanos;
            firstPlayedNanos = System.nanoTime();
        }
        long deadline = firstPlayedNanos + (long) ((recordedNanos - firstRecordedNanos) / speed);
        long left = deadline - System.nanoTime();
        while (left > 0 && !stopped) {
            LockSupport.parkNanos(this, left);
            left = deadline - System.nanoTime();
        }
        return !stopped;
    }

    private void play(RecordedEvent event) throws IOException {
        driver.processReleases();
        switch (event) {
            case RecordedEvent.WorkerMessage message -> message(message.type());
            case RecordedEvent.PrimaryCreate create -> createPrimary(create);
            case RecordedEvent.Nothing ignored -> push(QxlCommandType.NOP, 0);
            case RecordedEvent.Draw draw -> push(QxlCommandType.DRAW, writer.drawable(draw.drawable()));
            case RecordedEvent.Update update -> push(QxlCommandType.UPDATE, writer.update(update));
            case RecordedEvent.Message message -> push(QxlCommandType.MESSAGE, writer.message(message));
            case RecordedEvent.SurfaceCreate create -> push(QxlCommandType.SURFACE, writer.surfaceCreate(create));
            case RecordedEvent.SurfaceDestroy destroy -> push(QxlCommandType.SURFACE, writer.surfaceDestroy(destroy));
            case RecordedEvent.CursorSet set -> pushCursor(writer.cursorSet(set));
            case RecordedEvent.CursorMove move -> pushCursor(writer.cursorMove(move));
            case RecordedEvent.CursorHide ignored -> pushCursor(writer.cursorHide());
            case RecordedEvent.CursorTrail trail -> pushCursor(writer.cursorTrail(trail));
        }
        if (!(event instanceof RecordedEvent.WorkerMessage)) {
            resetStep = 0;
        }
    }

    private void push(int type, long address) {
        driver.push(type, address);
        commands.incrementAndGet();
    }

    private void pushCursor(long address) {
        driver.pushCursor(address);
        commands.incrementAndGet();
    }

    // ---- ports

    private void createPrimary(RecordedEvent.PrimaryCreate create) throws IOException {
        PrimarySurface surface = create.surface();
        if (surface == null) {
            return;
        }
        long bytes = Math.abs((long) surface.stride()) * surface.height();
        writer.checkPrimary(recording, bytes);
        driver.awaitConsumed();
        driver.createPrimary(
                surface.width(),
                surface.height(),
                surface.stride(),
                surface.format(),
                surface.position(),
                surface.mouseMode(),
                surface.flags(),
                surface.type(),
                create.type() == WorkerMessages.CREATE_PRIMARY_ASYNC);
        primary = surface;
    }

    private void message(int type) {
        boolean reset = nextOfReset(type);
        switch (type) {
            case WorkerMessages.RESET_MEMSLOTS -> {
                if (reset) {
                    reset();
                }
            }
            case WorkerMessages.DESTROY_SURFACES -> destroyAllSurfaces(false);
            case WorkerMessages.DESTROY_SURFACES_ASYNC -> destroyAllSurfaces(true);
            case WorkerMessages.DESTROY_PRIMARY -> destroyPrimary(false);
            case WorkerMessages.DESTROY_PRIMARY_ASYNC -> destroyPrimary(true);
            case WorkerMessages.UPDATE -> update(false);
            case WorkerMessages.UPDATE_ASYNC -> update(true);
            case WorkerMessages.MONITORS_CONFIG_ASYNC -> monitors();
            default -> {
                // The rest is the recorder's own business, or says too little: memory slots are the player's, and a
                // surface that is waited for is not named.
            }
        }
    }

    /** Whether {@code type} is the last that tells a hard reset: 22, 23, 19, 18 (spice-server; QEMU: qxl_hard_reset). */
    private boolean nextOfReset(int type) {
        int expected = switch (resetStep) {
            case 1 -> WorkerMessages.RESET_IMAGE_CACHE;
            case 2 -> WorkerMessages.DESTROY_SURFACES;
            case 3 -> WorkerMessages.RESET_MEMSLOTS;
            default -> WorkerMessages.RESET_CURSOR;
        };
        if (type == expected) {
            resetStep++;
        } else {
            resetStep = type == WorkerMessages.RESET_CURSOR ? 1 : 0;
        }
        boolean complete = resetStep == 4;
        if (complete) {
            resetStep = 0;
        }
        return complete;
    }

    private void reset() {
        driver.awaitConsumed();
        driver.reset();
        primary = null;
    }

    private void destroyAllSurfaces(boolean async) {
        driver.awaitConsumed();
        driver.destroyAllSurfaces(async);
        primary = null;
    }

    private void destroyPrimary(boolean async) {
        if (primary != null) {
            driver.awaitConsumed();
            driver.destroyPrimary(async);
            primary = null;
        }
    }

    private void update(boolean async) {
        PrimarySurface surface = primary;
        if (surface != null) {
            driver.updateArea(0, 0, 0, surface.height(), surface.width(), async);
        }
    }

    private void monitors() {
        PrimarySurface surface = primary;
        if (surface != null) {
            driver.monitorsConfig(surface.width(), surface.height());
        }
    }
}
