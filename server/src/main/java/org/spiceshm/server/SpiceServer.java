package org.spiceshm.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.InputsCapability;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.LinkJudge.Verdict;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MainCapability;

/**
 * A SPICE server for one {@link Screen} or several: any number of clients, none of which disturbs another.
 *
 * <pre>
 *  Screen --wake--> UnixLoop  --> Connection --> Main, Display, Cursor, InputsChannel
 *                   NettyLoop --> Connection --> ...
 * </pre>
 *
 * <p>One thread for all Unix sockets, one for all TCP connections; both start with their first listener. {@link #listen}
 * and {@link #close} belong to whoever made the server.
 */
public final class SpiceServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(SpiceServer.class.getName());
    /** A SPICE channel's number is a byte; clients know fewer displays than that. */
    public static final int MAX_SCREENS = 16;

    private static final Capabilities COMMON = Capabilities.of(
            CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);

    private final List<Screen> screens;
    private final ServerOptions options;
    private final InputSink inputs;
    private final ClientWatch watch;
    private final AgentFeed agent;
    private final MonitorsSink monitors;
    private final TicketAuthority tickets;
    private final ConcurrentMap<Integer, Session> sessions = new ConcurrentHashMap<>();
    private final Set<MainChannel> mains = ConcurrentHashMap.newKeySet();
    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger displays = new AtomicInteger();
    private final AtomicLong lateAnswers = new AtomicLong();
    private final EncodingThread encoding = new EncodingThread();
    private @Nullable UnixLoop unixLoop;
    private @Nullable NettyLoop nettyLoop;

    /** A server that nobody can connect to yet, of a guest without an agent. */
    public SpiceServer(Screen screen, ServerOptions options, InputSink inputs, ClientWatch watch) {
        this(List.of(screen), options, inputs, watch, AgentSink.NONE, MonitorsSink.NONE);
    }

    /** A server of one display that nobody can connect to yet; what happens to the agent is told to {@link #agent}. */
    public SpiceServer(
            Screen screen,
            ServerOptions options,
            InputSink inputs,
            ClientWatch watch,
            AgentSink agentSink,
            MonitorsSink monitors) {
        this(List.of(screen), options, inputs, watch, agentSink, monitors);
    }

    /**
     * A server that nobody can connect to yet; what happens to the agent is told to {@link #agent}.
     *
     * @param screens the displays, in the order of their channels' numbers; at most {@link #MAX_SCREENS}
     */
    public SpiceServer(
            List<Screen> screens,
            ServerOptions options,
            InputSink inputs,
            ClientWatch watch,
            AgentSink agentSink,
            MonitorsSink monitors) {
        if (!(1 <= screens.size() && screens.size() <= MAX_SCREENS)) {
            throw new IllegalArgumentException("screens: got " + screens.size() + ", expected 1.." + MAX_SCREENS);
        }
        this.screens = List.copyOf(screens);
        this.options = options;
        this.inputs = inputs;
        this.watch = watch;
        this.agent = new AgentFeed(agentSink);
        this.monitors = monitors;
        this.tickets = new TicketAuthority(options.password());
    }

    /**
     * Accepts clients at {@code address} from now on.
     *
     * @return the same, with the real port in place of 0
     * @throws IOException if the address is in use or cannot be had, or if TCP without a password would be open to other
     *     machines
     */
    public ListenAddress listen(ListenAddress address) throws IOException {
        return switch (address) {
            case ListenAddress.Unix unix -> {
                UnixLoop loop = unixLoop == null ? new UnixLoop(this) : unixLoop;
                unixLoop = loop;
                loop.listen(UnixLoop.bind(unix));
                yield unix;
            }
            case ListenAddress.Tcp tcp -> {
                checkOpenPort(tcp);
                NettyLoop loop = nettyLoop == null ? new NettyLoop(this) : nettyLoop;
                nettyLoop = loop;
                ListenAddress listening = loop.listen(tcp);
                warnOfOpenPort(listening);
                yield listening;
            }
        };
    }

    private void checkOpenPort(ListenAddress.Tcp tcp) throws IOException {
        if (options.password() == null && !tcp.isLoopback()) {
            throw new IOException(tcp.uri() + ": got no password, expected one for any address but loopback");
        }
    }

    private void warnOfOpenPort(ListenAddress listening) {
        if (options.password() == null) {
            LOG.log(Level.WARNING, "{0} has no password: every user of this machine can connect", listening.uri());
        }
    }

    /** How many display channels are linked now. Any thread. */
    public int displays() {
        return displays.get();
    }

    /** How often a client with a segment of its own has taken more than 100 ms to answer damage. Any thread. */
    public long lateAnswers() {
        return lateAnswers.get();
    }

    /** By which the server hears of the guest's agent. Until told otherwise there is none. Any thread. */
    public AgentFeed agent() {
        return agent;
    }

    /** {@link InputSink#absolute} has changed: clients hear which mouse modes there are now. Any thread. */
    public void inputsChanged() {
        for (MainChannel main : mains) {
            main.inputsChanged();
        }
    }

    /** Disconnects everybody, takes the sockets away and lets go of the screen's segment. */
    @Override
    public void close() {
        if (unixLoop != null) {
            unixLoop.close();
        }
        if (nettyLoop != null) {
            nettyLoop.close();
        }
        encoding.close();
        screens.forEach(Screen::close);
    }

    // ---- for connections

    List<Screen> screens() {
        return screens;
    }

    /** What the display channel of this number shows; {@link #judge} has seen that there is one. */
    Screen screen(int id) {
        return screens.get(id);
    }

    EncodingThread encoding() {
        return encoding;
    }

    AtomicLong lateAnswerCount() {
        return lateAnswers;
    }

    ServerOptions options() {
        return options;
    }

    InputSink inputs() {
        return inputs;
    }

    MonitorsSink monitors() {
        return monitors;
    }

    void mainOpened(MainChannel main) {
        mains.add(main);
    }

    void mainClosed(MainChannel main) {
        mains.remove(main);
    }

    TicketAuthority tickets() {
        return tickets;
    }

    void displayOpened() {
        tellDisplays(1);
    }

    void displayClosed() {
        tellDisplays(-1);
    }

    /** One at a time: of two loops that tell at once, the second must not tell the older number. */
    private void tellDisplays(int change) {
        synchronized (displays) {
            watch.displays(displays.addAndGet(change));
        }
    }

    @Nullable
    Session session(int id) {
        return sessions.get(id);
    }

    /** A session with an id that is not 0 and cannot be guessed. */
    Session newSession() {
        while (true) {
            int id = random.nextInt();
            Session session = new Session(id);
            if (id != 0 && sessions.putIfAbsent(id, session) == null) {
                return session;
            }
        }
    }

    void endSession(Session session) {
        sessions.remove(session.id());
        session.end();
    }

    /** What we have to offer to who links so. */
    Verdict judge(LinkMessage message, boolean carriesDescriptors) {
        ChannelType type = message.channel();
        if (type == null || !(message.channelId() < channels(type))) {
            return Verdict.refuse(LinkError.CHANNEL_NOT_AVAILABLE);
        }
        boolean known = type == ChannelType.MAIN || sessions.containsKey(message.connectionId());
        if (!known) {
            return Verdict.refuse(LinkError.BAD_CONNECTION_ID);
        }
        return switch (type) {
            case MAIN ->
                Verdict.accept(
                        COMMON, Capabilities.of(MainCapability.NAME_AND_UUID, MainCapability.AGENT_CONNECTED_TOKENS));
            case DISPLAY -> Verdict.accept(COMMON, displayCapabilities(carriesDescriptors));
            case CURSOR -> Verdict.accept(COMMON, Capabilities.NONE);
            case INPUTS -> Verdict.accept(COMMON, Capabilities.of(InputsCapability.KEY_SCANCODE));
            case PLAYBACK, RECORD, TUNNEL, SMARTCARD, USBREDIR, PORT, WEBDAV ->
                Verdict.refuse(LinkError.CHANNEL_NOT_AVAILABLE);
        };
    }

    private int channels(ChannelType type) {
        return type == ChannelType.DISPLAY || type == ChannelType.CURSOR ? screens.size() : 1;
    }

    private Capabilities displayCapabilities(boolean carriesDescriptors) {
        Capabilities capabilities = Capabilities.of(DisplayCapability.MONITORS_CONFIG);
        if (options.numbering() == Numbering.CURRENT) {
            // Under the proposal's numbers that message is the answer to an offer.
            capabilities = capabilities.with(DisplayCapability.PREF_COMPRESSION);
        }
        return options.sharedMemory() && carriesDescriptors
                ? capabilities.with(options.numbering().capabilityBit())
                : capabilities;
    }
}
