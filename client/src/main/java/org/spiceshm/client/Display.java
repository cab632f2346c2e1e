package org.spiceshm.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.StreamMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.protocol.spice.UnknownMessage;
import org.spiceshm.sharedmemory.OwnedDescriptor;

/**
 * One display: follows the screen, whichever way it comes, and gives whole pictures of it.
 *
 * <pre>
 *  shared memory: the server writes pixels ══► mapped segment ◄── capture copies, and checks the sequence page
 *                 SHM_DAMAGE ──► display thread ──► whoever waits, the listener
 *  normal mode:   drawings   ──► display thread draws, under the lock ◄── capture copies, under the lock
 * </pre>
 *
 * <p>Written by the display channel's thread; every public method but {@link #pixel} is for any other thread. In shared
 * memory a damage message allocates nothing. Lives as long as its {@link SpiceClient}.
 */
public final class Display {
    private static final int WANTED_FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;

    /** A marked primary that nobody draws on is black in truth, and not only for the moment, after so long. */
    private static final long BLACK_GRACE_NANOS = 250_000_000;

    /** So long {@link #capture} tries while every copy is torn. */
    private static final long TORN_LIMIT_NANOS = 1_000_000_000;

    private static final int SPINS = 64;
    private static final long FIRST_BACKOFF_NANOS = 20_000;
    private static final long LONGEST_BACKOFF_NANOS = 2_000_000;
    /** While the screen changes without rest, {@link #awaitStable} looks at it this often. */
    private static final long STABLE_LOOK_NANOS = 50_000_000;

    /** The client's one image cache, and its one GLZ window. */
    private static final int CACHE_ID = 1;

    private static final String IMAGE = "capture";

    private final ConnectOptions options;
    private final Numbering numbering;
    private final boolean askedForSharedMemory;
    private final DisplayListener listener;
    private final Consumer<SpiceClientException> ended;
    private final Handler handler = new Handler();
    private final CompletableFuture<Boolean> modeKnown = new CompletableFuture<>();
    private @Nullable Channel channel;

    // The display thread's.
    private final ShmDamageFlyweight damage = new ShmDamageFlyweight();
    private final DamageView damageView = new DamageView(damage);
    private final MemorySegment drawnDamage = MemorySegment.ofArray(new byte[ShmDamageFlyweight.MAX_BYTES]);
    private @Nullable ShmOffer awaitingDescriptor;
    private boolean sharedMemoryPossible;
    private boolean firstMessageSeen;
    private @Nullable Primary threadPrimary;

    /** Guards all below; waiters wait on it for a change. */
    private final Object lock = new Object();

    private final NormalScreen screen = new NormalScreen();
    private @Nullable Primary primary;
    private @Nullable MappedSegment segment;
    private long primaries;
    private long changes;
    private long sequence;
    private long damages;
    private long tornReads;
    private String modeReason = "the display channel is not linked yet";
    private @Nullable SpiceClientException end;

    Display(ConnectOptions options, Consumer<SpiceClientException> ended) {
        this.options = options;
        this.ended = ended;
        this.numbering = options.numbering();
        this.askedForSharedMemory =
                options.uri() instanceof SpiceUri.Unix && options.mode() != ConnectOptions.Mode.NORMAL;
        this.listener = options.listener();
        this.modeReason = askedForSharedMemory ? modeReason : notAsked(options);
    }

    private static String notAsked(ConnectOptions options) {
        return options.mode() == ConnectOptions.Mode.NORMAL
                ? "normal mode was asked for"
                : "shared memory needs a Unix socket";
    }

    boolean asksForSharedMemory() {
        return askedForSharedMemory;
    }

    /** Before the channel starts. */
    Channel.Handler handlerFor() {
        return handler;
    }

    void setChannel(Channel newChannel) {
        channel = newChannel;
    }

    /** Waits until it is clear how the screen comes; whether in shared memory. */
    boolean awaitMode(Channel of, Deadline deadline) throws SpiceClientException {
        return of.await(modeKnown, deadline, "first display message");
    }

    /** Whether the screen is, or will be, in shared memory. */
    public boolean isUsingSharedMemory() {
        synchronized (lock) {
            return segment != null;
        }
    }

    /** Why it is, or is not, in shared memory: one line. */
    public String modeReason() {
        synchronized (lock) {
            return modeReason;
        }
    }

    /** The mapped segment's size; 0 without one. */
    public long segmentBytes() {
        synchronized (lock) {
            return segment == null ? 0 : segment.memory().byteSize();
        }
    }

    /** The newest batch that damage was told of; in normal mode the number of drawings so far. */
    public long sequence() {
        synchronized (lock) {
            return sequence;
        }
    }

    /** How it fares. */
    public DisplayStatistics statistics() {
        synchronized (lock) {
            return new DisplayStatistics(
                    segment != null,
                    modeReason,
                    segmentBytes(),
                    primaries,
                    damages,
                    screen.draws(),
                    screen.undecodedImages(),
                    screen.undrawnDraws(),
                    screen.streams(),
                    tornReads);
        }
    }

    /**
     * One pixel of the screen as it is now, 0x00RRGGBB. Only on the display thread, that is in a {@link DisplayListener};
     * allocates nothing.
     *
     * @throws IllegalStateException when there is no screen
     */
    public int pixel(int x, int y) {
        Primary now = threadPrimary;
        if (now == null) {
            throw new IllegalStateException("pixel: got no screen, expected one");
        }
        try {
            return now.pixel(x, y);
        } catch (InternalError e) {
            throw new UncheckedIOException(faulted(e));
        }
    }

    /**
     * One whole picture: never black because nothing has come yet, never stale, never torn. Waits for a screen.
     *
     * @throws TornPictureException in shared memory, when the server draws without rest
     */
    public Frame capture(Deadline deadline) throws SpiceClientException {
        int torn = 0;
        long firstTorn = 0;
        while (true) {
            Primary now = awaitWhole(deadline);
            Frame frame = now.segment() == null ? copyDrawn(now) : copyShared(now, now.segment());
            if (frame != null) {
                return frame;
            }
            if (!isCurrent(now)) {
                continue;
            }
            firstTorn = torn == 0 ? System.nanoTime() : firstTorn;
            torn++;
            if (deadline.hasPassed() || System.nanoTime() - firstTorn >= TORN_LIMIT_NANOS) {
                throw new TornPictureException(torn);
            }
            backOff(torn);
        }
    }

    /**
     * Waits until no pixel has changed for {@code quietMillis}, and returns that picture. Drawing that changes no pixel
     * does not count.
     */
    public Frame awaitStable(long quietMillis, Deadline deadline) throws SpiceClientException {
        long quietNanos = Math.multiplyExact(quietMillis, 1_000_000L);
        long seen = changes();
        Frame last = capture(deadline);
        long since = System.nanoTime();
        while (true) {
            awaitChange(seen, quietNanos - (System.nanoTime() - since), deadline);
            long now = changes();
            boolean looked = now != seen;
            if (looked) {
                seen = now;
                Frame next = captureUnlessTorn(deadline);
                if (next == null || !next.samePixels(last)) {
                    last = next == null ? last : next;
                    since = System.nanoTime();
                }
            }
            if (System.nanoTime() - since >= quietNanos) {
                return last;
            }
            requireTime(deadline, "a screen without change for " + quietMillis + " ms", "one that changes");
            if (looked) {
                pause(Math.min(quietNanos / 4, STABLE_LOOK_NANOS), deadline);
            }
        }
    }

    /** Waits until something newer than {@code afterSequence} has been told, or another screen; returns {@link #sequence}. */
    public long awaitDamage(long afterSequence, Deadline deadline) throws SpiceClientException {
        synchronized (lock) {
            long primariesBefore = primaries;
            while (Long.compareUnsigned(sequence, afterSequence) <= 0 && primaries == primariesBefore) {
                requireOpen();
                requireTime(deadline, "damage after " + afterSequence, "none since " + sequence);
                waitFor(deadline, Long.MAX_VALUE);
            }
            return sequence;
        }
    }

    private long changes() {
        synchronized (lock) {
            return changes;
        }
    }

    private void awaitChange(long seen, long mostNanos, Deadline deadline) throws SpiceClientException {
        long until = System.nanoTime() + mostNanos;
        synchronized (lock) {
            while (changes == seen && until - System.nanoTime() > 0) {
                requireOpen();
                requireTime(deadline, "a screen without change", "too little time");
                waitFor(deadline, until - System.nanoTime());
            }
            requireOpen();
        }
    }

    private void pause(long nanos, Deadline deadline) throws SpiceClientException {
        long until = System.nanoTime() + nanos;
        synchronized (lock) {
            while (until - System.nanoTime() > 0 && !deadline.hasPassed()) {
                requireOpen();
                waitFor(deadline, until - System.nanoTime());
            }
        }
    }

    private @Nullable Frame captureUnlessTorn(Deadline deadline) throws SpiceClientException {
        try {
            return capture(deadline);
        } catch (TornPictureException e) {
            return null;
        }
    }

    private Primary awaitWhole(Deadline deadline) throws SpiceClientException {
        synchronized (lock) {
            while (true) {
                requireOpen();
                Primary now = primary;
                if (now != null && now.segment() != null) {
                    return now;
                }
                String fault = now == null ? null : screen.fault();
                if (fault != null) {
                    throw new SpiceClientException(
                            SpiceClientException.Kind.UNSUPPORTED,
                            IMAGE + ": got a picture that would be wrong (" + fault + "), expected a whole one");
                }
                Long wholeAt = now == null ? null : screen.wholeAtNanos(BLACK_GRACE_NANOS);
                long wait =
                        wholeAt == null ? Long.MAX_VALUE : wholeAt == Long.MIN_VALUE ? 0 : wholeAt - System.nanoTime();
                if (now != null && wait <= 0) {
                    return now;
                }
                requireTime(
                        deadline, "a whole picture", now == null ? "no primary surface" : "a surface without picture");
                waitFor(deadline, wait);
            }
        }
    }

    private @Nullable Frame copyDrawn(Primary now) {
        synchronized (lock) {
            if (!isCurrent(now)) {
                return null;
            }
            int[] pixels = new int[now.width() * now.height()];
            now.copyRaw(pixels);
            now.convert(pixels);
            return new Frame(now.width(), now.height(), sequence, pixels);
        }
    }

    /** A copy that no batch was drawn into, or null. */
    private @Nullable Frame copyShared(Primary now, MappedSegment held) throws SpiceClientException {
        if (!held.tryHold()) {
            return null;
        }
        try {
            SequencePage.Reader page = held.sequencePage();
            long batch = page.beginRead();
            // A batch is being drawn: to copy now would be in vain.
            for (int i = 0; i < SPINS && !page.validate(batch); i++) {
                Thread.onSpinWait();
                batch = page.beginRead();
            }
            if (page.validate(batch)) {
                int[] pixels = new int[now.width() * now.height()];
                now.copyRaw(pixels);
                if (page.validate(batch) && isCurrent(now)) {
                    now.convert(pixels);
                    return new Frame(now.width(), now.height(), batch, pixels);
                }
            }
        } catch (InternalError e) {
            throw faulted(e);
        } finally {
            held.release();
        }
        synchronized (lock) {
            tornReads++;
        }
        return null;
    }

    private boolean isCurrent(Primary wanted) {
        synchronized (lock) {
            return primary != null && primary.serial() == wanted.serial();
        }
    }

    private static void backOff(int torn) {
        LockSupport.parkNanos(Math.min(FIRST_BACKOFF_NANOS << Math.min(torn, 16), LONGEST_BACKOFF_NANOS));
    }

    private static SpiceClientException faulted(InternalError cause) {
        return new SpiceClientException(
                SpiceClientException.Kind.PROTOCOL,
                "shared segment: got a fault while reading, expected pages that stay: " + cause.getMessage(),
                cause);
    }

    private void requireOpen() throws SpiceClientException {
        synchronized (lock) {
            if (end != null) {
                throw end.again();
            }
        }
    }

    private static void requireTime(Deadline deadline, String expected, String got) throws SpiceClientException {
        if (deadline.hasPassed()) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.TIMEOUT, "display: got " + got + " in time, expected " + expected);
        }
    }

    private void waitFor(Deadline deadline, long mostNanos) throws SpiceClientException {
        try {
            deadline.await(lock, mostNanos);
        } catch (InterruptedException e) {
            throw SpiceClientException.interrupted("display");
        }
    }

    /** What the display thread does. */
    private final class Handler implements Channel.Handler {
        @Override
        public void linked(ClientLink.State.Linked state) throws IOException {
            send(new DisplayClientMessage.Init(
                    CACHE_ID, ImageCache.MAX_PIXELS, CACHE_ID, ImageLoader.GLZ_WINDOW_PIXELS));
            boolean peerHas = state.reply().channelCapabilities().has(numbering.capabilityBit());
            sharedMemoryPossible = askedForSharedMemory && peerHas;
            if (askedForSharedMemory && !peerHas) {
                decide("the server does not have the shared-memory capability (bit " + numbering.capabilityBit() + ")");
            } else if (!askedForSharedMemory) {
                decide(modeReason());
            }
        }

        @Override
        public boolean expectsDescriptor() {
            return awaitingDescriptor != null;
        }

        @Override
        public void message(MessageFramer framer) throws IOException, MalformedMessageException {
            if (framer.type() == numbering.damage() && sharedMemoryPossible) {
                sharedDamage(framer);
                return;
            }
            if (!firstMessageSeen && framer.type() != CommonServerMessage.Ping.TYPE) {
                firstMessageSeen = true;
                if (sharedMemoryPossible && framer.type() != numbering.offer()) {
                    decide("the server has offered no segment");
                }
            }
            take(DisplayServerMessage.decode(framer.type(), framer.body(), numbering));
        }

        private void take(DisplayServerMessage message) throws IOException, MalformedMessageException {
            switch (message) {
                case CommonServerMessage common -> {}
                case UnknownMessage unknown -> {}
                case DisplayServerMessage.Mode mode -> {}
                case DisplayServerMessage.MonitorsConfig monitors -> {}
                case ShmOffer offer -> offered(offer);
                case SurfaceCreateShm create -> createdShared(create);
                case ShmDamage told -> throw unasked("SHM_DAMAGE");
                case DisplayServerMessage.SurfaceCreate create -> created(create);
                case DisplayServerMessage.SurfaceDestroy(int surfaceId) -> destroyed(surfaceId);
                case DrawMessage draw -> drawn(draw);
                case StreamMessage stream -> streamed(stream);
                case DisplayServerMessage.Mark mark -> onScreen(() -> screen.mark(System.nanoTime()));
                case DisplayServerMessage.Reset reset -> onScreen(screen::reset);
                case DisplayServerMessage.InvalList(var resources) -> onScreen(() -> screen.forgetImages(resources));
                case DisplayServerMessage.InvalAllPixmaps all -> onScreen(screen::forgetImages);
                case DisplayServerMessage.InvalPalette(long id) -> onScreen(() -> screen.forgetPalette(id));
                case DisplayServerMessage.InvalAllPalettes all -> onScreen(screen::forgetPalettes);
            }
        }

        private void onScreen(Runnable change) {
            synchronized (lock) {
                change.run();
                lock.notifyAll();
            }
        }

        private void sharedDamage(MessageFramer framer) throws MalformedMessageException {
            Primary now = threadPrimary;
            damage.wrap(framer.segment(), framer.bodyOffset(), framer.bodyBytes());
            if (now == null || now.segment() == null || damage.surfaceId() != now.surfaceId()) {
                throw new MalformedMessageException(
                        "SHM_DAMAGE",
                        "surface_id",
                        "got " + damage.surfaceId() + ", expected the surface that SURFACE_CREATE_SHM made");
            }
            damage.requireInside(now.width(), now.height());
            long newest = damage.sequence();
            long ended = now.segment().sequencePage().beginRead();
            if (!(Long.compareUnsigned(newest, ended) <= 0)) {
                throw new MalformedMessageException(
                        "SHM_DAMAGE", "sequence", "got " + newest + ", expected at most write_end, " + ended);
            }
            synchronized (lock) {
                if (!(Long.compareUnsigned(sequence, newest) <= 0)) {
                    throw new MalformedMessageException(
                            "SHM_DAMAGE", "sequence", "got " + newest + ", expected at least " + sequence);
                }
                sequence = newest;
                damages++;
                changes++;
                lock.notifyAll();
            }
            listener.damage(damageView);
        }

        private void offered(ShmOffer offer) throws IOException, MalformedMessageException {
            if (!sharedMemoryPossible) {
                throw unasked("SHM_OFFER");
            }
            if (threadPrimary != null && threadPrimary.segment() != null) {
                throw new MalformedMessageException(
                        "SHM_OFFER", "(order)", "got an offer while a shared surface exists, expected SURFACE_DESTROY");
            }
            if (!(offer.segmentBytes() <= MappedSegment.MAX_BYTES)) {
                throw new MalformedMessageException(
                        "SHM_OFFER",
                        "segment_size",
                        "got " + offer.segmentBytes() + ", expected at most " + MappedSegment.MAX_BYTES);
            }
            if ((offer.features() & SegmentFeatures.FD_FOLLOWS) == 0) {
                decline("the offer has no descriptor");
            } else {
                awaitingDescriptor = offer;
            }
        }

        @Override
        public void descriptor(OwnedDescriptor descriptor) throws IOException, MalformedMessageException {
            ShmOffer offer = awaitingDescriptor;
            awaitingDescriptor = null;
            if (offer == null) {
                descriptor.close();
                throw new IllegalStateException("a descriptor without an offer");
            }
            if ((offer.features() & SegmentFeatures.SEQUENCE_PAGE) == 0) {
                descriptor.close();
                decline("the offer has no sequence page, so that no picture could be known to be whole");
                return;
            }
            MappedSegment mapped = MappedSegment.map(descriptor, offer.segmentBytes());
            MappedSegment old;
            synchronized (lock) {
                old = segment;
                segment = mapped;
                modeReason = "the server has offered a segment of " + offer.segmentBytes() + " bytes";
            }
            send(new ShmReply(true, offer.features() & WANTED_FEATURES));
            if (old != null) {
                old.retire();
            }
            modeKnown.complete(true);
        }

        private void decline(String why) throws IOException {
            send(new ShmReply(false, 0));
            dropSegment(why);
            decide(why);
        }

        private void createdShared(SurfaceCreateShm create) throws MalformedMessageException {
            MappedSegment mapped;
            synchronized (lock) {
                mapped = segment;
            }
            if (mapped == null) {
                throw unasked("SURFACE_CREATE_SHM");
            }
            requireNoPrimary("SURFACE_CREATE_SHM");
            create.requireInside(mapped.memory().byteSize());
            if (!Primary.isScreenFormat(create.format())) {
                throw new MalformedMessageException(
                        "SURFACE_CREATE_SHM", "format", "got " + create.format() + ", expected a format of colours");
            }
            if (!((long) create.width() * create.height() <= Primary.MAX_PIXELS)) {
                throw new MalformedMessageException(
                        "SURFACE_CREATE_SHM",
                        "height",
                        "got " + create.height() + ", expected at most " + Primary.MAX_PIXELS + " pixels");
            }
            show(new Primary(
                    serialOfNext(),
                    create.surfaceId(),
                    create.width(),
                    create.height(),
                    create.format(),
                    mapped.memory(),
                    create.shmOffset(),
                    create.strideBytes(),
                    mapped));
        }

        private long serialOfNext() {
            synchronized (lock) {
                return primaries + 1;
            }
        }

        private void requireNoPrimary(String message) throws MalformedMessageException {
            if (threadPrimary != null) {
                throw new MalformedMessageException(
                        message, "surface_id", "got a second primary surface, expected SURFACE_DESTROY before it");
            }
        }

        private void created(DisplayServerMessage.SurfaceCreate create) throws MalformedMessageException {
            boolean isPrimary = (create.flags() & DisplayServerMessage.SurfaceCreate.PRIMARY) != 0;
            if (isPrimary) {
                if (threadPrimary != null && threadPrimary.segment() != null) {
                    requireNoPrimary("SURFACE_CREATE");
                }
                if (!Primary.isScreenFormat(create.format())) {
                    throw new MalformedMessageException(
                            "SURFACE_CREATE", "format", "got " + create.format() + ", expected a format of colours");
                }
                hide();
                dropSegment("the server has gone on in normal mode");
            }
            Primary made;
            synchronized (lock) {
                screen.create(create);
                made = isPrimary ? screen.primary(primaries + 1) : null;
            }
            if (made != null) {
                show(made);
            }
        }

        private void destroyed(int surfaceId) throws MalformedMessageException {
            boolean isPrimary = threadPrimary != null && threadPrimary.surfaceId() == surfaceId;
            boolean shared = isPrimary && threadPrimary != null && threadPrimary.segment() != null;
            if (isPrimary) {
                hide();
            }
            synchronized (lock) {
                if (!shared && !screen.remove(surfaceId)) {
                    throw new MalformedMessageException(
                            "SURFACE_DESTROY", "surface_id", "got " + surfaceId + ", expected a surface that exists");
                }
            }
        }

        private void drawn(DrawMessage draw) throws MalformedMessageException {
            boolean seen;
            synchronized (lock) {
                seen = noteChange(screen.draw(draw));
            }
            if (seen) {
                listener.damage(damageView);
            }
        }

        private void streamed(StreamMessage stream) throws MalformedMessageException {
            boolean seen;
            synchronized (lock) {
                seen = noteChange(screen.stream(stream));
            }
            if (seen) {
                listener.damage(damageView);
            }
        }

        /** Whether the primary has changed, and the listener is to be told of {@link #damageView}. Under the lock. */
        private boolean noteChange(@Nullable Rect changed) {
            sequence = segment == null ? screen.draws() : sequence;
            Primary now = primary;
            if (changed != null && now != null) {
                changes++;
                damage.begin(drawnDamage, 0, now.surfaceId(), sequence, 0);
                damage.addRect(changed.top(), changed.left(), changed.bottom(), changed.right());
            }
            lock.notifyAll();
            return changed != null && now != null;
        }

        private void show(Primary next) {
            threadPrimary = next;
            synchronized (lock) {
                primary = next;
                primaries++;
                changes++;
                lock.notifyAll();
            }
            SurfaceFormat format = next.format();
            listener.primaryCreated(next.width(), next.height(), format, next.segment() != null);
        }

        private void hide() {
            if (threadPrimary == null) {
                return;
            }
            threadPrimary = null;
            synchronized (lock) {
                primary = null;
                changes++;
                lock.notifyAll();
            }
            listener.primaryDestroyed();
        }

        private void dropSegment(String why) {
            MappedSegment old;
            synchronized (lock) {
                old = segment;
                segment = null;
                if (old != null) {
                    modeReason = why;
                    sequence = 0;
                }
            }
            if (old != null) {
                old.retire();
            }
        }

        private void decide(String why) {
            synchronized (lock) {
                modeReason = why;
            }
            modeKnown.complete(false);
        }

        private MalformedMessageException unasked(String message) {
            return new MalformedMessageException(
                    message,
                    "(order)",
                    "got one, expected none: " + (askedForSharedMemory ? modeReason() : notAsked(options)));
        }

        private void send(DisplayClientMessage message) throws IOException {
            Channel to = channel;
            if (to == null) {
                throw new IllegalStateException("a display without a channel");
            }
            to.send(message);
        }

        @Override
        public void closed(SpiceClientException reason) {
            synchronized (lock) {
                end = reason;
                lock.notifyAll();
            }
            modeKnown.completeExceptionally(reason);
            hide();
            dropSegment("closed");
            synchronized (lock) {
                screen.close();
            }
            ended.accept(reason);
            listener.closed(reason);
        }
    }
}
