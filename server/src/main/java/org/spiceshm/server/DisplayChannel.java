package org.spiceshm.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.codec.CompressionChoice;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage.Head;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.UnknownMessage;
import org.spiceshm.protocol.spice.WireMessage;

/**
 * The screen for one client: in shared-memory mode rectangles of damage, in normal mode the pixels themselves.
 *
 * <pre>
 *  SHM_OFFER, descriptor | SET_ACK          (the offer only on Unix sockets, to who asked for it)
 *       reply and DISPLAY_INIT, in either order
 *  shared: SURFACE_CREATE_SHM  MONITORS_CONFIG MARK  SHM_DAMAGE ...         ({@link ServerOptions} may pace them;
 *                                                                            none for who reads the ring)
 *  lock-step: SHM_OFFER, descriptor, reply,
 *          SURFACE_CREATE_SHM  SHM_DAMAGE  MONITORS_CONFIG MARK  handled  SHM_DAMAGE  handled ...
 *  normal: SURFACE_CREATE DRAW_COPY MONITORS_CONFIG MARK  DRAW_COPY ...
 * </pre>
 *
 * <p>It tells the newest state and never queues up the past: while a message is unsent, further damage gathers in the
 * journal. Owned by the connection's thread; telling damage in shared mode allocates nothing.
 */
final class DisplayChannel extends Channel {
    private static final Logger LOG = System.getLogger(DisplayChannel.class.getName());
    private static final long INIT_NANOS = 30_000_000_000L;
    /** With more than this unsent, a normal client is not told of new damage. */
    private static final int MAX_PENDING_BYTES = 256 * 1024;

    /** Of the segment that all share. */
    private static final int COMMON_FEATURES =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_RING;
    /** Of a segment of one's own: its damage is told on the socket alone. */
    private static final int OWN_FEATURES =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_HANDLED;

    private enum Mode {
        /** An offer or DISPLAY_INIT is awaited for the first time. */
        UNDECIDED,
        NORMAL,
        SHARED
    }

    private final Session session;
    private final Screen screen;
    private final Numbering numbering;
    private final Capabilities client;
    private final boolean mayOffer;
    private final AckWindow acks = new AckWindow();
    private final DamageJournal.Reader damage;
    private final DamageRects rects = new DamageRects();
    private final ShmDamageFlyweight shmDamage = new ShmDamageFlyweight();
    private final SegmentOffers offers = new SegmentOffers();
    private final LockStepClient lockStep;
    private final PixelTeller pixels;
    private final Pacing pacing;

    private Mode mode = Mode.UNDECIDED;
    private boolean initialised;
    private long initDeadline = NEVER;

    private long shownEpoch;
    private long shownMonitors;
    private @Nullable Primary shown;
    /** What is shown lies in the client's own segment. */
    private boolean inLockStep;
    /** The client takes its damage from the ring. */
    private boolean readsRing;

    private long lastSequence;

    DisplayChannel(Connection connection, Session session, Screen screen, Capabilities client, Capabilities ours) {
        super(connection);
        this.session = session;
        ServerOptions options = connection.server().options();
        this.screen = screen;
        this.numbering = options.numbering();
        this.client = client;
        this.mayOffer = ours.has(numbering.capabilityBit()) && client.has(numbering.capabilityBit());
        this.damage = screen.journal().new Reader();
        this.lockStep = new LockStepClient(
                screen.lockSteps(),
                options.lockStepClients(),
                connection.transport().peer(),
                connection.server().lateAnswerCount());
        this.pixels = new PixelTeller(connection, screen.gate(), acks, suitable(options.compression()));
        this.pacing = new Pacing(options.maxDamageRate());
    }

    @Override
    void start(long now) {
        connection.server().displayOpened();
        initDeadline = now + INIT_NANOS;
        SharedSegment segment = screen.state().segment();
        if (mayOffer && segment != null) {
            offerCommon(segment, now);
        }
        connection.send(acks.announcement());
    }

    @Override
    void close() {
        setReadsRing(false);
        lockStep.close();
        connection.server().displayClosed();
    }

    // ---- the client's messages

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        switch (DisplayClientMessage.decode(type, body, numbering)) {
            case DisplayClientMessage.Init init -> onInit(init);
            case ShmReply reply -> onReply(reply);
            case ShmDamageHandled handled -> onHandled(handled, now);
            case CommonClientMessage.AckSync sync -> acks.onSync(sync);
            case CommonClientMessage.Ack() -> acks.onAck();
            case CommonClientMessage common -> {}
            case DisplayClientMessage.PreferredCompression preferred -> onPreferred(preferred);
            case DisplayClientMessage.PreferredVideoCodecType preferred -> {}
            case DisplayClientMessage.StreamReport report -> {}
            case UnknownMessage unknown -> connection.fail("display message " + unknown.type() + " is unknown");
        }
    }

    private void onInit(DisplayClientMessage.Init init) {
        if (initialised) {
            connection.fail("DISPLAY_INIT: got a second one");
            return;
        }
        initialised = true;
        initDeadline = NEVER;
        pixels.dictionary(session.dictionary(init.glzDictionaryId(), init.glzDictionaryWindowSize()));
    }

    private void onPreferred(DisplayClientMessage.PreferredCompression preferred) {
        CompressionChoice choice = CompressionChoice.ofNumber(preferred.imageCompression());
        if (choice != null) {
            pixels.compress(suitable(choice));
        }
    }

    /** LZ4 is only for who says that it knows it. */
    private CompressionChoice suitable(CompressionChoice choice) {
        boolean knowsLz4 = numbering == Numbering.CURRENT && client.has(DisplayCapability.LZ4_COMPRESSION);
        return choice == CompressionChoice.LZ4 && !knowsLz4 ? CompressionChoice.LZ : choice;
    }

    private void onReply(ShmReply reply) throws MalformedMessageException {
        if (!offers.answer(reply)) {
            return;
        }
        boolean own = lockStep.isOwn(offers.accepted());
        if (own && !offers.has(SegmentFeatures.DAMAGE_HANDLED)) {
            // It does not want what it has asked for: back to the segment that all share.
            offers.forget();
            lockStep.refuse();
        } else if (!own && offers.has(SegmentFeatures.DAMAGE_HANDLED)) {
            lockStep.ask();
        }
        mode = reply.accepted() && (offers.accepted() != null || own) ? Mode.SHARED : Mode.NORMAL;
        leaveLockStepIfNormal();
    }

    private void leaveLockStepIfNormal() {
        if (mode == Mode.NORMAL) {
            lockStep.refuse();
            setReadsRing(false);
        }
    }

    private void onHandled(ShmDamageHandled handled, long now) {
        if (!lockStep.hasAsked()) {
            connection.fail("SHM_DAMAGE_HANDLED: got one, and the feature was not agreed on");
        } else if (!(Long.compareUnsigned(handled.sequence(), lastSequence) <= 0)) {
            connection.fail("SHM_DAMAGE_HANDLED, sequence: got " + Long.toUnsignedString(handled.sequence())
                    + ", expected at most " + lastSequence);
        } else {
            lockStep.handled(handled.sequence(), now);
        }
    }

    // ---- deadlines

    @Override
    long deadline() {
        long first = Math.min(initDeadline, offers.deadline());
        return Math.min(first, Math.min(lockStep.deadline(), pacing.deadline()));
    }

    @Override
    void onDeadline(long now) {
        if (offers.deadline() <= now) {
            offers.refuseForSilence();
            mode = Mode.NORMAL;
            leaveLockStepIfNormal();
        }
        if (initDeadline <= now) {
            connection.fail("no DISPLAY_INIT within " + INIT_NANOS / 1_000_000_000 + " s");
        }
        if (lockStep.deadline() <= now) {
            lockStep.countLate();
        }
        if (pacing.deadline() <= now) {
            pacing.onDeadline();
        }
    }

    // ---- what the client is told

    @Override
    boolean pumpDamage(long now) {
        if (!initialised || offers.isOutstanding()) {
            // What the client owes us brings the loop here.
            return true;
        }
        long end = screen.journal().published();
        ScreenState state = screen.state();
        boolean onlyDamage =
                mode == Mode.SHARED && state.epoch() == shownEpoch && state.monitorsVersion() == shownMonitors;
        if (!onlyDamage) {
            return false;
        }
        boolean paced = pacing.isAwaited();
        Primary primary = shown;
        if (primary != null && mayTell()) {
            tellNews(primary, end, now);
        }
        // Whoever sleeps has to hear of a new deadline.
        return paced || !pacing.isAwaited();
    }

    @Override
    void pump(long now) {
        if (!initialised || offers.isOutstanding()) {
            return;
        }
        if (mode == Mode.UNDECIDED) {
            mode = Mode.NORMAL;
        }
        if (!mayTell()) {
            return;
        }
        // The journal's end first: then the state is at least as new as every record up to it.
        long end = screen.journal().published();
        ScreenState state = screen.state();
        if (state.epoch() != shownEpoch && !show(state, now)) {
            return;
        }
        if (state.monitorsVersion() != shownMonitors && shown != null) {
            tellMonitors(state, shown);
        }
        if (shown != null && mayTell()) {
            tellNews(shown, end, now);
        }
    }

    /** Whether the client has read enough to be told more; it is the newest state that it will be told. */
    private boolean mayTell() {
        int mostUnsent = mode == Mode.SHARED ? 0 : MAX_PENDING_BYTES;
        return acks.isOpen() && !pixels.isBusy() && connection.outbox().pending() <= mostUnsent;
    }

    /** Makes the client show what {@code state} has; false if that has to wait. */
    private boolean show(ScreenState state, long now) {
        if (shown != null) {
            tell(new DisplayServerMessage.SurfaceDestroy(Primary.ID));
            shown = null;
            inLockStep = false;
            lockStep.surfaceDestroyed();
        }
        Primary primary = state.primary();
        if (primary != null) {
            if (!create(primary, state.epoch(), now)) {
                return false;
            }
            shown = primary;
            tellMonitors(state, primary);
            tell(new DisplayServerMessage.Mark());
        }
        shownEpoch = state.epoch();
        return true;
    }

    private boolean create(Primary primary, long epoch, long now) {
        if (mode == Mode.NORMAL) {
            return pixels.create(primary, epoch, damage::skipAll);
        }
        return lockStep.takePlace() ? createOwn(primary, epoch, now) : createCommon(primary, now);
    }

    private boolean createCommon(Primary primary, long now) {
        if (!primary.segment().equals(offers.accepted())) {
            // It has outgrown the segment that the client maps; the answer brings us here again.
            offerCommon(primary.segment(), now);
            return false;
        }
        setReadsRing(offers.has(SegmentFeatures.DAMAGE_RING));
        tellSurface(primary, primary.offset());
        return true;
    }

    /** In the client's own segment. */
    private boolean createOwn(Primary primary, long epoch, long now) {
        if (!lockStep.canHold(primary)) {
            setReadsRing(false);
            try {
                offer(lockStep.renew(primary), OWN_FEATURES, now);
                return false;
            } catch (IOException e) {
                LOG.log(Level.WARNING, "a client gets no segment of its own: {0}", e.getMessage());
                lockStep.refuse();
                return createCommon(primary, now);
            }
        }
        if (!lockStep.isWhole(primary, epoch)) {
            return false;
        }
        inLockStep = true;
        tellSurface(primary, LockStepFeed.PICTURE_OFFSET);
        tellOwnDamage(now);
        return true;
    }

    private void offerCommon(SharedSegment segment, long now) {
        int handled = lockStep.mayAsk() ? SegmentFeatures.DAMAGE_HANDLED : 0;
        offer(segment, COMMON_FEATURES | handled, now);
    }

    private void offer(SharedSegment segment, int features, long now) {
        if (segment.hold()) {
            connection.send(offers.make(segment, features, now));
            connection.outbox().appendDescriptor(segment);
        }
    }

    private void tellSurface(Primary primary, long offset) {
        tell(new SurfaceCreateShm(
                Primary.ID,
                primary.widthPixels(),
                primary.heightPixels(),
                primary.format(),
                primary.strideBytes(),
                offset));
    }

    private void tellMonitors(ScreenState state, Primary primary) {
        shownMonitors = state.monitorsVersion();
        if (!client.has(DisplayCapability.MONITORS_CONFIG)) {
            return;
        }
        List<Head> heads = state.heads();
        if (heads.isEmpty()) {
            heads = List.of(new Head(0, Primary.ID, primary.widthPixels(), primary.heightPixels(), 0, 0, 0));
        }
        tell(new DisplayServerMessage.MonitorsConfig(state.maxHeads(), heads));
    }

    // ---- damage

    private void tellNews(Primary primary, long end, long now) {
        boolean news = inLockStep ? lockStep.isReady() : !readsRing && damage.isBehind(end);
        if (!news || !pacing.mayTell(now)) {
            return;
        }
        if (inLockStep) {
            tellOwnDamage(now);
            pacing.told(now);
        } else if (tellDamage(primary, end)) {
            pacing.told(now);
        }
    }

    private void tellOwnDamage(long now) {
        LockStepFeed feed = lockStep.ownFeed();
        tellRectangles(feed.rects(), feed.sequence(), feed.readNanos());
        lockStep.told(now);
    }

    private boolean tellDamage(Primary primary, long end) {
        rects.clear();
        if (!damage.read(shownEpoch, end, rects)) {
            return false;
        }
        if (damage.lost()) {
            rects.clear();
            rects.add(0, 0, primary.heightPixels(), primary.widthPixels());
        }
        if (mode == Mode.SHARED) {
            tellRectangles(rects, damage.sequence(), damage.readNanos());
        } else {
            pixels.tell(primary, rects);
        }
        return true;
    }

    private void tellRectangles(DamageRects changed, long sequence, long readNanos) {
        Outbox outbox = connection.outbox();
        MessageWriter writer = connection.writer();
        int room = writer.headerBytes() + ShmDamageFlyweight.MAX_BYTES;
        int at = outbox.reserve(room);
        int body = at + writer.headerBytes();
        shmDamage.begin(outbox.segment(), body, Primary.ID, sequence, readNanos);
        for (int i = 0; i < changed.count(); i++) {
            shmDamage.addRect(changed.top(i), changed.left(i), changed.bottom(i), changed.right(i));
        }
        writer.writeHeader(outbox.segment(), at, numbering.damage(), shmDamage.bytes());
        outbox.trim(ShmDamageFlyweight.MAX_BYTES - shmDamage.bytes());
        lastSequence = sequence;
        acks.sent();
    }

    private void setReadsRing(boolean reads) {
        if (reads != readsRing) {
            readsRing = reads;
            // What the journal has of before is in the surface that is made next.
            damage.skipAll();
            screen.countRingReaders(reads ? 1 : -1);
        }
    }

    private void tell(WireMessage message) {
        acks.sent();
        connection.send(message);
    }
}
