package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
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
import org.spiceshm.protocol.spice.UnknownMessage;
import org.spiceshm.sharedmemory.OwnedDescriptor;

/**
 * What the display channel's messages mean. Owned by the display thread, which {@link RingFollower}'s joins in telling
 * damage: the listener hears one thing at a time. In shared memory a damage message allocates nothing.
 */
final class DisplayHandler implements Channel.Handler {
    private static final int WANTED_FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;
    /** The client's one image cache, and its one GLZ window. */
    private static final int CACHE_ID = 1;

    private final ConnectOptions options;
    private final Numbering numbering;
    private final ConnectOptions.Damage wanted;
    private final boolean askedForSharedMemory;
    private final DisplayListener listener;
    private final Consumer<SpiceClientException> ended;
    private final DisplayState state;
    private final CompletableFuture<Boolean> modeKnown = new CompletableFuture<>();
    private final LockStepFrames frames = new LockStepFrames(this::answerDamage);
    private @Nullable Channel channel;

    private final ShmDamageFlyweight damage = new ShmDamageFlyweight();
    private final DamageView damageView = new DamageView(damage);
    private final MemorySegment drawnDamage = MemorySegment.ofArray(new byte[ShmDamageFlyweight.MAX_BYTES]);
    private @Nullable ShmOffer awaitingDescriptor;
    private boolean sharedMemoryPossible;
    private boolean firstMessageSeen;
    /** A segment of its own was asked for. */
    private boolean askedForOwn;
    /** The segment is its own. */
    private boolean ownSegment;
    /** The screen lies in it. */
    private volatile boolean inLockStep;

    private boolean ringAgreed;

    /** Held while the listener is told, which guards the three below and {@link #threadPrimary} against the ring's thread. */
    private final Object telling = new Object();

    private final RingFollower.Listener ringListener = new RingFollower.Listener() {
        @Override
        public void damage(long sequence, long readNanos, DamageRects rects, boolean lost) {
            ringDamage(sequence, readNanos, rects, lost);
        }

        @Override
        public void failed(Throwable cause) {
            channel().close(new SpiceClientException(SpiceClientException.Kind.CLOSED, "display: " + cause, cause));
        }
    };

    private final ShmDamageFlyweight ringDamage = new ShmDamageFlyweight();
    private final DamageView ringView = new DamageView(ringDamage);
    private final MemorySegment ringRecords = MemorySegment.ofArray(new byte[ShmDamageFlyweight.MAX_BYTES]);
    private @Nullable Primary threadPrimary;
    private volatile @Nullable RingFollower ring;

    DisplayHandler(ConnectOptions options, Consumer<SpiceClientException> ended) {
        this.options = options;
        this.ended = ended;
        this.numbering = options.numbering();
        this.wanted = options.damage();
        this.askedForSharedMemory =
                options.uri() instanceof SpiceUri.Unix && options.mode() != ConnectOptions.Mode.NORMAL;
        this.listener = options.listener();
        this.state =
                new DisplayState(askedForSharedMemory ? "the display channel is not linked yet" : notAsked(options));
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
    void setChannel(Channel newChannel) {
        channel = newChannel;
    }

    /** Whether the screen comes in shared memory, once that is clear. */
    CompletableFuture<Boolean> modeKnown() {
        return modeKnown;
    }

    DisplayState state() {
        return state;
    }

    LockStepFrames frames() {
        return frames;
    }

    /** How damage comes now. */
    ConnectOptions.Damage damage() {
        boolean asWanted = switch (wanted) {
            case SOCKET -> true;
            case RING, SPINNING_RING -> ring != null;
            case HANDLED, FRAMES -> inLockStep;
        };
        return asWanted ? wanted : ConnectOptions.Damage.SOCKET;
    }

    /** What the listener is told of; in its calls only. */
    @Nullable
    Primary threadPrimary() {
        return threadPrimary;
    }

    @Override
    public void linked(ClientLink.State.Linked link) throws IOException {
        send(new DisplayClientMessage.Init(CACHE_ID, ImageCache.MAX_PIXELS, CACHE_ID, ImageLoader.GLZ_WINDOW_PIXELS));
        boolean peerHas = link.reply().channelCapabilities().has(numbering.capabilityBit());
        sharedMemoryPossible = askedForSharedMemory && peerHas;
        if (askedForSharedMemory && !peerHas) {
            decide("the server does not have the shared-memory capability (bit " + numbering.capabilityBit() + ")");
        } else if (!askedForSharedMemory) {
            decide(state.modeReason());
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
            case DrawMessage draw -> drawn(state.draw(screen -> screen.draw(draw)));
            case StreamMessage stream -> drawn(state.draw(screen -> screen.stream(stream)));
            case DisplayServerMessage.Mark mark -> state.onScreen(screen -> screen.mark(System.nanoTime()));
            case DisplayServerMessage.Reset reset -> state.onScreen(NormalScreen::reset);
            case DisplayServerMessage.InvalList(var resources) ->
                state.onScreen(screen -> screen.forgetImages(resources));
            case DisplayServerMessage.InvalAllPixmaps all -> state.onScreen(NormalScreen::forgetImages);
            case DisplayServerMessage.InvalPalette(long id) -> state.onScreen(screen -> screen.forgetPalette(id));
            case DisplayServerMessage.InvalAllPalettes all -> state.onScreen(NormalScreen::forgetPalettes);
        }
    }

    private void sharedDamage(MessageFramer framer) throws IOException, MalformedMessageException {
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
        if (!state.damaged(newest)) {
            throw new MalformedMessageException(
                    "SHM_DAMAGE", "sequence", "got " + newest + ", expected at least " + state.sequence());
        }
        tell(damageView);
        if (inLockStep) {
            answerOrHand(now, newest);
        }
    }

    /** In lock-step the picture stays as it is until this is answered. */
    private void answerOrHand(Primary now, long newest) throws SpiceClientException {
        if (wanted == ConnectOptions.Damage.FRAMES) {
            frames.told(now, damage);
        } else {
            answerDamage(newest);
        }
    }

    private void answerDamage(long newest) throws SpiceClientException {
        channel().sendHandled(newest);
    }

    private void tell(DamageView view) {
        synchronized (telling) {
            listener.damage(view);
        }
    }

    /** Damage from the ring, which may be older than the surface that it meets. On the ring's thread. */
    private void ringDamage(long newest, long readNanos, DamageRects rects, boolean lost) {
        synchronized (telling) {
            Primary now = threadPrimary;
            RingFollower from = ring;
            if (now == null || from == null || from.isStopped()) {
                return;
            }
            ringDamage.begin(ringRecords, 0, now.surfaceId(), newest, readNanos);
            if (lost) {
                ringDamage.addRect(0, 0, now.height(), now.width());
            }
            for (int i = 0; i < rects.count() && !lost; i++) {
                int bottom = Math.min(rects.bottom(i), now.height());
                int right = Math.min(rects.right(i), now.width());
                if (rects.top(i) < bottom && rects.left(i) < right) {
                    ringDamage.addRect(rects.top(i), rects.left(i), bottom, right);
                }
            }
            if (ringDamage.rectCount() != 0 && state.damaged(newest)) {
                listener.damage(ringView);
            }
        }
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
        int features = offer.features() & wantedFeatures();
        if (!DamageRing.fits(offer.segmentBytes())) {
            features &= ~SegmentFeatures.DAMAGE_RING;
        }
        stopRing();
        MappedSegment old =
                state.replaceSegment(mapped, "the server has offered a segment of " + offer.segmentBytes() + " bytes");
        // Who has asked for a segment of its own knows it by the feature: offers of the common one no longer have it.
        boolean handled = (features & SegmentFeatures.DAMAGE_HANDLED) != 0;
        ownSegment = askedForOwn && handled;
        askedForOwn |= handled;
        ringAgreed = (features & SegmentFeatures.DAMAGE_RING) != 0;
        send(new ShmReply(true, features));
        if (old != null) {
            old.retire();
        }
        modeKnown.complete(true);
    }

    private int wantedFeatures() {
        return switch (wanted) {
            case SOCKET -> WANTED_FEATURES;
            case RING, SPINNING_RING -> WANTED_FEATURES | SegmentFeatures.DAMAGE_RING;
            case HANDLED, FRAMES -> WANTED_FEATURES | SegmentFeatures.DAMAGE_HANDLED;
        };
    }

    private void decline(String why) throws IOException {
        send(new ShmReply(false, 0));
        dropSegment(why);
        decide(why);
    }

    private void createdShared(SurfaceCreateShm create) throws MalformedMessageException {
        MappedSegment mapped = state.segment();
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
        inLockStep = ownSegment;
        if (ringAgreed && ring == null) {
            ring = RingFollower.start(
                    mapped,
                    wanted == ConnectOptions.Damage.SPINNING_RING,
                    "spice-ring-" + options.displayId(),
                    ringListener);
        }
        show(new Primary(
                state.nextSerial(),
                create.surfaceId(),
                create.width(),
                create.height(),
                create.format(),
                mapped.memory(),
                create.shmOffset(),
                create.strideBytes(),
                mapped));
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
        if (!isPrimary && threadPrimary != null && threadPrimary.surfaceId() == create.surfaceId()) {
            throw new MalformedMessageException(
                    "SURFACE_CREATE",
                    "surface_id",
                    "got " + create.surfaceId()
                            + " of the screen for another surface, expected SURFACE_DESTROY before");
        }
        state.onScreen(screen -> screen.create(create));
        Primary made = isPrimary ? state.drawnPrimary() : null;
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
        if (!shared && !state.removeSurface(surfaceId)) {
            throw new MalformedMessageException(
                    "SURFACE_DESTROY", "surface_id", "got " + surfaceId + ", expected a surface that exists");
        }
    }

    private void drawn(@Nullable Rect changed) {
        Primary now = threadPrimary;
        if (changed != null && now != null) {
            damage.begin(drawnDamage, 0, now.surfaceId(), state.sequence(), 0);
            damage.addRect(changed.top(), changed.left(), changed.bottom(), changed.right());
            tell(damageView);
        }
    }

    private void show(Primary next) {
        synchronized (telling) {
            threadPrimary = next;
            state.show(next);
            listener.primaryCreated(next.width(), next.height(), next.format(), next.segment() != null);
        }
    }

    private void hide() {
        synchronized (telling) {
            if (threadPrimary == null) {
                return;
            }
            threadPrimary = null;
            state.hide();
            listener.primaryDestroyed();
        }
        frames.gone();
    }

    private void dropSegment(String why) {
        stopRing();
        inLockStep = false;
        ownSegment = false;
        ringAgreed = false;
        MappedSegment old = state.dropSegment(why);
        if (old != null) {
            old.retire();
        }
    }

    private void stopRing() {
        RingFollower running = ring;
        if (running != null) {
            running.stop();
            ring = null;
        }
    }

    private void decide(String why) {
        state.setModeReason(why);
        modeKnown.complete(false);
    }

    private MalformedMessageException unasked(String message) {
        return new MalformedMessageException(
                message,
                "(order)",
                "got one, expected none: " + (askedForSharedMemory ? state.modeReason() : notAsked(options)));
    }

    private void send(DisplayClientMessage message) throws SpiceClientException {
        channel().send(message);
    }

    private Channel channel() {
        Channel to = channel;
        if (to == null) {
            throw new IllegalStateException("a display without a channel");
        }
        return to;
    }

    @Override
    public void closed(SpiceClientException reason) {
        state.end(reason);
        modeKnown.completeExceptionally(reason);
        hide();
        dropSegment("closed");
        frames.end(reason);
        state.closeScreen();
        ended.accept(reason);
        synchronized (telling) {
            listener.closed(reason);
        }
    }
}
