package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.shm.SequencePage;

/**
 * A copy of a primary with no tear in it: by the sequence page if a moment's quiet comes, else by the writer itself
 * between two batches. Made on a connection's thread; when {@link #isDone} is true the pixels may be read by it.
 */
final class WholePicture {
    private static final int QUIET_TRIES = 2;

    private final Primary primary;
    private final MemorySegment pixels;
    private volatile boolean done;

    private WholePicture(Primary primary) {
        this.primary = primary;
        // On the heap: memory outside it comes back late, and clients come and go as they like.
        this.pixels = MemorySegment.ofArray(new int[Math.multiplyExact(primary.widthPixels(), primary.heightPixels())]);
    }

    /** Starts to take one; {@code whenDone} is run if it was not done at once. */
    static WholePicture take(Primary primary, BatchGate gate, Runnable whenDone) {
        WholePicture picture = new WholePicture(primary);
        SequencePage.Reader page = new SequencePage.Reader(primary.segment().memory());
        for (int i = 0; i < QUIET_TRIES; i++) {
            long sequence = page.beginRead();
            picture.copy();
            if (page.validate(sequence)) {
                picture.done = true;
                return picture;
            }
        }
        gate.betweenBatches(() -> {
            picture.copy();
            picture.done = true;
            whenDone.run();
        });
        return picture;
    }

    private void copy() {
        long rowBytes = 4L * primary.widthPixels();
        for (int y = 0; y < primary.heightPixels(); y++) {
            primary.copyRow(y, 0, primary.widthPixels(), pixels, y * rowBytes);
        }
    }

    boolean isDone() {
        return done;
    }

    /** Rows from the top, 4 bytes a pixel, without padding. */
    MemorySegment pixels() {
        return pixels;
    }
}
