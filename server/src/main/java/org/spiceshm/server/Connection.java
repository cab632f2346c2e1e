package org.spiceshm.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.LinkJudge.Verdict;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.ServerLink;
import org.spiceshm.protocol.spice.WireMessage;

/**
 * One connection: the link stage, then a channel. It does no I/O of its own; the loop that owns it brings what was read
 * and takes what is to be written.
 *
 * <p>A peer's mistake ends this connection and is one line in the log; nothing else hears of it.
 */
final class Connection {
    private static final Logger LOG = System.getLogger(Connection.class.getName());
    private static final long LINK_NANOS = 10_000_000_000L;
    /** Nothing that a client sends is longer, but for agent data in pieces of 2 KiB. */
    private static final int MAX_CLIENT_BODY = 64 * 1024;
    /** Answers that a client leaves unread while it goes on asking. */
    private static final int MAX_UNREAD_BYTES = 1 << 20;
    /** How long a connection that is to end may take to read what it is still told. */
    private static final long CLOSE_NANOS = 1_000_000_000L;

    private final SpiceServer server;
    private final Transport transport;
    private final Outbox outbox = new Outbox();
    private final long linkDeadline;

    private @Nullable ServerLink link;
    private @Nullable MessageFramer framer;
    private @Nullable MessageWriter writer;
    private @Nullable Channel channel;
    private @Nullable Session session;
    private long closeDeadline = Channel.NEVER;
    private boolean flushing;
    private boolean closing;
    /** The loop watches for room to write. */
    private boolean awaitsRoom;

    private volatile boolean closed;

    Connection(SpiceServer server, Transport transport, long now) {
        this.server = server;
        this.transport = transport;
        this.linkDeadline = now + LINK_NANOS;
        this.link = new ServerLink(server.tickets().publicKey(), server.tickets(), this::judge);
    }

    // ---- called by the loop

    /** Bytes have come. */
    void onInput(InputCursor input, long now) {
        if (isClosed()) {
            return;
        }
        try {
            ServerLink linking = link;
            if (linking != null) {
                linking.receive(input);
                continueLink(linking, now);
            }
            MessageFramer frames = framer;
            Channel linked = channel;
            while (frames != null && linked != null && !closing && frames.next(input)) {
                int before = outbox.pending();
                linked.receive(frames.type(), frames.body(), now);
                limitAnswers(before);
            }
        } catch (MalformedMessageException e) {
            fail(String.valueOf(e.getMessage()));
        } catch (RuntimeException | OutOfMemoryError e) {
            failByOurMistake(e);
        }
        onWritable(now);
    }

    private void limitAnswers(int before) {
        int pending = outbox.pending();
        if (pending > before && pending > MAX_UNREAD_BYTES) {
            fail("it asks and has not read " + pending + " bytes");
        }
    }

    /** There is room to write, or the screen has changed. */
    void onWritable(long now) {
        // A transport may tell of room while it is being written to; the write under way uses that room itself.
        if (closed || flushing) {
            return;
        }
        flushing = true;
        try {
            boolean empty = outbox.flush(transport);
            Channel linked = channel;
            if (linked != null && !closing) {
                pump(linked, now);
                empty = outbox.flush(transport);
                if (empty && !closing) {
                    // What was held back while the first part was unsent: nobody calls again for that.
                    pump(linked, now);
                    empty = outbox.flush(transport);
                }
            }
            awaitsRoom = !empty;
            transport.wantWritable(!empty);
            if (closing) {
                end(empty, now);
            } else if (empty && linked != null && linked.hasMore()) {
                // A turn of the loop for each outbox: a client with much to hear does not keep the others waiting.
                transport.loop().execute(() -> onWritable(now));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0}: {1}", transport.peer(), e.getMessage());
            transport.close();
        } finally {
            flushing = false;
        }
    }

    /**
     * The screen has changed, and the loop sleeps: tells damage for it, on the thread that has drawn it.
     *
     * @return false if the loop itself is needed
     */
    boolean onDamage(long now) {
        Channel linked = channel;
        if (closed || awaitsRoom || linked == null) {
            return true;
        }
        if (closing || outbox.pending() != 0) {
            return false;
        }
        try {
            return linked.pumpDamage(now) && outbox.flush(transport);
        } catch (IOException e) {
            // The loop will meet the same, and has the means to end the connection.
            return false;
        } catch (RuntimeException | OutOfMemoryError e) {
            failByOurMistake(e);
            return false;
        }
    }

    private void pump(Channel linked, long now) {
        try {
            linked.pump(now);
        } catch (RuntimeException | OutOfMemoryError e) {
            failByOurMistake(e);
        }
    }

    private void end(boolean told, long now) {
        if (told) {
            transport.close();
        } else if (closeDeadline == Channel.NEVER) {
            closeDeadline = now + CLOSE_NANOS;
        }
    }

    /** Other clients must not suffer from what one of them has led us to. */
    void failByOurMistake(Throwable mistake) {
        LOG.log(Level.ERROR, transport.peer() + ": an error of the server's", mistake);
        fail("an error of the server's");
    }

    /** Time has passed. */
    void onTick(long now) {
        if (closed || now < deadline()) {
            return;
        }
        Channel linked = channel;
        if (closing) {
            transport.close();
        } else if (linked == null) {
            fail("no link within " + LINK_NANOS / 1_000_000_000 + " s");
            transport.close();
        } else {
            linked.onDeadline(now);
            onWritable(now);
        }
    }

    /** When {@link #onTick} has something to do. */
    long deadline() {
        if (closing) {
            return closeDeadline;
        }
        Channel linked = channel;
        return linked == null ? linkDeadline : linked.deadline();
    }

    /** The peer has gone, or we have closed. */
    void onClosed() {
        if (closed) {
            return;
        }
        closed = true;
        outbox.close();
        Channel linked = channel;
        if (linked != null) {
            linked.close();
            LOG.log(
                    Level.DEBUG,
                    "{0}: {1} channel closed",
                    transport.peer(),
                    linked.getClass().getSimpleName());
        }
        Session own = session;
        if (own != null) {
            own.remove(this);
        }
    }

    // ---- called by channels

    SpiceServer server() {
        return server;
    }

    Transport transport() {
        return transport;
    }

    Outbox outbox() {
        return outbox;
    }

    MessageWriter writer() {
        MessageWriter framed = writer;
        if (framed == null) {
            throw new IllegalStateException("a message before the link");
        }
        return framed;
    }

    /** Sends a cold message. */
    void send(WireMessage message) {
        outbox.append(writer().frame(message, server.options().numbering()));
    }

    /** Ends the connection for something that the peer has done. */
    void fail(String reason) {
        if (!closing) {
            LOG.log(Level.INFO, "{0}: connection closed: {1}", transport.peer(), reason);
            closing = true;
        }
    }

    /** Whether nobody can be told anything any more. Any thread. */
    boolean isGone() {
        return closed;
    }

    boolean isClosed() {
        return closed || closing;
    }

    /** Ends the connection. Any thread. */
    void closeLater(String reason) {
        transport.loop().execute(() -> {
            if (!closed) {
                LOG.log(Level.DEBUG, "{0}: closed: {1}", transport.peer(), reason);
                transport.close();
            }
        });
    }

    // ---- link stage

    private Verdict judge(LinkMessage message) {
        return server.judge(message, transport.carriesDescriptors());
    }

    private void continueLink(ServerLink linking, long now) {
        for (byte[] output = linking.pollOutput(); output != null; output = linking.pollOutput()) {
            outbox.append(output);
        }
        switch (linking.state()) {
            case ServerLink.State.AwaitHeader() -> {}
            case ServerLink.State.AwaitMessage(int size) -> {}
            case ServerLink.State.AwaitMechanism awaiting -> {}
            case ServerLink.State.AwaitTicket awaiting -> {}
            case ServerLink.State.Closed(LinkError error, String reason) -> {
                link = null;
                fail("link refused, " + error + ": " + reason);
            }
            case ServerLink.State.Linked linked -> {
                link = null;
                open(linked, now);
            }
        }
    }

    private void open(ServerLink.State.Linked linked, long now) {
        framer = MessageFramer.fromClient(linked.header(), MAX_CLIENT_BODY);
        writer = new MessageWriter(linked.header());
        ChannelType type = linked.message().channel();
        Session own = type == ChannelType.MAIN
                ? server.newSession()
                : server.session(linked.message().connectionId());
        if (type == null || own == null) {
            fail("its session has ended");
            return;
        }
        session = own;
        Channel opened = newChannel(type, linked, own);
        if (opened == null) {
            fail("no such channel: " + type);
            return;
        }
        channel = opened;
        own.add(this);
        opened.start(now);
    }

    private @Nullable Channel newChannel(ChannelType type, ServerLink.State.Linked linked, Session own) {
        int id = linked.message().channelId();
        return switch (type) {
            case MAIN -> new MainChannel(this, own, linked.message().channelCapabilities());
            case DISPLAY ->
                new DisplayChannel(
                        this,
                        own,
                        server.screen(id),
                        linked.message().channelCapabilities(),
                        linked.channelCapabilities());
            case CURSOR -> new CursorChannel(this, server.screen(id));
            case INPUTS -> new InputsChannel(this);
            case PLAYBACK, RECORD, TUNNEL, SMARTCARD, USBREDIR, PORT, WEBDAV -> null;
        };
    }
}
