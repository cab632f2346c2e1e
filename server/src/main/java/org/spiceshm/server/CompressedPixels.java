package org.spiceshm.server;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.spice.DrawMessage;

/**
 * One client's pictures at the encoding thread and back. While {@link #isBusy}, the client is told nothing else: what it
 * was told is then what the pictures belong to, and pictures that refer to earlier ones leave in their order.
 *
 * <p>Owned by the connection's thread, to which results come back.
 */
final class CompressedPixels {
    private static final Logger LOG = System.getLogger(CompressedPixels.class.getName());

    private final Connection connection;
    private final AckWindow acks;
    private boolean busy;
    private boolean wholeUnderWay;
    private long firstEpoch;
    private DrawMessage.@Nullable Copy first;

    CompressedPixels(Connection connection, AckWindow acks) {
        this.connection = connection;
        this.acks = acks;
    }

    /** Whether damage is being compressed. */
    boolean isBusy() {
        return busy;
    }

    /**
     * The whole of a new surface, compressed by itself: it may be overtaken by another surface, and then is never sent.
     *
     * @return null as long as it is under way
     */
    DrawMessage.@Nullable Copy whole(
            Primary primary, MemorySegment pixels, long epoch, long imageId, CompressionChoice choice) {
        DrawMessage.Copy done = first;
        if (done != null && firstEpoch == epoch) {
            first = null;
            return done;
        }
        // One at a time, whatever a guest does with its screen: who comes too late is asked for again, for the newest.
        if (firstEpoch != epoch && !wholeUnderWay) {
            wholeUnderWay = true;
            firstEpoch = epoch;
            first = null;
            Rect all = new Rect(0, 0, primary.heightPixels(), primary.widthPixels());
            run(compressor -> List.of(compressor.compress(pixels, all, imageId, choice)), made -> {
                wholeUnderWay = false;
                first = made.getFirst();
            });
        }
        return null;
    }

    /** Damage, as it looks when the encoding thread comes to it: what changes after that is told by later damage. */
    void tell(
            Primary primary,
            DamageRects rects,
            long firstImageId,
            CompressionChoice choice,
            Compressor.@Nullable Dictionary dictionary) {
        busy = true;
        List<Rect> parts = new ArrayList<>();
        for (int i = 0; i < rects.count(); i++) {
            parts.add(new Rect(rects.top(i), rects.left(i), rects.bottom(i), rects.right(i)));
        }
        run(
                compressor -> {
                    List<DrawMessage.Copy> made = new ArrayList<>();
                    for (Rect part : parts) {
                        made.add(compressor.compress(primary, part, firstImageId + made.size(), choice, dictionary));
                    }
                    return made;
                },
                made -> {
                    for (DrawMessage.Copy message : made) {
                        acks.sent();
                        connection.send(message);
                    }
                    busy = false;
                });
    }

    private interface Done {
        void with(List<DrawMessage.Copy> made);
    }

    private void run(Function<Compressor, List<DrawMessage.Copy>> job, Done done) {
        connection.server().encoding().execute(compressor -> {
            if (connection.isGone()) {
                return;
            }
            try {
                List<DrawMessage.Copy> made = job.apply(compressor);
                comeBack(() -> done.with(made));
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.log(Level.ERROR, connection.transport().peer() + ": a picture could not be compressed", e);
                comeBack(() -> connection.fail("a picture could not be compressed"));
            }
        });
    }

    private void comeBack(Runnable task) {
        connection.transport().loop().execute(() -> {
            if (!connection.isClosed()) {
                try {
                    task.run();
                } catch (RuntimeException | OutOfMemoryError e) {
                    connection.failByOurMistake(e);
                }
            }
            connection.onWritable(System.nanoTime());
        });
    }
}
