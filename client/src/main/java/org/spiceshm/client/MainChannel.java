package org.spiceshm.client;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;

/** Follows the main channel as far as a client without agent cares. Any thread may ask. */
final class MainChannel implements Channel.Handler {
    private final CompletableFuture<MainServerMessage.Init> init = new CompletableFuture<>();
    private final CompletableFuture<List<MainServerMessage.ChannelRef>> channels = new CompletableFuture<>();
    private final Consumer<SpiceClientException> ended;
    private volatile int mouseMode;
    private volatile int supportedMouseModes;

    MainChannel(Consumer<SpiceClientException> ended) {
        this.ended = ended;
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

    @Override
    public void linked(ClientLink.State.Linked state) {}

    @Override
    public void message(MessageFramer framer) throws MalformedMessageException {
        switch (framer.type()) {
            case MainServerMessage.Init.TYPE, MainServerMessage.ChannelsList.TYPE, MainServerMessage.MouseMode.TYPE ->
                take(MainServerMessage.decode(framer.type(), framer.body()));
            default -> {}
        }
    }

    private void take(MainServerMessage message) {
        if (message instanceof MainServerMessage.Init first) {
            supportedMouseModes = first.supportedMouseModes();
            mouseMode = first.currentMouseMode();
            init.complete(first);
        } else if (message instanceof MainServerMessage.ChannelsList(var list)) {
            channels.complete(list);
        } else if (message instanceof MainServerMessage.MouseMode(int supported, int current)) {
            supportedMouseModes = supported;
            mouseMode = current;
        }
    }

    @Override
    public void closed(SpiceClientException reason) {
        init.completeExceptionally(reason);
        channels.completeExceptionally(reason);
        ended.accept(reason);
    }
}
