package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.Futex;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.Seal;

/** A server's segment, and the moves that share it. */
final class FakeSegment implements AutoCloseable {
    static final String NAME = "client-test-screen";
    static final int FEATURES =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_RING;
    static final int SCREEN_OFFSET = 4096;
    private static final byte[] CARRIER = {'@'};

    final MemoryFile file;
    final Arena arena = Arena.ofShared();
    final MemorySegment memory;
    final SequencePage.Writer page;
    final DamageRing.Writer ring;
    final MemoryFile readOnly;

    FakeSegment(long bytes) throws IOException {
        this(bytes, Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL);
    }

    FakeSegment(long bytes, Seal... seals) throws IOException {
        file = MemoryFile.create(NAME, bytes);
        memory = file.map(Access.READ_WRITE, arena);
        SequencePage.initialize(memory);
        page = new SequencePage.Writer(memory);
        ring = new DamageRing.Writer(memory);
        readOnly = file.reopenReadOnly();
        file.addSeals(seals);
    }

    /** With room for a damage ring before the screen, which {@link #ringScreen} places. */
    static FakeSegment withRing(int width, int height) throws IOException {
        return new FakeSegment(DamageRing.FIRST_SURFACE_OFFSET + 4L * width * height);
    }

    static FakeSegment forScreen(int width, int height) throws IOException {
        return new FakeSegment(SCREEN_OFFSET + 4L * width * height);
    }

    /** Offers the segment, and waits for the answer. */
    ShmReply share(FakeServer.Connection with) throws Exception {
        return share(with, new ShmOffer(FEATURES, memory.byteSize()));
    }

    ShmReply share(FakeServer.Connection with, ShmOffer offer) throws Exception {
        with.send(offer);
        with.sendDescriptor(CARRIER, readOnly.fd());
        return ShmReply.decode(with.await(Numbering.CURRENT.reply()));
    }

    static SurfaceCreateShm screen(int id, int width, int height) {
        return new SurfaceCreateShm(id, width, height, SurfaceFormat.XRGB_32, 4 * width, SCREEN_OFFSET);
    }

    static SurfaceCreateShm ringScreen(int id, int width, int height) {
        return new SurfaceCreateShm(
                id, width, height, SurfaceFormat.XRGB_32, 4 * width, DamageRing.FIRST_SURFACE_OFFSET);
    }

    /** One batch, told by the ring and to sleepers: top, left, bottom, right each. */
    void ring(long batch, int... edges) {
        page.begin(batch);
        page.end(batch);
        DamageRects rects = new DamageRects();
        for (int i = 0; i < edges.length; i += 4) {
            rects.add(edges[i], edges[i + 1], edges[i + 2], edges[i + 3]);
        }
        ring.write(batch, batch, 0, rects);
        Futex.wakeAll(memory, DamageRing.WAKE_OFFSET);
    }

    /** One batch that fills a 32-bit screen at the usual place. */
    void fill(long sequence, int width, int height, int color) {
        page.begin(sequence);
        memory.asSlice(SCREEN_OFFSET, 4L * width * height)
                .elements(ValueLayout.JAVA_INT)
                .forEach(pixel -> pixel.set(ValueLayout.JAVA_INT, 0, color));
        page.end(sequence);
    }

    static ShmDamage damage(int id, long sequence, int width, int height) {
        return new ShmDamage(id, sequence, System.nanoTime(), java.util.List.of(Rect.ofSize(width, height)));
    }

    @Override
    public void close() {
        readOnly.close();
        arena.close();
        file.close();
    }
}
