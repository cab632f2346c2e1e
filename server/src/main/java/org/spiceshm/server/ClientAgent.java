package org.spiceshm.server;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.agent.AgentAssembler;
import org.spiceshm.protocol.agent.AgentHeader;
import org.spiceshm.protocol.agent.AgentMessage;
import org.spiceshm.protocol.agent.VdiChunks;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.MainServerMessage;

/**
 * The agent, as one client talks to it on its main channel. Messages are gathered whole before they go on, in both
 * directions, so that those of several clients never interleave. Either side may send a piece for every token it has:
 * a client without tokens gets nothing and loses only what does not fit its own queue; a client's tokens come back when
 * the agent has room.
 *
 * <p>Owned by the connection's thread, but for {@link #post} and {@link #wake}, which are for any.
 */
final class ClientAgent {
    /** REDS_AGENT_WINDOW_SIZE: pieces that a client may send before it gets tokens back. */
    static final int TOKENS = 10;
    /** REDS_TOKENS_TO_SEND: so many come back at a time. */
    private static final int TOKENS_AT_ONCE = 5;
    /** What waits for a client: two of the longest messages. What comes on top is dropped. */
    static final long MAX_QUEUED_BYTES = 2L * (AgentHeader.BYTES + AgentAssembler.MAX_DATA_BYTES);
    /** And small ones, whose objects cost more than their bytes. */
    static final int MAX_QUEUED_MESSAGES = 16 * 1024;
    /** The agent's messages leave room for others in the outbox. */
    private static final int OUTBOX_BYTES = 64 * 1024;

    private static final Logger LOG = System.getLogger(ClientAgent.class.getName());
    private static final long NEVER = -1;

    /** A message and the agent it is from. */
    private static final class Letter {
        private final long epoch;
        private final byte[] message;

        Letter(long epoch, byte[] message) {
            this.epoch = epoch;
            this.message = message;
        }
    }

    private final Connection connection;
    private final AgentFeed feed;
    private final MonitorsSink monitors;
    private final boolean hearsTokens;

    // Any thread's.
    private final Queue<Letter> letters = new ConcurrentLinkedQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicLong queuedMessages = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicBoolean woken = new AtomicBoolean();
    /** The epoch in which the client has said AGENT_START. */
    private volatile long startedEpoch = NEVER;

    // The connection's thread's.
    private final AgentAssembler assembler = new AgentAssembler();
    private final InputCursor input = new InputCursor();
    /** Whole messages for which the sink had no room; the client's tokens bound them. */
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();

    private long toldEpoch;
    private int clientMaySend = TOKENS;
    private int owedTokens;
    private long mayTell;
    private byte @Nullable [] telling;
    private int told;

    /** @param hearsTokens whether the client knows AGENT_CONNECTED_TOKENS */
    ClientAgent(Connection connection, boolean hearsTokens) {
        this.connection = connection;
        this.feed = connection.server().agent();
        this.monitors = connection.server().monitors();
        this.hearsTokens = hearsTokens;
    }

    /** From now on the client is told what happens; whether the agent is there already. */
    boolean open() {
        // First added, then looked: a change between the two is told by a task.
        feed.add(this);
        toldEpoch = feed.epoch();
        return AgentFeed.isConnected(toldEpoch);
    }

    void close() {
        feed.remove(this);
        letters.clear();
        if (isStarted()) {
            // The agent forgets the client's clipboard and its half-sent files. Without room it does not hear of it.
            feed.sink().offer(AgentHeader.frame(AgentMessage.CLIENT_DISCONNECTED_TYPE, new byte[0]));
        }
    }

    // ---- any thread

    /** A message of the agent of this epoch. */
    void post(long epoch, byte[] message) {
        if (startedEpoch != epoch) {
            return;
        }
        if (queuedBytes.get() + message.length > MAX_QUEUED_BYTES || queuedMessages.get() >= MAX_QUEUED_MESSAGES) {
            if (dropped.getAndIncrement() == 0) {
                LOG.log(
                        Level.WARNING,
                        "{0}: takes nothing of the agent: messages are dropped",
                        connection.transport().peer());
            }
            return;
        }
        queuedBytes.addAndGet(message.length);
        queuedMessages.incrementAndGet();
        letters.add(new Letter(epoch, message));
        wake();
    }

    /** Something has changed. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            connection.transport().loop().execute(() -> connection.onWritable(System.nanoTime()));
        }
    }

    /** How many of the agent's messages were lost for want of tokens. */
    long dropped() {
        return dropped.get();
    }

    // ---- from the client

    void start(int tokens) {
        if (!AgentFeed.isConnected(toldEpoch)) {
            return;
        }
        mayTell = Integer.toUnsignedLong(tokens);
        startedEpoch = toldEpoch;
    }

    void tokens(int count) {
        if (isStarted()) {
            // INVARIANT: each step adds less than 2^32, and a client cannot send 2^31 of them in a life.
            mayTell += Integer.toUnsignedLong(count);
        }
    }

    void data(MemorySegment piece) throws MalformedMessageException {
        if (!(piece.byteSize() <= VdiChunks.MAX_CHUNK_BYTES)) {
            connection.fail(
                    "agent data: got " + piece.byteSize() + " bytes, expected at most " + VdiChunks.MAX_CHUNK_BYTES);
            return;
        }
        if (!isStarted()) {
            // Sent before it heard that the agent has gone: nobody's, and no mistake. A client that is not told how
            // many
            // tokens it has after that goes on counting, and so do we.
            if (!hearsTokens && clientMaySend > 0) {
                clientMaySend--;
                owedTokens++;
            }
            return;
        }
        if (!(clientMaySend > 0)) {
            connection.fail("agent data: got a piece without a token, expected at most " + TOKENS);
            return;
        }
        clientMaySend--;
        owedTokens++;
        input.set(piece, 0, piece.byteSize());
        for (byte[] message = assembler.next(input); message != null; message = assembler.next(input)) {
            take(message);
        }
        giveTokensBack();
    }

    private boolean isStarted() {
        return startedEpoch != NEVER && startedEpoch == toldEpoch;
    }

    private void take(byte[] message) throws MalformedMessageException {
        if (AgentHeader.type(message) == AgentMessage.MonitorsConfig.TYPE
                && AgentMessage.decode(message, false) instanceof AgentMessage.MonitorsConfig config) {
            requestMonitors(config);
        }
        if (!(waiting.isEmpty() && feed.sink().offer(message))) {
            waiting.add(message);
        }
    }

    private void requestMonitors(AgentMessage.MonitorsConfig config) {
        boolean placed = (config.flags() & AgentMessage.MonitorsConfig.FLAG_USE_POSITION) != 0;
        int[] heads = new int[4 * config.monitors().size()];
        int count = 0;
        int right = 0;
        for (AgentMessage.Monitor monitor : config.monitors()) {
            if (monitor.width() > 0 && monitor.height() > 0) {
                heads[count++] = placed ? monitor.x() : right;
                heads[count++] = placed ? monitor.y() : 0;
                heads[count++] = monitor.width();
                heads[count++] = monitor.height();
                right += monitor.width();
            }
        }
        if (count > 0) {
            monitors.request(Arrays.copyOf(heads, count));
        }
    }

    private void giveTokensBack() {
        if (owedTokens >= TOKENS_AT_ONCE && waiting.isEmpty()) {
            connection.send(new MainServerMessage.AgentToken(owedTokens));
            clientMaySend += owedTokens;
            owedTokens = 0;
        }
    }

    // ---- to the client

    /** Says what there is to say and room for. */
    void pump() {
        woken.set(false);
        tellState();
        if (!waiting.isEmpty()) {
            offerWaiting();
        }
        while (mayTell > 0 && connection.outbox().pending() < OUTBOX_BYTES && hasMessage()) {
            tellPiece();
        }
    }

    /** Whether there is something to say that only the outbox holds back. */
    boolean hasMore() {
        return mayTell > 0 && (telling != null || !letters.isEmpty());
    }

    private void tellState() {
        long now = feed.epoch();
        if (now == toldEpoch) {
            return;
        }
        if (AgentFeed.isConnected(toldEpoch)) {
            connection.send(new MainServerMessage.AgentDisconnected(0));
        }
        forget();
        toldEpoch = now;
        if (!AgentFeed.isConnected(now)) {
            return;
        }
        if (hearsTokens) {
            connection.send(new MainServerMessage.AgentConnectedTokens(TOKENS));
            clientMaySend = TOKENS;
            owedTokens = 0;
        } else {
            connection.send(new MainServerMessage.AgentConnected());
            giveTokensBack();
        }
    }

    private void forget() {
        startedEpoch = NEVER;
        assembler.reset();
        waiting.clear();
        mayTell = 0;
        if (telling != null) {
            done(telling);
        }
    }

    private void offerWaiting() {
        for (byte[] message = waiting.peek(); message != null && feed.sink().offer(message); message = waiting.peek()) {
            waiting.remove();
        }
        giveTokensBack();
    }

    private boolean hasMessage() {
        while (telling == null) {
            Letter letter = letters.poll();
            if (letter == null) {
                return false;
            }
            if (letter.epoch == startedEpoch) {
                telling = letter.message;
            } else {
                done(letter.message);
            }
        }
        return true;
    }

    private void tellPiece() {
        byte[] message = telling;
        if (message == null) {
            return;
        }
        int count = Math.min(VdiChunks.MAX_CHUNK_BYTES, message.length - told);
        connection.send(
                new MainServerMessage.AgentData(MemorySegment.ofArray(message).asSlice(told, count)));
        told += count;
        mayTell--;
        if (told == message.length) {
            done(message);
        }
    }

    private void done(byte[] message) {
        queuedBytes.addAndGet(-message.length);
        queuedMessages.decrementAndGet();
        telling = null;
        told = 0;
    }
}
