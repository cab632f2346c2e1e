package org.spiceshm.client;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;

/** Follows the main channel; what concerns the agent goes to {@link Agent}, if there is to be one. Any thread may ask. */
final class MainChannel implements Channel.Handler {
    private final CompletableFuture<MainServerMessage.Init> init = new CompletableFuture<>();
    private final CompletableFuture<List<MainServerMessage.ChannelRef>> channels = new CompletableFuture<>();
    private final Consumer<SpiceClientException> ended;
    private final @Nullable Agent agent;
    private final Object modeLock = new Object();
    private volatile int mouseMode;
    private volatile int supportedMouseModes;
    private @Nullable SpiceClientException end;

    MainChannel(Consumer<SpiceClientException> ended, @Nullable Agent agent) {
        this.ended = ended;
        this.agent = agent;
    }

    CompletableFuture<MainServerMessage.Init> init() {
        return init;
    }

    CompletableFuture<List<MainServerMessage.ChannelRef>> channels() {
        return channels;
    }

    int mouseMode() {
        return mouseMode;
    }

    int supportedMouseModes() {
        return supportedMouseModes;
    }

    /** Waits until the mouse mode is this one. */
    void awaitMouseMode(int mode, Deadline deadline) throws SpiceClientException {
        synchronized (modeLock) {
            while (mouseMode != mode) {
                if (end != null) {
                    throw end.again();
                }
                if (deadline.hasPassed()) {
                    throw new SpiceClientException(
                            SpiceClientException.Kind.TIMEOUT, "mouse mode: got " + mouseMode + ", expected " + mode);
                }
                try {
                    deadline.await(modeLock);
                } catch (InterruptedException e) {
                    throw SpiceClientException.interrupted("mouse mode");
                }
            }
        }
    }

    private void setMouseMode(int supported, int current) {
        synchronized (modeLock) {
            supportedMouseModes = supported;
            mouseMode = current;
            modeLock.notifyAll();
        }
    }

    @Override
    public void linked(ClientLink.State.Linked state) {}

    @Override
    public void message(MessageFramer framer) throws SpiceClientException, MalformedMessageException {
        switch (framer.type()) {
            case MainServerMessage.Init.TYPE, MainServerMessage.ChannelsList.TYPE, MainServerMessage.MouseMode.TYPE -> {
                MainServerMessage message = MainServerMessage.decode(framer.type(), framer.body());
                take(message);
                tellAgent(message);
            }
            case MainServerMessage.AgentConnected.TYPE,
                    MainServerMessage.AgentConnectedTokens.TYPE,
                    MainServerMessage.AgentDisconnected.TYPE,
                    MainServerMessage.AgentData.TYPE,
                    MainServerMessage.AgentToken.TYPE ->
                tellAgent(MainServerMessage.decode(framer.type(), framer.body()));
            default -> {}
        }
    }

    private void tellAgent(MainServerMessage message) throws SpiceClientException, MalformedMessageException {
        if (agent != null) {
            agent.take(message);
        }
    }

    private void take(MainServerMessage message) {
        if (message instanceof MainServerMessage.Init first) {
            setMouseMode(first.supportedMouseModes(), first.currentMouseMode());
            init.complete(first);
        } else if (message instanceof MainServerMessage.ChannelsList(var list)) {
            channels.complete(list);
        } else if (message instanceof MainServerMessage.MouseMode(int supported, int current)) {
            setMouseMode(supported, current);
        }
    }

    @Override
    public void closed(SpiceClientException reason) {
        init.completeExceptionally(reason);
        channels.completeExceptionally(reason);
        synchronized (modeLock) {
            end = reason;
            modeLock.notifyAll();
        }
        if (agent != null) {
            agent.closed(reason);
        }
        ended.accept(reason);
    }
}
