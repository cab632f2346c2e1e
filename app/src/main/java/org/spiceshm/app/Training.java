package org.spiceshm.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ListenAddress;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/** A short run of what commands usually do, from which the JVM learns what to keep ready (the AOT cache). */
public final class Training {
    private Training() {}

    /** Shows a small scene and takes a picture of it in both modes. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("spiceshm-training");
        Path socket = directory.resolve("s");
        Path picture = directory.resolve("p.png");
        try (Card card = Card.start(QxlConfig.DEFAULT, PipelineOptions.defaults());
                SpiceServer server =
                        new SpiceServer(card.screen(), ServerOptions.defaults(), InputSink.NONE, displays -> {})) {
            server.listen(new ListenAddress.Unix(socket));
            SceneRunner runner = new SceneRunner(
                    new QxlDriver(card.hardware()),
                    Scenes.of("desktop", 320, 240),
                    Pacer.framesPerSecond(50),
                    PushListener.NONE);
            Thread guest = Thread.ofPlatform().daemon().start(runner);
            for (String mode : new String[] {"shm", "normal"}) {
                Main.run("shot", "spice+unix://" + socket, picture.toString(), "--mode", mode);
            }
            runner.stop();
            guest.join();
        } finally {
            Files.deleteIfExists(picture);
            Files.deleteIfExists(socket);
            Files.delete(directory);
        }
        System.exit(0);
    }
}
