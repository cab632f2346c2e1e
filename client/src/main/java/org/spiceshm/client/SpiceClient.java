package org.spiceshm.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MainCapability;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;

/**
 * One session with a SPICE server: the main channel, one display, and cursor and inputs if asked for.
 *
 * <pre>{@code
 * try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(SpiceUri.parse(text)))) {
 *     client.display().capture(Deadline.inMillis(5000)).toPng(out);
 * }
 * }</pre>
 *
 * For any thread. Each channel has a thread of its own, which ends with it; when the main channel or the display ends,
 * the session ends. After {@link #close} no thread, socket or mapping of it is left.
 */
public final class SpiceClient implements AutoCloseable {
    /** Mouse mode in which the server moves the pointer by motions. */
    public static final int MOUSE_MODE_SERVER = 1;

    /** Mouse mode in which the client says where the pointer is. */
    public static final int MOUSE_MODE_CLIENT = 2;

    private static final Capabilities COMMON = Capabilities.of(
            CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);

    private final ConnectOptions options;
    private final Deadline connectDeadline;
    private final PasswordSealer sealer;
    private final List<Channel> channels = new CopyOnWriteArrayList<>();
    private final Agent agent = new Agent();
    private final MainChannel mainState;
    private final Channel main;
    private final Display display;
    private final CursorChannel cursorState = new CursorChannel();
    private final Inputs inputs;
    private boolean hasCursor;
    private boolean hasInputs;

    private SpiceClient(ConnectOptions options) {
        this.options = options;
        this.connectDeadline = Deadline.in(options.timeout());
        this.sealer = new PasswordSealer(options.password());
        this.mainState = new MainChannel(this::endAll, options.agent() ? agent : null);
        this.main = channel(0, ChannelType.MAIN, 0, Capabilities.of(MainCapability.AGENT_CONNECTED_TOKENS), mainState);
        this.agent.setChannel(main);
        this.display = new Display(options, this::endAll);
        this.inputs = new Inputs(options.timeout(), mainState::mouseMode);
    }

    /** Connects, and returns when the channels are linked and it is clear how the screen comes. */
    public static SpiceClient connect(ConnectOptions options) throws SpiceClientException {
        if (options.mode() == ConnectOptions.Mode.SHM && !(options.uri() instanceof SpiceUri.Unix)) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.UNSUPPORTED,
                    options.uri() + ": got a URI without shared memory, expected spice+unix:///path");
        }
        SpiceClient client = new SpiceClient(options);
        boolean done = false;
        try {
            client.connectAll();
            done = true;
            return client;
        } finally {
            if (!done) {
                client.close();
            }
        }
    }

    /** The display. */
    public Display display() {
        return display;
    }

    /** The keyboard and the mouse. */
    public Inputs inputs() {
        if (!hasInputs) {
            throw new IllegalStateException("inputs: got no inputs channel, expected ConnectOptions.withInputs");
        }
        return inputs;
    }

    /** The guest's agent, whether it is there or not. */
    public Agent agent() {
        if (!options.agent()) {
            throw new IllegalStateException("agent: got a client without, expected ConnectOptions.withAgent");
        }
        return agent;
    }

    /** Whether there is an inputs channel: it was asked for, and the server has one. */
    public boolean hasInputs() {
        return hasInputs;
    }

    /** Whether there is a cursor channel: it was asked for, and the server has one. */
    public boolean hasCursor() {
        return hasCursor;
    }

    /** The pointer as far as it is known. */
    public CursorView cursor() {
        return cursorState.view();
    }

    /** Waits until the server has told of the pointer at all; at once without a cursor channel. */
    public CursorView awaitCursor(Deadline deadline) throws SpiceClientException {
        return hasCursor ? cursorState.await(deadline) : CursorView.NONE;
    }

    /** The mouse mode as the server last told it. */
    public int mouseMode() {
        return mainState.mouseMode();
    }

    /** Waits until the mouse mode is this one. */
    public void awaitMouseMode(int mode, Deadline deadline) throws SpiceClientException {
        mainState.awaitMouseMode(mode, deadline);
    }

    /** Bits of the mouse modes that the server knows. */
    public int supportedMouseModes() {
        return mainState.supportedMouseModes();
    }

    /** Asks for another mouse mode; the server decides, and {@link #mouseMode} tells. */
    public void requestMouseMode(int mode) throws SpiceClientException {
        main.send(new MainClientMessage.MouseModeRequest(mode));
    }

    /** What went through each channel. */
    public List<ChannelStatistics> statistics() {
        List<ChannelStatistics> all = new ArrayList<>();
        for (Channel channel : channels) {
            all.add(channel.statistics());
        }
        return all;
    }

    /** Whether the screen is in shared memory. */
    public boolean isUsingSharedMemory() {
        return display.isUsingSharedMemory();
    }

    @Override
    public void close() {
        endAll(new SpiceClientException(
                SpiceClientException.Kind.CLOSED, options.uri() + ": closed by this side, expected no further use"));
        channels.forEach(Channel::join);
    }

    private void connectAll() throws SpiceClientException {
        start(main);
        MainServerMessage.Init init = main.await(mainState.init(), connectDeadline, "MAIN_INIT");
        main.send(new MainClientMessage.AttachChannels());
        if (options.agent()) {
            agent.start();
        }
        List<MainServerMessage.ChannelRef> offered = main.await(mainState.channels(), connectDeadline, "CHANNELS_LIST");
        connectDisplay(init.sessionId(), offered);
        if (options.cursor() && has(offered, ChannelType.CURSOR, options.displayId())) {
            Channel channel =
                    channel(init.sessionId(), ChannelType.CURSOR, options.displayId(), Capabilities.NONE, cursorState);
            start(channel);
            channel.awaitLinked(connectDeadline);
            hasCursor = true;
        }
        if (options.inputs() && has(offered, ChannelType.INPUTS, 0)) {
            Channel channel = channel(init.sessionId(), ChannelType.INPUTS, 0, Capabilities.NONE, inputs.handlerFor());
            inputs.setChannel(channel);
            start(channel);
            channel.awaitLinked(connectDeadline);
            hasInputs = true;
        }
    }

    private void connectDisplay(int sessionId, List<MainServerMessage.ChannelRef> offered) throws SpiceClientException {
        if (!has(offered, ChannelType.DISPLAY, options.displayId())) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.REFUSED,
                    options.uri() + ": got channels " + names(offered) + ", expected display " + options.displayId());
        }
        Channel channel = channel(
                sessionId, ChannelType.DISPLAY, options.displayId(), displayCapabilities(), display.handlerFor());
        display.setChannel(channel);
        start(channel);
        channel.awaitLinked(connectDeadline);
        boolean shared = display.awaitMode(channel, connectDeadline);
        if (options.mode() == ConnectOptions.Mode.SHM && !shared) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.REFUSED,
                    options.uri() + ": got normal mode (" + display.modeReason() + "), expected shared memory");
        }
    }

    private Capabilities displayCapabilities() {
        Capabilities capabilities = Capabilities.of(
                DisplayCapability.SIZED_STREAM,
                DisplayCapability.MONITORS_CONFIG,
                DisplayCapability.COMPOSITE,
                DisplayCapability.A8_SURFACE,
                DisplayCapability.MULTI_CODEC,
                DisplayCapability.CODEC_MJPEG);
        // In the numbers of 2013 the bit of LZ4 is that of shared memory: who speaks them must not get it from us, nor,
        // on a
        // socket that could carry a segment, from a client with other numbers.
        if (options.numbering() == Numbering.CURRENT && !(options.uri() instanceof SpiceUri.Unix)) {
            capabilities = capabilities.with(DisplayCapability.LZ4_COMPRESSION);
        }
        return display.asksForSharedMemory()
                ? capabilities.with(options.numbering().capabilityBit())
                : capabilities;
    }

    private static boolean has(List<MainServerMessage.ChannelRef> offered, ChannelType type, int id) {
        return offered.contains(new MainServerMessage.ChannelRef(type.number(), id));
    }

    private static String names(List<MainServerMessage.ChannelRef> offered) {
        List<String> names = new ArrayList<>();
        for (MainServerMessage.ChannelRef each : offered) {
            @Nullable ChannelType type = ChannelType.ofNumber(each.channelType());
            names.add((type == null ? "type " + each.channelType() : type.name()) + " " + each.channelId());
        }
        return names.toString();
    }

    private Channel channel(
            int sessionId, ChannelType type, int id, Capabilities capabilities, Channel.Handler handler) {
        return new Channel(
                options.uri(),
                LinkMessage.of(sessionId, type, id, COMMON, capabilities),
                type,
                sealer,
                options.numbering(),
                connectDeadline,
                handler);
    }

    private void start(Channel channel) {
        channels.add(channel);
        channel.start();
    }

    private void endAll(SpiceClientException reason) {
        for (Channel channel : channels) {
            channel.close(reason);
        }
    }
}
