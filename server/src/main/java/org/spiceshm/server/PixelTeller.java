package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.RawCopyPrefix;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** The screen's pixels for one client in normal mode, as DRAW_COPYs, raw or compressed. Owned by the connection's thread. */
final class PixelTeller {
    private static final int PRIMARY_FLAG = 1;

    private final Connection connection;
    private final BatchGate gate;
    private final AckWindow acks;
    private @Nullable WholePicture picture;
    private long pictureEpoch;
    private long nextImageId = 1;
    private final CompressedPixels compressed;
    private CompressionChoice choice;
    private Compressor.@Nullable Dictionary dictionary;

    PixelTeller(Connection connection, BatchGate gate, AckWindow acks, CompressionChoice choice) {
        this.connection = connection;
        this.gate = gate;
        this.acks = acks;
        this.choice = choice;
        this.compressed = new CompressedPixels(connection, acks);
    }

    /** How the client's pictures are compressed from now on. */
    void compress(CompressionChoice newChoice) {
        choice = newChoice;
    }

    /** What the client keeps of earlier pictures, if anything. */
    void dictionary(Compressor.@Nullable Dictionary kept) {
        dictionary = kept;
    }

    /** Whether nothing may be told until what is being compressed has been. */
    boolean isBusy() {
        return compressed.isBusy();
    }

    /**
     * Makes a surface of {@code primary} with all its pixels. The picture must be whole, so it is taken between two batches;
     * until it is there, nothing is said.
     *
     * @param whenTaken is run when a picture's taking begins: damage up to then is in it
     * @return false if the picture is not there yet
     */
    boolean create(Primary primary, long epoch, Runnable whenTaken) {
        WholePicture taken = picture;
        // By the epoch: an equal primary may have been there before, with other pixels.
        if (taken == null || pictureEpoch != epoch) {
            whenTaken.run();
            pictureEpoch = epoch;
            taken = WholePicture.take(
                    primary,
                    gate,
                    () -> connection.transport().loop().execute(() -> connection.onWritable(System.nanoTime())));
            picture = taken;
        }
        if (!taken.isDone()) {
            return false;
        }
        MemorySegment pixels = taken.pixels();
        DrawMessage.Copy made = null;
        if (choice != CompressionChoice.OFF) {
            made = compressed.whole(primary, pixels, epoch, nextImageId, choice);
            if (made == null) {
                return false;
            }
        }
        picture = null;
        acks.sent();
        connection.send(new DisplayServerMessage.SurfaceCreate(
                Primary.ID, primary.widthPixels(), primary.heightPixels(), SurfaceFormat.XRGB_32, PRIMARY_FLAG));
        if (made == null) {
            int at = beginCopy(0, 0, primary.heightPixels(), primary.widthPixels());
            MemorySegment.copy(pixels, 0, connection.outbox().segment(), at, pixels.byteSize());
        } else {
            nextImageId++;
            acks.sent();
            connection.send(made);
        }
        return true;
    }

    /** Pixels as they are now: what changes while they are copied is told by later damage. */
    void tell(Primary primary, DamageRects rects) {
        if (rects.area() > (long) primary.widthPixels() * primary.heightPixels()) {
            rects.clear();
            rects.add(0, 0, primary.heightPixels(), primary.widthPixels());
        }
        if (choice != CompressionChoice.OFF) {
            compressed.tell(primary, rects, nextImageId, choice, dictionary);
            nextImageId += rects.count();
            return;
        }
        for (int i = 0; i < rects.count(); i++) {
            tell(primary, rects.top(i), rects.left(i), rects.bottom(i), rects.right(i));
        }
    }

    private void tell(Primary primary, int top, int left, int bottom, int right) {
        long at = beginCopy(top, left, bottom, right);
        MemorySegment out = connection.outbox().segment();
        int rowBytes = Integer.BYTES * (right - left);
        for (int y = top; y < bottom; y++) {
            primary.copyRow(y, left, right - left, out, at);
            at += rowBytes;
        }
    }

    /** Starts a DRAW_COPY in the outbox; returns where its pixels go. */
    private int beginCopy(int top, int left, int bottom, int right) {
        Outbox outbox = connection.outbox();
        MessageWriter writer = connection.writer();
        int body = RawCopyPrefix.BYTES + RawCopyPrefix.pixelBytes(right - left, bottom - top);
        int at = outbox.reserve(writer.headerBytes() + body);
        MemorySegment out = outbox.segment();
        writer.writeHeader(out, at, DrawMessage.Copy.TYPE, body);
        RawCopyPrefix.write(
                out,
                at + writer.headerBytes(),
                Primary.ID,
                top,
                left,
                bottom,
                right,
                nextImageId++,
                BitmapFormat.BIT_32);
        acks.sent();
        return at + writer.headerBytes() + RawCopyPrefix.BYTES;
    }
}
