package org.spiceshm.it;

import java.io.IOException;
import java.nio.file.Path;
import org.spiceshm.app.Card;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceUri;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.QxlHardware;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/** A card, a driver for it, and a server on a Unix socket, in this process: the test is the guest. */
final class InProcessServer implements AutoCloseable {
    private final Card card;
    private final SpiceServer server;
    private final QxlDriver driver;
    private final Path path;

    InProcessServer(Path directory, QxlConfig config, PipelineOptions options) throws IOException {
        this(directory, config, options, ServerOptions.defaults());
    }

    InProcessServer(Path directory, QxlConfig config, PipelineOptions options, ServerOptions serverOptions)
            throws IOException {
        path = directory.resolve("s");
        card = Card.start(config, options);
        server = new SpiceServer(card.screen(), serverOptions, InputSink.NONE, displays -> {});
        server.listen(new ListenAddress.Unix(path));
        driver = new QxlDriver(card.hardware());
    }

    QxlDriver driver() {
        return driver;
    }

    QxlHardware hardware() {
        return card.hardware();
    }

    Path path() {
        return path;
    }

    String uri() {
        return "spice+unix://" + path;
    }

    Card card() {
        return card;
    }

    SpiceServer server() {
        return server;
    }

    /** Options for a client in shared memory. */
    ConnectOptions options() {
        return ConnectOptions.to(new SpiceUri.Unix(path)).withMode(Mode.SHM);
    }

    SpiceClient connect(Mode mode, DisplayListener listener) throws IOException {
        return SpiceClient.connect(
                ConnectOptions.to(new SpiceUri.Unix(path)).withMode(mode).withListener(listener));
    }

    /** Draws so many commands of a scene, after a reset. */
    void draw(String scene, int width, int height, long commands) {
        new SceneRunner(driver, Scenes.of(scene, width, height), Pacer.unlimited(), PushListener.NONE, commands).run();
    }

    @Override
    public void close() {
        server.close();
        card.close();
    }
}
