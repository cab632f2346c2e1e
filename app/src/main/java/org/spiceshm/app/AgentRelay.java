package org.spiceshm.app;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.agent.VdiChunks;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.server.AgentFeed;
import org.spiceshm.server.AgentSink;

/**
 * The guest's agent, behind the Unix socket of QEMU's chardev for the port com.redhat.spice.0.
 *
 * <pre>
 *  SpiceServer --AgentSink--> AgentRelay --chunks--> QEMU --virtio-serial--> spice-vdagentd
 *              &lt;--AgentFeed--            &lt;--chunks--
 * </pre>
 *
 * <p>The agent counts as connected from the moment {@link GuestPort} says so, or from its first bytes, until the port is
 * closed or QEMU is gone. A thread of its own owns the connection; the server's threads only queue, and are told when
 * there is no room.
 */
public final class AgentRelay implements AgentSink, GuestPort, AutoCloseable {
    private static final Logger LOG = System.getLogger(AgentRelay.class.getName());
    /** What waits for the agent; one message may be longer, if nothing else waits. */
    static final int MAX_QUEUED_BYTES = 4 << 20;

    static final int MAX_QUEUED_MESSAGES = 4096;

    private enum Told {
        OPEN,
        CLOSED
    }

    private final Peer peer;
    private final AtomicReference<@Nullable Told> portNews = new AtomicReference<>();
    private volatile @Nullable AgentFeed feed;

    /** Guards the three below. */
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();

    private long queuedBytes;
    private boolean refused;

    /**
     * For the chardev whose socket is, or will be, at {@code socket}.
     *
     * @throws IOException if the system is out of descriptors
     */
    public AgentRelay(Path socket) throws IOException {
        peer = new Peer(socket);
    }

    /** Begins to connect, and tells {@code server} what the agent does. */
    public void start(AgentFeed server) {
        feed = server;
        peer.start();
    }

    @Override
    public void close() {
        peer.close();
    }

    // ---- any thread

    @Override
    public boolean offer(byte[] message) {
        AgentFeed server = feed;
        if (server == null) {
            return true;
        }
        synchronized (queue) {
            // In here: who clears the queue has said before that the agent has gone.
            if (!server.isConnected()) {
                return true;
            }
            boolean room = queuedBytes + message.length <= MAX_QUEUED_BYTES && queue.size() < MAX_QUEUED_MESSAGES;
            if (!(room || queue.isEmpty())) {
                refused = true;
                return false;
            }
            queue.add(message);
            queuedBytes += message.length;
        }
        peer.wake();
        return true;
    }

    @Override
    public void changed(boolean open) {
        portNews.set(open ? Told.OPEN : Told.CLOSED);
        peer.wake();
    }

    @Override
    public void unknown() {
        portNews.set(null);
    }

    /** The connection. Owned by its thread. */
    private final class Peer extends UnixPeer {
        private final VdiChunks.Reader reader = new VdiChunks.Reader();
        private final InputCursor input = new InputCursor();

        Peer(Path socket) throws IOException {
            super("spice-agent", socket);
        }

        private AgentFeed server() {
            AgentFeed server = feed;
            if (server == null) {
                throw new IllegalStateException("relay: got a connection before start, expected none");
            }
            return server;
        }

        @Override
        void onConnected() {
            reader.reset();
            // What was told while there was no connection, and still holds.
            onNews();
        }

        private boolean onNews() {
            Told told = portNews.getAndSet(null);
            if (told == Told.OPEN) {
                server().connected();
            }
            return told == Told.CLOSED && server().isConnected();
        }

        @Override
        void onTurn() throws IOException {
            if (!onNews()) {
                return;
            }
            LOG.log(Level.INFO, "the guest''s agent has closed its port");
            server().disconnected();
            reader.reset();
            if (clear() || isWriting()) {
                // What QEMU still holds is for the agent that has gone; the next one must not begin in its middle.
                throw new IOException("the agent went in the middle of a message");
            }
        }

        @Override
        void onBytes(byte[] bytes, int length) throws MalformedMessageException {
            server().connected();
            input.set(MemorySegment.ofArray(bytes), 0, length);
            for (byte[] message = reader.next(input); message != null; message = reader.next(input)) {
                server().message(message);
            }
        }

        @Override
        byte @Nullable [] nextOutput() {
            byte[] message;
            boolean roomAgain;
            synchronized (queue) {
                message = queue.poll();
                queuedBytes -= message == null ? 0 : message.length;
                roomAgain = refused && queuedBytes <= MAX_QUEUED_BYTES / 2;
                refused &= !roomAgain;
            }
            if (roomAgain) {
                server().room();
            }
            return message == null ? null : VdiChunks.of(VdiChunks.CLIENT_PORT, message);
        }

        @Override
        long sleepNanos() {
            return Long.MAX_VALUE;
        }

        @Override
        void onDisconnected() {
            server().disconnected();
            clear();
            reader.reset();
        }

        /** Whether there was anything. */
        private boolean clear() {
            synchronized (queue) {
                boolean some = !queue.isEmpty();
                queue.clear();
                queuedBytes = 0;
                refused = false;
                return some;
            }
        }
    }
}
