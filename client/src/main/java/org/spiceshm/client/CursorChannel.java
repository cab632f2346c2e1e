package org.spiceshm.client;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.CursorServerMessage;
import org.spiceshm.protocol.spice.CursorShape;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.Point16;
import org.spiceshm.protocol.spice.UnknownMessage;

/** Follows the pointer. Written by the cursor channel's thread; {@link #view} and {@link #await} are for any thread. */
final class CursorChannel implements Channel.Handler {
    /** What servers keep at most; more is forgotten from the oldest on. */
    private static final int MAX_CACHED = 256;

    private final Map<Long, CursorView.Shape> cache = new LinkedHashMap<>();
    private CursorView.Shape shape = CursorView.Shape.EMPTY;

    /** Guards the two below. */
    private final Object lock = new Object();

    private @Nullable CursorView view;
    private @Nullable SpiceClientException end;

    @Override
    public void linked(ClientLink.State.Linked state) {}

    @Override
    public void message(MessageFramer framer) throws MalformedMessageException {
        CursorView now = view();
        switch (CursorServerMessage.decode(framer.type(), framer.body())) {
            case CommonServerMessage common -> {}
            case UnknownMessage unknown -> {}
            case CursorServerMessage.Init init -> set(init.position(), init.visible(), init.cursor());
            case CursorServerMessage.Set set -> set(set.position(), set.visible(), set.cursor());
            case CursorServerMessage.Move(Point16 position) -> publish(now.at(position.x(), position.y()));
            case CursorServerMessage.Hide hide -> publish(now.hidden());
            case CursorServerMessage.Reset reset -> {
                cache.clear();
                shape = CursorView.Shape.EMPTY;
                publish(CursorView.NONE);
            }
            case CursorServerMessage.Trail trail -> {}
            case CursorServerMessage.InvalOne(long id) -> cache.remove(id);
            case CursorServerMessage.InvalAll all -> cache.clear();
        }
    }

    @Override
    public void closed(SpiceClientException reason) {
        synchronized (lock) {
            end = reason;
            lock.notifyAll();
        }
    }

    /** The pointer as far as it is known. */
    CursorView view() {
        synchronized (lock) {
            return view == null ? CursorView.NONE : view;
        }
    }

    /** Waits for the first word of it. */
    CursorView await(Deadline deadline) throws SpiceClientException {
        synchronized (lock) {
            while (view == null) {
                if (end != null) {
                    throw end.again();
                }
                if (deadline.hasPassed()) {
                    throw new SpiceClientException(
                            SpiceClientException.Kind.TIMEOUT, "cursor: got nothing in time, expected CURSOR_INIT");
                }
                try {
                    deadline.await(lock);
                } catch (InterruptedException e) {
                    throw SpiceClientException.interrupted("cursor");
                }
            }
            return view;
        }
    }

    private void set(Point16 position, boolean visible, CursorShape wanted) {
        shape = switch (wanted) {
            case CursorShape.None() -> CursorView.Shape.EMPTY;
            // A shape that the server never sent: no picture is better than the last one.
            case CursorShape.FromCache(CursorShape.Header header) ->
                cache.getOrDefault(header.unique(), CursorView.Shape.EMPTY);
            case CursorShape.Pixels pixels -> drawn(pixels);
        };
        publish(CursorView.NONE.with(position.x(), position.y(), visible, shape));
    }

    private CursorView.Shape drawn(CursorShape.Pixels pixels) {
        CursorView.Shape drawn = CursorView.Shape.of(pixels);
        if (pixels.cache() && pixels.header().unique() != 0) {
            cache.put(pixels.header().unique(), drawn);
            if (cache.size() > MAX_CACHED) {
                cache.remove(cache.keySet().iterator().next());
            }
        }
        return drawn;
    }

    private void publish(CursorView next) {
        synchronized (lock) {
            view = next;
            lock.notifyAll();
        }
    }
}
