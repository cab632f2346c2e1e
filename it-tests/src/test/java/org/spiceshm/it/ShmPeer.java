package org.spiceshm.it;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;

/** A client of the extension that keeps its rules, or breaks them as a test wants it. Owned by one thread. */
final class ShmPeer implements AutoCloseable {
    private static final int WINDOW = 20;
    private static final SurfaceCreateShm NONE = new SurfaceCreateShm(0, 1, 1, SurfaceFormat.XRGB_32, 4, 0);

    private final Numbering numbering;
    private final int features;
    private final RawChannel main;
    private final RawChannel display;
    private Arena arena = Arena.ofShared();
    private MemorySegment segment = MemorySegment.NULL;
    private SurfaceCreateShm surface = NONE;
    private SurfaceCreateShm replaced = NONE;
    private int offers;
    private int unacknowledged;

    /** Asks for these features where they are offered. */
    ShmPeer(Path path, Numbering numbering, int features) throws IOException, MalformedMessageException {
        this.numbering = numbering;
        this.features = features;
        main = RawChannel.main(path);
        display = RawChannel.display(path, main.sessionId(), 0, Capabilities.of(numbering.capabilityBit()), numbering);
        display.send(new DisplayClientMessage.Init(1, 1 << 20, 0, 0));
    }

    ShmPeer(Path path, int features) throws IOException, MalformedMessageException {
        this(path, Numbering.CURRENT, features);
    }

    /** The next message; offers have been answered, and what every message wants has been done. */
    RawChannel.Message next() throws IOException, MalformedMessageException {
        RawChannel.Message message = display.read();
        if (message.type() == numbering.offer()) {
            answer(ShmOffer.decode(MemorySegment.ofArray(message.body())));
        } else if (message.type() == numbering.surfaceCreateShm()) {
            replaced = surface;
            surface = SurfaceCreateShm.decode(MemorySegment.ofArray(message.body()));
        }
        if (message.type() == CommonServerMessage.SetAck.TYPE) {
            display.send(new CommonClientMessage.AckSync(1));
        } else if (++unacknowledged == WINDOW) {
            unacknowledged = 0;
            display.send(new CommonClientMessage.Ack());
        }
        return message;
    }

    private void answer(ShmOffer offer) throws IOException {
        arena.close();
        arena = Arena.ofShared();
        try (MemoryFile file = MemoryFile.adopt(display.readDescriptor())) {
            segment = file.map(Access.READ_ONLY, arena);
        }
        offers++;
        display.send(new ShmReply(true, offer.features() & features));
    }

    /** Reads on to a message of this type. */
    RawChannel.Message awaitType(int type) throws IOException, MalformedMessageException {
        RawChannel.Message message = next();
        while (message.type() != type) {
            message = next();
        }
        return message;
    }

    void awaitSurface() throws IOException, MalformedMessageException {
        awaitType(numbering.surfaceCreateShm());
    }

    ShmDamage awaitDamage() throws IOException, MalformedMessageException {
        return ShmDamage.decode(
                MemorySegment.ofArray(awaitType(numbering.damage()).body()));
    }

    /** Says that damage is handled, whether or not it is. */
    void handled(long sequence) throws IOException {
        display.send(new ShmDamageHandled(sequence));
    }

    /** How many segments it has been given. */
    int offers() {
        return offers;
    }

    MemorySegment segment() {
        return segment;
    }

    SurfaceCreateShm surface() {
        return surface;
    }

    /** The surface before that. */
    SurfaceCreateShm replaced() {
        return replaced;
    }

    SequencePage.Reader page() {
        return new SequencePage.Reader(segment);
    }

    /** Copies the surface's pixels, from the first to the last. */
    void copy(int[] pixels) {
        for (int y = 0; y < surface.height(); y++) {
            MemorySegment.copy(
                    segment,
                    ValueLayout.JAVA_INT,
                    surface.shmOffset() + (long) surface.strideBytes() * y,
                    pixels,
                    y * surface.width(),
                    surface.width());
        }
    }

    @Override
    public void close() {
        display.close();
        main.close();
        arena.close();
    }
}
