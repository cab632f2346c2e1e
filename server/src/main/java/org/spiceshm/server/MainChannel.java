package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.MainCapability;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.MainServerMessage.ChannelRef;
import org.spiceshm.protocol.spice.UnknownMessage;

/** The channel that a session hangs on, and the way to the guest's agent. */
final class MainChannel extends Channel {
    private static final int MOUSE_MODE_SERVER = 1;
    private static final int MOUSE_MODE_CLIENT = 2;
    /** What clients size their GLZ window by: the least that spice-gtk takes. */
    private static final int RAM_HINT_BYTES = 32 << 20;

    private final Session session;
    private final Capabilities client;
    private final ClientAgent agent;
    /** What the client has asked for, or 0. */
    private int requestedMode;

    private int supportedModes;
    private int mouseMode;

    MainChannel(Connection connection, Session session, Capabilities client) {
        super(connection);
        this.session = session;
        this.client = client;
        this.agent = new ClientAgent(connection, client.has(MainCapability.AGENT_CONNECTED_TOKENS));
    }

    @Override
    void start(long now) {
        // First added, then looked: a change between the two is told by a task.
        connection.server().mainOpened(this);
        lookAtModes();
        boolean agentConnected = agent.open();
        connection.send(new MainServerMessage.Init(
                session.id(),
                1,
                supportedModes,
                mouseMode,
                agentConnected ? 1 : 0,
                ClientAgent.TOKENS,
                (int) (now / 1_000_000),
                RAM_HINT_BYTES));
        if (client.has(MainCapability.NAME_AND_UUID)) {
            String name = connection.server().options().name();
            connection.send(new MainServerMessage.Name(name));
            connection.send(new MainServerMessage.Uuid(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))));
        }
    }

    private void lookAtModes() {
        boolean absolute = connection.server().inputs().absolute();
        supportedModes = absolute ? MOUSE_MODE_SERVER | MOUSE_MODE_CLIENT : MOUSE_MODE_SERVER;
        mouseMode = absolute && requestedMode != MOUSE_MODE_SERVER ? MOUSE_MODE_CLIENT : MOUSE_MODE_SERVER;
    }

    /** The guest's pointer may have changed its kind. Any thread. */
    void inputsChanged() {
        connection.transport().loop().execute(() -> {
            int before = supportedModes;
            lookAtModes();
            if (supportedModes != before && !connection.isClosed()) {
                connection.send(new MainServerMessage.MouseMode(supportedModes, mouseMode));
                connection.onWritable(System.nanoTime());
            }
        });
    }

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        switch (MainClientMessage.decode(type, body)) {
            case MainClientMessage.AttachChannels() -> connection.send(new MainServerMessage.ChannelsList(channels()));
            case MainClientMessage.MouseModeRequest(int mode) -> requestMouseMode(mode);
            case UnknownMessage unknown -> connection.fail("main message " + unknown.type() + " is unknown");
            case CommonClientMessage common -> {}
            case MainClientMessage.ClientInfo info -> {}
            case MainClientMessage.AgentStart(int tokens) -> agent.start(tokens);
            case MainClientMessage.AgentData(MemorySegment data) -> agent.data(data);
            case MainClientMessage.AgentToken(int tokens) -> agent.tokens(tokens);
            case MainClientMessage.MigrateConnected m -> {}
            case MainClientMessage.MigrateConnectError m -> {}
            case MainClientMessage.MigrateEnd m -> {}
            case MainClientMessage.MigrateDstDoSeamless m -> {}
            case MainClientMessage.MigrateConnectedSeamless m -> {}
        }
    }

    /** The inputs, and a display with its pointer for every screen. */
    private List<ChannelRef> channels() {
        List<ChannelRef> channels = new ArrayList<>();
        channels.add(new ChannelRef(ChannelType.INPUTS.number(), 0));
        for (int id = 0; id < connection.server().screens().size(); id++) {
            channels.add(new ChannelRef(ChannelType.DISPLAY.number(), id));
            channels.add(new ChannelRef(ChannelType.CURSOR.number(), id));
        }
        return channels;
    }

    private void requestMouseMode(int mode) {
        if (mode == MOUSE_MODE_SERVER || mode == MOUSE_MODE_CLIENT) {
            requestedMode = mode;
            lookAtModes();
        }
        connection.send(new MainServerMessage.MouseMode(supportedModes, mouseMode));
    }

    @Override
    void pump(long now) {
        agent.pump();
    }

    @Override
    boolean hasMore() {
        return agent.hasMore();
    }

    @Override
    void close() {
        connection.server().mainClosed(this);
        agent.close();
        connection.server().endSession(session);
    }
}
