package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.agent.AgentAssembler;
import org.spiceshm.protocol.agent.AgentCapability;
import org.spiceshm.protocol.agent.AgentMessage;
import org.spiceshm.protocol.agent.VdiChunks;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;

/**
 * The guest's agent: the size of the guest's screen, and text through its clipboard. For any thread. What cannot be sent
 * yet, for want of tokens, waits here and goes out when the server has room.
 */
public final class Agent {
    private static final Capabilities CAPABILITIES = Capabilities.of(
            AgentCapability.MONITORS_CONFIG,
            AgentCapability.REPLY,
            AgentCapability.CLIPBOARD_BY_DEMAND,
            AgentCapability.CLIPBOARD_SELECTION,
            AgentCapability.MONITORS_CONFIG_POSITION);
    /** As many pieces as may come: each is taken at once. */
    private static final int ALL_TOKENS = -1;

    private static final int DEPTH = 32;
    /** VD_AGENT_CLIPBOARD_NONE: a request that cannot be answered. */
    private static final int NO_DATA = 0;

    private final Object lock = new Object();
    private final AgentAssembler assembler = new AgentAssembler();
    private final InputCursor input = new InputCursor();
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private @Nullable Channel channel;
    /** Whether the client has said what comes before: servers by hand may insist on the order. */
    private boolean started;

    private boolean connected;
    /** Whether the agent has said what it can do, and so whether selections stand in its messages. */
    private boolean introduced;

    private boolean selections;
    private long tokens;
    private int sent;
    private @Nullable String offered;
    private @Nullable String received;
    private @Nullable SpiceClientException end;

    Agent() {}

    /** Whether the agent is there, as the server last told. */
    public boolean connected() {
        synchronized (lock) {
            return connected;
        }
    }

    /** Waits until the agent is there. */
    public void awaitConnected(Deadline deadline) throws SpiceClientException {
        synchronized (lock) {
            while (!(connected && started)) {
                await(deadline, "an agent");
            }
        }
    }

    /** Asks for a screen of this size, once the agent is there; whether the guest obeys, the display tells. */
    public void resize(int widthPixels, int heightPixels, Deadline deadline) throws SpiceClientException {
        if (!(0 < widthPixels && 0 < heightPixels)) {
            throw new IllegalArgumentException(
                    "size: got " + widthPixels + "x" + heightPixels + ", expected a size that is not empty");
        }
        synchronized (lock) {
            awaitConnected(deadline);
            send(new AgentMessage.MonitorsConfig(
                    0, List.of(new AgentMessage.Monitor(widthPixels, heightPixels, DEPTH, 0, 0))));
        }
    }

    /** From now on this text is in the client's clipboard: the guest hears of it, now or when its agent is there. */
    public void sendClipboardText(String text) throws SpiceClientException {
        synchronized (lock) {
            offered = text;
            if (introduced) {
                grab();
            }
        }
    }

    /** Waits for text from the guest's clipboard that no call has returned before. */
    public String awaitClipboardText(Deadline deadline) throws SpiceClientException {
        synchronized (lock) {
            while (received == null) {
                await(deadline, "text from the guest's clipboard");
            }
            String text = received;
            received = null;
            return text;
        }
    }

    private void await(Deadline deadline, String what) throws SpiceClientException {
        if (end != null) {
            throw end.again();
        }
        if (deadline.hasPassed()) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.TIMEOUT, "agent: got nothing in time, expected " + what);
        }
        try {
            deadline.await(lock);
        } catch (InterruptedException e) {
            throw SpiceClientException.interrupted("agent");
        }
    }

    // ---- the main channel's thread

    void setChannel(Channel main) {
        channel = main;
    }

    /** From now on the agent may be talked to. */
    void start() throws SpiceClientException {
        synchronized (lock) {
            started = true;
            if (connected) {
                introduceOurselves();
            }
            lock.notifyAll();
        }
    }

    /** What the server says on the main channel, if it concerns the agent. */
    void take(MainServerMessage message) throws SpiceClientException, MalformedMessageException {
        synchronized (lock) {
            switch (message) {
                case MainServerMessage.Init init -> {
                    tokens = Integer.toUnsignedLong(init.agentTokens());
                    if (init.agentConnected() != 0) {
                        begin();
                    }
                }
                case MainServerMessage.AgentConnected there -> begin();
                case MainServerMessage.AgentConnectedTokens(int count) -> {
                    tokens = Integer.toUnsignedLong(count);
                    begin();
                }
                case MainServerMessage.AgentDisconnected gone -> forget();
                case MainServerMessage.AgentToken(int count) -> {
                    tokens += Integer.toUnsignedLong(count);
                    sendWaiting();
                }
                case MainServerMessage.AgentData(MemorySegment data) -> takeData(data);
                default -> {}
            }
            lock.notifyAll();
        }
    }

    void closed(SpiceClientException reason) {
        synchronized (lock) {
            end = reason;
            connected = false;
            lock.notifyAll();
        }
    }

    private void begin() throws SpiceClientException {
        forget();
        connected = true;
        if (started) {
            introduceOurselves();
        }
    }

    private void introduceOurselves() throws SpiceClientException {
        channel().send(new MainClientMessage.AgentStart(ALL_TOKENS));
        send(new AgentMessage.AnnounceCapabilities(true, CAPABILITIES));
    }

    private void forget() {
        connected = false;
        introduced = false;
        selections = false;
        assembler.reset();
        waiting.clear();
        sent = 0;
    }

    private void takeData(MemorySegment data) throws SpiceClientException, MalformedMessageException {
        if (!connected) {
            return;
        }
        input.set(data, 0, data.byteSize());
        for (byte[] whole = assembler.next(input); whole != null; whole = assembler.next(input)) {
            switch (AgentMessage.decode(whole, selections)) {
                case AgentMessage.AnnounceCapabilities(boolean request, Capabilities theirs) ->
                    introduce(request, theirs);
                case AgentMessage.ClipboardGrab(int selection, List<Integer> types) -> {
                    if (selection == AgentMessage.SELECTION_CLIPBOARD) {
                        offered = null;
                        if (types.contains(AgentMessage.UTF8_TEXT)) {
                            send(new AgentMessage.ClipboardRequest(selection, AgentMessage.UTF8_TEXT));
                        }
                    }
                }
                case AgentMessage.ClipboardRequest(int selection, int type) -> answer(selection, type);
                case AgentMessage.Clipboard(int selection, int type, MemorySegment content) -> {
                    if (selection == AgentMessage.SELECTION_CLIPBOARD && type == AgentMessage.UTF8_TEXT) {
                        received = new String(content.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
                    }
                }
                case AgentMessage.ClipboardRelease release -> {}
                case AgentMessage.MonitorsConfig config -> {}
                case AgentMessage.Reply reply -> {}
                case AgentMessage.Opaque other -> {}
            }
        }
    }

    private void introduce(boolean request, Capabilities theirs) throws SpiceClientException {
        selections = theirs.has(AgentCapability.CLIPBOARD_SELECTION);
        introduced = true;
        if (request) {
            send(new AgentMessage.AnnounceCapabilities(false, CAPABILITIES));
        }
        if (offered != null) {
            grab();
        }
    }

    private void grab() throws SpiceClientException {
        send(new AgentMessage.ClipboardGrab(AgentMessage.SELECTION_CLIPBOARD, List.of(AgentMessage.UTF8_TEXT)));
    }

    private void answer(int selection, int type) throws SpiceClientException {
        String text = offered;
        boolean known = text != null && type == AgentMessage.UTF8_TEXT;
        boolean there = known && selection == AgentMessage.SELECTION_CLIPBOARD;
        byte[] content = there && text != null ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
        send(new AgentMessage.Clipboard(selection, there ? type : NO_DATA, MemorySegment.ofArray(content)));
    }

    // ---- sending; the caller holds the lock

    private void send(AgentMessage message) throws SpiceClientException {
        waiting.add(message.frame(selections));
        sendWaiting();
    }

    private void sendWaiting() throws SpiceClientException {
        for (byte[] message = waiting.peek(); message != null && tokens > 0; message = waiting.peek()) {
            int count = Math.min(VdiChunks.MAX_CHUNK_BYTES, message.length - sent);
            channel()
                    .send(new MainClientMessage.AgentData(
                            MemorySegment.ofArray(message).asSlice(sent, count)));
            tokens--;
            sent += count;
            if (sent == message.length) {
                waiting.remove();
                sent = 0;
            }
        }
    }

    private Channel channel() {
        Channel to = channel;
        if (to == null) {
            throw new IllegalStateException("agent without a channel");
        }
        return to;
    }
}
