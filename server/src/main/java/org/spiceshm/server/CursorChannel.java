package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CursorClientMessage;
import org.spiceshm.protocol.spice.CursorServerMessage;
import org.spiceshm.protocol.spice.CursorShape;
import org.spiceshm.protocol.spice.Point16;
import org.spiceshm.protocol.spice.UnknownMessage;
import org.spiceshm.protocol.spice.WireMessage;

/** The pointer, for one client: what has changed since it was last told. */
final class CursorChannel extends Channel {
    /** A client that has this much unread is not told of further movements until it has read. */
    private static final int MAX_PENDING_BYTES = 64 * 1024;

    private final Screen screen;
    private final AckWindow acks = new AckWindow();
    private CursorState told = CursorState.INITIAL;

    CursorChannel(Connection connection, Screen screen) {
        super(connection);
        this.screen = screen;
    }

    @Override
    void start(long now) {
        connection.send(acks.announcement());
        CursorState state = screen.cursor();
        tell(new CursorServerMessage.Init(
                new Point16(state.x(), state.y()),
                state.trailLength(),
                state.trailFrequency(),
                state.visible(),
                state.shape()));
        told = state;
    }

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        switch (CursorClientMessage.decode(type, body)) {
            case CommonClientMessage.AckSync sync -> acks.onSync(sync);
            case CommonClientMessage.Ack() -> acks.onAck();
            case CommonClientMessage common -> {}
            case UnknownMessage unknown -> connection.fail("cursor message " + unknown.type() + " is unknown");
        }
    }

    @Override
    boolean pumpDamage(long now) {
        // Without room in the window there is nothing to do; the acknowledgement brings the loop here.
        return screen.cursor().equals(told) || !acks.isOpen();
    }

    @Override
    void pump(long now) {
        CursorState state = screen.cursor();
        if (state.equals(told) || !acks.isOpen() || connection.outbox().pending() > MAX_PENDING_BYTES) {
            return;
        }
        CursorState before = told;
        told = state;
        Point16 position = new Point16(state.x(), state.y());
        if (state.resets() != before.resets()) {
            tell(new CursorServerMessage.InvalAll());
            tell(new CursorServerMessage.Reset());
        }
        if (state.trailLength() != before.trailLength() || state.trailFrequency() != before.trailFrequency()) {
            tell(new CursorServerMessage.Trail(state.trailLength(), state.trailFrequency()));
        }
        boolean newShape = state.shapeVersion() != before.shapeVersion();
        if (newShape && !(state.shape() instanceof CursorShape.None)) {
            tell(new CursorServerMessage.Set(position, state.visible(), state.shape()));
        } else if (!state.visible() && before.visible()) {
            tell(new CursorServerMessage.Hide());
        } else if (state.visible() && !isAt(before, state)) {
            tell(new CursorServerMessage.Move(position));
        }
    }

    private static boolean isAt(CursorState before, CursorState state) {
        return before.visible() && before.x() == state.x() && before.y() == state.y();
    }

    private void tell(WireMessage message) {
        acks.sent();
        connection.send(message);
    }
}
