package org.spiceshm.app;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiceshm.qxldevice.VfioUserWatch;
import org.spiceshm.server.AgentSink;
import org.spiceshm.server.InputSink;
import org.spiceshm.server.ServerOptions;
import org.spiceshm.server.SpiceServer;

/**
 * What joins a card and its server to a QEMU, and to its successors: the guest that draws, and the way back to it.
 *
 * <pre>
 *  QEMU --vfio-user--> Card --> Screen --> SpiceServer --> clients
 *       &lt;--qtest------ its interrupts, without KVM
 *       &lt;--QMP-------- QmpInputs &lt;-------- keys, pointer
 *       &lt;--chardev---> AgentRelay &lt;------> clipboard, sizes
 * </pre>
 *
 * <p>Made before the server, which is given {@link #inputs} and {@link #agent}; then started with it; closed before it.
 */
public final class VirtualMachine implements AutoCloseable {
    private static final Logger LOG = System.getLogger(VirtualMachine.class.getName());

    /**
     * Where QEMU is met.
     *
     * @param vfioUser where we listen, and QEMU connects
     * @param qtest QEMU's qtest server, by which interrupts come where there is no KVM
     * @param qmp QEMU's monitor, for keys and pointer
     * @param agent QEMU's chardev for the port com.redhat.spice.0
     */
    public record Sockets(
            Path vfioUser,
            @Nullable Path qtest,
            @Nullable Path qmp,
            @Nullable Path agent) {}

    private final Card card;
    private final Sockets sockets;
    private final @Nullable QmpInputs inputs;
    private final @Nullable AgentRelay agent;
    private volatile boolean connected;

    /**
     * For {@code card}; nothing is listened at or connected to yet.
     *
     * @throws IOException if the system is out of descriptors
     */
    public VirtualMachine(Card card, Sockets sockets) throws IOException {
        this.card = card;
        this.sockets = sockets;
        agent = sockets.agent == null ? null : new AgentRelay(sockets.agent);
        inputs = sockets.qmp == null ? null : new QmpInputs(sockets.qmp, () -> ScreenSize.of(card.primary()));
        if (inputs != null && agent != null && sockets.agent != null) {
            inputs.watchPort(sockets.agent, agent);
        }
    }

    /** Where clients' keys and pointer go. */
    public InputSink inputs() {
        return inputs == null ? InputSink.NONE : inputs;
    }

    /** Where clients' messages for the agent go. */
    public AgentSink agent() {
        return agent == null ? AgentSink.NONE : agent;
    }

    /** A server for the card's screen, joined to this guest and to nothing else; {@link #start} wants it. */
    public SpiceServer newServer(ServerOptions options) {
        return new SpiceServer(card.screen(), options, inputs(), displays -> {}, agent(), card::requestMonitors);
    }

    /** Whether a QEMU is connected to the card. */
    public boolean isConnected() {
        return connected;
    }

    /**
     * Lets QEMU connect, from the return on.
     *
     * @return this
     * @throws IOException if the socket cannot be had
     */
    public VirtualMachine start(SpiceServer server) throws IOException {
        card.listenVfioUser(sockets.vfioUser, sockets.qtest, new Watch());
        if (inputs != null) {
            inputs.start(server::inputsChanged);
        }
        if (agent != null) {
            agent.start(server.agent());
        }
        return this;
    }

    /** Lets go of QMP and the agent; the card's socket is the card's. */
    @Override
    public void close() {
        if (agent != null) {
            agent.close();
        }
        if (inputs != null) {
            inputs.close();
        }
    }

    private final class Watch implements VfioUserWatch {
        @Override
        public void connected() {
            connected = true;
            LOG.log(Level.INFO, "a VM has connected");
        }

        @Override
        public void disconnected() {
            connected = false;
            LOG.log(Level.INFO, "the VM has gone; its last picture stays");
        }
    }
}
