package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * One whole picture of the screen where it lies, in shared memory: the server leaves it alone until {@link #close}. From
 * {@link Display#awaitFrame}; owned by whoever called that.
 */
public final class HeldFrame implements AutoCloseable {
    private final LockStepFrames frames;
    private final Primary primary;
    private final MappedSegment segment;
    private final long sequence;
    private final long readNanos;
    private final DamageRects changed;
    private boolean closed;

    /** Takes over the rectangles; the segment is held for it. */
    HeldFrame(
            LockStepFrames frames,
            Primary primary,
            MappedSegment segment,
            long sequence,
            long readNanos,
            DamageRects changed) {
        this.frames = frames;
        this.primary = primary;
        this.segment = segment;
        this.sequence = sequence;
        this.readNanos = readNanos;
        this.changed = changed;
    }

    /** Pixels across. */
    public int width() {
        return primary.width();
    }

    /** Pixels down. */
    public int height() {
        return primary.height();
    }

    /** What a pixel is. */
    public SurfaceFormat format() {
        return primary.format();
    }

    /** The newest batch that it shows; rises from frame to frame. */
    public long sequence() {
        return sequence;
    }

    /** CLOCK_MONOTONIC, as {@link System#nanoTime}, when the oldest command that is new in it was read. */
    public long readNanos() {
        return readNanos;
    }

    /** Rectangles that cover what differs from the frame before; all of the first frame of a screen. */
    public DamageRects changed() {
        return changed;
    }

    /** Its rows, top first, {@link #strideBytes} apart; for reading, until {@link #close}. */
    public MemorySegment pixels() {
        requireOpen();
        return primary.memory().asSlice(primary.offset(), (long) primary.strideBytes() * primary.height());
    }

    /** Bytes from one row to the next. */
    public int strideBytes() {
        return primary.strideBytes();
    }

    /** One pixel, 0x00RRGGBB; allocates nothing. */
    public int pixel(int x, int y) {
        requireOpen();
        return primary.pixel(x, y);
    }

    /** A copy that outlives it. */
    public Frame copy() {
        requireOpen();
        int[] copied = new int[primary.width() * primary.height()];
        primary.copyRaw(copied);
        primary.convert(copied);
        return new Frame(primary.width(), primary.height(), sequence, copied);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("frame: got a use after close, expected none");
        }
    }

    /** Tells the server that it may go on to the next picture. */
    @Override
    public void close() throws SpiceClientException {
        if (!closed) {
            closed = true;
            segment.release();
            frames.handled(sequence);
        }
    }
}
