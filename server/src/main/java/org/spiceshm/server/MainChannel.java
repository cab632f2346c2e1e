package org.spiceshm.server;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
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

/** The channel that a session hangs on. There is no agent yet: clients are told so. */
final class MainChannel extends Channel {
    private static final int MOUSE_MODE_SERVER = 1;
    private static final int MOUSE_MODE_CLIENT = 2;
    private static final int AGENT_TOKENS = 10;
    /** What clients size their GLZ window by: the least that spice-gtk takes. */
    private static final int RAM_HINT_BYTES = 32 << 20;

    private static final List<ChannelRef> CHANNELS = List.of(
            new ChannelRef(ChannelType.INPUTS.number(), 0),
            new ChannelRef(ChannelType.DISPLAY.number(), 0),
            new ChannelRef(ChannelType.CURSOR.number(), 0));

    private final Session session;
    private final Capabilities client;
    private int mouseMode;

    MainChannel(Connection connection, Session session, Capabilities client) {
        super(connection);
        this.session = session;
        this.client = client;
    }

    @Override
    void start(long now) {
        mouseMode = connection.server().inputs().absolute() ? MOUSE_MODE_CLIENT : MOUSE_MODE_SERVER;
        connection.send(new MainServerMessage.Init(
                session.id(),
                1,
                supportedModes(),
                mouseMode,
                0,
                AGENT_TOKENS,
                (int) (now / 1_000_000),
                RAM_HINT_BYTES));
        if (client.has(MainCapability.NAME_AND_UUID)) {
            String name = connection.server().options().name();
            connection.send(new MainServerMessage.Name(name));
            connection.send(new MainServerMessage.Uuid(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))));
        }
    }

    private int supportedModes() {
        return connection.server().inputs().absolute() ? MOUSE_MODE_SERVER | MOUSE_MODE_CLIENT : MOUSE_MODE_SERVER;
    }

    @Override
    void receive(int type, MemorySegment body, long now) throws MalformedMessageException {
        switch (MainClientMessage.decode(type, body)) {
            case MainClientMessage.AttachChannels() -> connection.send(new MainServerMessage.ChannelsList(CHANNELS));
            case MainClientMessage.MouseModeRequest(int mode) -> requestMouseMode(mode);
            case UnknownMessage unknown -> connection.fail("main message " + unknown.type() + " is unknown");
            case CommonClientMessage common -> {}
            case MainClientMessage.ClientInfo info -> {}
            case MainClientMessage.AgentStart start -> {}
            case MainClientMessage.AgentData data -> {}
            case MainClientMessage.AgentToken token -> {}
            case MainClientMessage.MigrateConnected m -> {}
            case MainClientMessage.MigrateConnectError m -> {}
            case MainClientMessage.MigrateEnd m -> {}
            case MainClientMessage.MigrateDstDoSeamless m -> {}
            case MainClientMessage.MigrateConnectedSeamless m -> {}
        }
    }

    private void requestMouseMode(int mode) {
        if ((mode & supportedModes()) != 0 && Integer.bitCount(mode) == 1) {
            mouseMode = mode;
        }
        connection.send(new MainServerMessage.MouseMode(supportedModes(), mouseMode));
    }

    @Override
    void close() {
        connection.server().endSession(session);
    }
}
