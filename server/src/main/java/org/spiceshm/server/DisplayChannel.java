package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage.Head;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.RawCopyPrefix;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.protocol.spice.UnknownMessage;
import org.spiceshm.protocol.spice.WireMessage;

/**
 * The screen for one client: in shared-memory mode rectangles of damage, in normal mode the pixels themselves.
 *
 * <pre>
 *  SHM_OFFER, descriptor | SET_ACK          (the offer only on Unix sockets, to who asked for it)
 *       reply and DISPLAY_INIT, in either order
 *  shared: SURFACE_CREATE_SHM  MONITORS_CONFIG MARK  SHM_DAMAGE ...
 *  normal: SURFACE_CREATE DRAW_COPY MONITORS_CONFIG MARK  DRAW_COPY ...
 * </pre>
 *
 * <p>It tells the newest state and never queues up the past: while a message is unsent, further damage gathers in the
 * journal. Owned by the connection's thread; telling damage in shared mode allocates nothing.
 */
final class DisplayChannel extends Channel {
    private static final long REPLY_NANOS = 5_000_000_000L;
    private static final long INIT_NANOS = 30_000_000_000L;
    private static final int PRIMARY_ID = 0;
    private static final int PRIMARY_FLAG = 1;
    /** With more than this unsent, a normal client is not told of new damage. */
    private static final int MAX_PENDING_BYTES = 256 * 1024;

    private static final int FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;

    private enum Mode {
        /** An offer or DISPLAY_INIT is awaited for the first time. */
        UNDECIDED,
        NORMAL,
        SHARED
    }

    private final Screen screen;
    private final Numbering numbering;
    private final Capabilities client;
    private final boolean mayOffer;
    private final AckWindow acks = new AckWindow();
    private final DamageJournal.Reader damage;
    private final DamageRects rects = new DamageRects();
    private final ShmDamageFlyweight shmDamage = new ShmDamageFlyweight();

    private Mode mode = Mode.UNDECIDED;
    private boolean initialised;
    private long initDeadline = NEVER;

    private @Nullable SharedSegment offered;
    private @Nullable ShmOffer offer;
    private @Nullable SharedSegment accepted;
    private long offerDeadline = NEVER;
    private int repliesTooLate;

    private long shownEpoch;
    private long shownMonitors;
    private @Nullable Primary shown;
    private @Nullable WholePicture picture;
    private long pictureEpoch;
    private long nextImageId = 1;

    DisplayChannel(Connection connection, Capabilities client, Capabilities ours) {
        super(connection);
        this.screen = connection.server().screen();
        this.numbering = connection.server().options().numbering();
        this.client = client;
        this.mayOffer = ours.has(numbering.capabilityBit()) && client.has(numbering.capabilityBit());
        this.damage = screen.journal().new Reader();
    }

    @Override
    void start(long now) {
        connection.server().displayOpened();
        initDeadline = now + INIT_NANOS;
        SharedSegment segment = screen.state().segment();
        if (mayOffer && segment != null) {
            offer(segment, now);
        }
        connection.send(acks.announcement());
    }

    @Override
    void close() {
        connection.server().displayClosed();
    }

    // ---- the client's messages

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        switch (DisplayClientMessage.decode(type, body, numbering)) {
            case DisplayClientMessage.Init init -> onInit();
            case ShmReply reply -> onReply(reply);
            case ShmDamageHandled handled ->
                connection.fail("SHM_DAMAGE_HANDLED: got one, and the feature was not offered");
            case CommonClientMessage.AckSync sync -> acks.onSync(sync);
            case CommonClientMessage.Ack() -> acks.onAck();
            case CommonClientMessage common -> {}
            case DisplayClientMessage.PreferredCompression preferred -> {}
            case DisplayClientMessage.PreferredVideoCodecType preferred -> {}
            case DisplayClientMessage.StreamReport report -> {}
            case UnknownMessage unknown -> connection.fail("display message " + unknown.type() + " is unknown");
        }
    }

    private void onInit() {
        if (initialised) {
            connection.fail("DISPLAY_INIT: got a second one");
            return;
        }
        initialised = true;
        initDeadline = NEVER;
    }

    private void onReply(ShmReply reply) throws MalformedMessageException {
        ShmOffer asked = offer;
        SharedSegment segment = offered;
        if (asked == null || segment == null) {
            if (repliesTooLate == 0) {
                connection.fail("SHM_REPLY: got one that answers no offer");
                return;
            }
            repliesTooLate--;
            return;
        }
        reply.requireAnswerTo(asked);
        boolean usable = reply.accepted() && (reply.features() & SegmentFeatures.FD_FOLLOWS) != 0;
        decide(usable ? segment : null);
    }

    private void decide(@Nullable SharedSegment agreed) {
        accepted = agreed;
        offered = null;
        offer = null;
        offerDeadline = NEVER;
        mode = agreed == null ? Mode.NORMAL : Mode.SHARED;
    }

    // ---- deadlines

    @Override
    long deadline() {
        return Math.min(initDeadline, offerDeadline);
    }

    @Override
    void onDeadline(long now) {
        if (offerDeadline <= now) {
            repliesTooLate++;
            decide(null);
        }
        if (initDeadline <= now) {
            connection.fail("no DISPLAY_INIT within " + INIT_NANOS / 1_000_000_000 + " s");
        }
    }

    // ---- what the client is told

    @Override
    boolean pumpDamage() {
        if (!initialised || offered != null) {
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
        Primary primary = shown;
        if (primary != null && mayTell()) {
            tellDamage(primary, end);
        }
        return true;
    }

    @Override
    void pump(long now) {
        if (!initialised || offered != null) {
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
            tellDamage(shown, end);
        }
    }

    /** Whether the client has read enough to be told more; it is the newest state that it will be told. */
    private boolean mayTell() {
        int mostUnsent = mode == Mode.SHARED ? 0 : MAX_PENDING_BYTES;
        return acks.isOpen() && connection.outbox().pending() <= mostUnsent;
    }

    /** Makes the client show what {@code state} has; false if that has to wait. */
    private boolean show(ScreenState state, long now) {
        if (shown != null) {
            tell(new DisplayServerMessage.SurfaceDestroy(PRIMARY_ID));
            shown = null;
        }
        Primary primary = state.primary();
        if (primary != null) {
            boolean done = mode == Mode.SHARED ? createShared(primary, now) : createNormal(primary, state.epoch());
            if (!done) {
                return false;
            }
            shown = primary;
            tellMonitors(state, primary);
            tell(new DisplayServerMessage.Mark());
        }
        shownEpoch = state.epoch();
        picture = null;
        return true;
    }

    private void offer(SharedSegment segment, long now) {
        if (!segment.hold()) {
            return;
        }
        ShmOffer message = new ShmOffer(FEATURES, segment.sizeBytes());
        offered = segment;
        offer = message;
        offerDeadline = now + REPLY_NANOS;
        connection.send(message);
        connection.outbox().appendDescriptor(segment);
    }

    private boolean createShared(Primary primary, long now) {
        if (!primary.segment().equals(accepted)) {
            // It has outgrown the segment that the client maps; the answer brings us here again.
            offer(primary.segment(), now);
            return false;
        }
        tell(new SurfaceCreateShm(
                PRIMARY_ID,
                primary.widthPixels(),
                primary.heightPixels(),
                primary.format(),
                primary.strideBytes(),
                primary.offset()));
        return true;
    }

    /** The picture must be whole, so it is taken between two batches; until it is there, nothing is said. */
    private boolean createNormal(Primary primary, long epoch) {
        WholePicture taken = picture;
        // By the epoch: an equal primary may have been there before, with other pixels.
        if (taken == null || pictureEpoch != epoch) {
            damage.skipAll();
            pictureEpoch = epoch;
            taken = WholePicture.take(
                    primary,
                    screen.gate(),
                    () -> connection.transport().loop().execute(() -> connection.onWritable(System.nanoTime())));
            picture = taken;
        }
        if (!taken.isDone()) {
            return false;
        }
        tell(new DisplayServerMessage.SurfaceCreate(
                PRIMARY_ID, primary.widthPixels(), primary.heightPixels(), SurfaceFormat.XRGB_32, PRIMARY_FLAG));
        MemorySegment pixels = taken.pixels();
        int at = beginCopy(0, 0, primary.heightPixels(), primary.widthPixels());
        MemorySegment.copy(pixels, 0, connection.outbox().segment(), at, pixels.byteSize());
        return true;
    }

    private void tellMonitors(ScreenState state, Primary primary) {
        shownMonitors = state.monitorsVersion();
        if (!client.has(DisplayCapability.MONITORS_CONFIG)) {
            return;
        }
        List<Head> heads = state.heads();
        if (heads.isEmpty()) {
            heads = List.of(new Head(0, PRIMARY_ID, primary.widthPixels(), primary.heightPixels(), 0, 0, 0));
        }
        tell(new DisplayServerMessage.MonitorsConfig(state.maxHeads(), heads));
    }

    // ---- damage

    private void tellDamage(Primary primary, long end) {
        rects.clear();
        if (!damage.read(shownEpoch, end, rects)) {
            return;
        }
        if (damage.lost()) {
            rects.clear();
            rects.add(0, 0, primary.heightPixels(), primary.widthPixels());
        }
        if (mode == Mode.SHARED) {
            tellRectangles();
        } else {
            tellPixels(primary);
        }
    }

    private void tellRectangles() {
        Outbox outbox = connection.outbox();
        MessageWriter writer = connection.writer();
        int room = writer.headerBytes() + ShmDamageFlyweight.MAX_BYTES;
        int at = outbox.reserve(room);
        int body = at + writer.headerBytes();
        shmDamage.begin(outbox.segment(), body, PRIMARY_ID, damage.sequence(), damage.readNanos());
        for (int i = 0; i < rects.count(); i++) {
            shmDamage.addRect(rects.top(i), rects.left(i), rects.bottom(i), rects.right(i));
        }
        writer.writeHeader(outbox.segment(), at, numbering.damage(), shmDamage.bytes());
        outbox.trim(ShmDamageFlyweight.MAX_BYTES - shmDamage.bytes());
        acks.sent();
    }

    /** Pixels as they are now: what changes while they are copied is told by later damage. */
    private void tellPixels(Primary primary) {
        long area = 0;
        for (int i = 0; i < rects.count(); i++) {
            area += (long) (rects.bottom(i) - rects.top(i)) * (rects.right(i) - rects.left(i));
        }
        if (area > (long) primary.widthPixels() * primary.heightPixels()) {
            rects.clear();
            rects.add(0, 0, primary.heightPixels(), primary.widthPixels());
        }
        for (int i = 0; i < rects.count(); i++) {
            tellPixels(primary, rects.top(i), rects.left(i), rects.bottom(i), rects.right(i));
        }
    }

    private void tellPixels(Primary primary, int top, int left, int bottom, int right) {
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
                PRIMARY_ID,
                top,
                left,
                bottom,
                right,
                nextImageId++,
                BitmapFormat.BIT_32);
        acks.sent();
        return at + writer.headerBytes() + RawCopyPrefix.BYTES;
    }

    private void tell(WireMessage message) {
        acks.sent();
        connection.send(message);
    }
}
