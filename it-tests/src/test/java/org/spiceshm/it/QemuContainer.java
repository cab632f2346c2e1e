package org.spiceshm.it;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.spiceshm.guestdriver.QemuOptions;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * An unmodified QEMU in a container without network: it has the images to read, and a directory of sockets that it shares
 * with the test. What it needs is made by {@code guest/with-engine}, which {@code ./check} runs.
 */
final class QemuContainer implements AutoCloseable {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(3);
    private static final Path IMAGES_INSIDE = Path.of("/images");
    private static final Path SOCKETS_INSIDE = Path.of("/sockets");

    private final GenericContainer<?> container;

    private QemuContainer(GenericContainer<?> container) {
        this.container = container;
    }

    /** Skips the test, loudly, where there is no engine; fails where there must be one. */
    static void require() {
        boolean there = System.getenv("SPICESHM_QEMU_IMAGE") != null;
        String reason = "NOT TESTED with a real guest: run ./check, or guest/with-engine mvn verify";
        if (!there && "1".equals(System.getenv("SPICESHM_REQUIRE_GUEST"))) {
            Assertions.fail(reason);
        }
        if (!there) {
            System.err.println("WARNING: " + reason);
        }
        Assumptions.assumeTrue(there, reason);
    }

    /** What QEMU is told for a guest with this kernel. */
    static QemuOptions options(String kernel) {
        return new QemuOptions(IMAGES_INSIDE, SOCKETS_INSIDE, kernel);
    }

    /** Starts it and waits until the guest can be talked to. The card must be listening in {@code sockets}. */
    @SuppressWarnings("resource") // INVARIANT: closed by close(), or here if it does not start.
    static QemuContainer boot(Path sockets, QemuOptions options) {
        Path images = Path.of(env("SPICESHM_GUEST_IMAGES"));
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(env("SPICESHM_QEMU_IMAGE")))
                .withImagePullPolicy(image -> false)
                .withNetworkMode("none")
                .withCommand(options.arguments().toArray(String[]::new))
                .withCreateContainerCmdModifier(command -> command.withUser(owner(sockets))
                        .getHostConfig()
                        .withBinds(
                                new Bind(images.toString(), new Volume(IMAGES_INSIDE.toString()), AccessMode.ro),
                                new Bind(sockets.toString(), new Volume(SOCKETS_INSIDE.toString()), AccessMode.rw)))
                .waitingFor(
                        Wait.forLogMessage(".*" + QemuOptions.READY + ".*", 1).withStartupTimeout(BOOT_LIMIT));
        boolean done = false;
        try {
            container.start();
            done = true;
            return new QemuContainer(container);
        } finally {
            if (!done) {
                container.close();
            }
        }
    }

    private static String env(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + ": got nothing, expected what guest/with-engine sets");
        }
        return value;
    }

    /** The sockets' files are their owner's alone. */
    private static String owner(Path directory) {
        try {
            return Files.getAttribute(directory, "unix:uid") + ":" + Files.getAttribute(directory, "unix:gid");
        } catch (IOException e) {
            throw new IllegalStateException("no owner of " + directory, e);
        }
    }

    /** What the guest has said on its serial line, and QEMU on stderr. */
    List<String> log() {
        return container.getLogs().lines().toList();
    }

    /** How often the guest has come up. */
    long boots() {
        return log().stream().filter(line -> line.contains(QemuOptions.READY)).count();
    }

    boolean isRunning() {
        return container.isRunning();
    }

    /** SIGKILL. */
    void kill() {
        container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void close() {
        container.close();
    }
}
