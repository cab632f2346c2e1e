package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.sharedmemory.EventDescriptor;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.Poller;
import org.spiceshm.sharedmemory.UnixListener;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * Gives the device to a VM of another process by vfio-user: QEMU's {@code -device vfio-user-pci} connects here.
 *
 * <pre>
 *  QEMU &lt;--Unix socket--&gt; vfio-user thread --DeviceThread--&gt; QxlDevice
 *       &lt;--BARs 0..2, mapped----------------------------------/
 *       &lt;--eventfd, or qtest socket-- VfioInterruptLine &lt;-----/
 * </pre>
 *
 * <p>One VM at a time. When one connects, the device is as at power-on, its memory included; when it goes, however
 * suddenly, the last picture stays. A peer that breaks the protocol is turned away, and the next one is welcome.
 *
 * <p>It has a thread of its own, and lives until {@link #close}, which comes before the device thread's.
 */
public final class VfioUserServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(VfioUserServer.class.getName());
    private static final int BACKLOG = 4;
    private static final int FOREVER = -1;
    /** How long nobody is accepted after that has failed, say for want of descriptors. */
    private static final int ACCEPT_PAUSE_MILLIS = 500;

    private final QxlDevice device;
    private final DeviceThread deviceThread;
    private final VfioInterruptLine line;
    private final VfioUserWatch watch;
    private final MemoryFile readOnlyRom;
    private final UnixListener listener;
    private final EventDescriptor stop;
    private final Poller poller = new Poller();
    private final @Nullable QtestInterrupts qtest;
    private final Thread thread;
    private volatile boolean running = true;

    // Of the thread.
    private @Nullable VfioUserConnection connection;
    private @Nullable EventDescriptor watchedResample;
    private int watchedFd;
    private boolean acceptPaused;

    /**
     * Listens on {@code socket} from when this returns.
     *
     * @param device whose interrupts go to {@code line}; its thread is {@code thread}
     * @param qtest the socket of QEMU's qtest server, by which a VM without KVM gets its interrupts; without it they go by
     *     eventfd, which is slow there
     * @param gsi the IOAPIC input to use with qtest; without it, it is found
     * @throws IOException if the socket cannot be had
     */
    public static VfioUserServer start(
            Path socket,
            QxlDevice device,
            DeviceThread thread,
            VfioInterruptLine line,
            @Nullable Path qtest,
            OptionalInt gsi,
            VfioUserWatch watch)
            throws IOException {
        return new VfioUserServer(socket, device, thread, line, qtest, gsi, watch);
    }

    private VfioUserServer(
            Path socket,
            QxlDevice device,
            DeviceThread deviceThread,
            VfioInterruptLine line,
            @Nullable Path qtest,
            OptionalInt gsi,
            VfioUserWatch watch)
            throws IOException {
        this.device = device;
        this.deviceThread = deviceThread;
        this.line = line;
        this.watch = watch;
        listener = UnixListener.bind(socket, BACKLOG);
        MemoryFile rom = null;
        EventDescriptor bell = null;
        try {
            rom = device.barFile(DeviceMemory.ROM_BAR).reopenReadOnly();
            bell = EventDescriptor.create();
        } finally {
            if (bell == null) {
                listener.close();
                if (rom != null) {
                    rom.close();
                }
            }
        }
        readOnlyRom = rom;
        stop = bell;
        poller.add(stop.fd(), Poller.READ);
        poller.add(listener.fd(), Poller.READ);
        this.qtest = qtest == null ? null : new QtestInterrupts(qtest, line, gsi);
        thread = Thread.ofPlatform().name("vfio-user").daemon().unstarted(this::run);
        thread.start();
    }

    private void run() {
        while (running) {
            try {
                turn();
            } catch (IOException | RuntimeException e) {
                LOG.log(Level.ERROR, "vfio-user: the loop goes on after an error", e);
                disconnect();
            }
        }
        disconnect();
    }

    private void turn() throws IOException {
        boolean visitor = false;
        if (poller.poll(acceptPaused ? ACCEPT_PAUSE_MILLIS : FOREVER) == 0) {
            acceptPaused = false;
            poller.modify(listener.fd(), Poller.READ);
        }
        for (int fd = poller.nextReady(); fd != Poller.NONE; fd = poller.nextReady()) {
            VfioUserConnection current = connection;
            if (fd == listener.fd()) {
                visitor = true;
            } else if (current != null && fd == current.fd()) {
                serve(current);
            } else if (current != null && watchedResample != null && fd == watchedFd) {
                current.onResample();
            }
        }
        // After the connection: a VM that has been killed makes room for its successor.
        if (visitor && running) {
            accept();
        }
    }

    private void serve(VfioUserConnection current) {
        try {
            // Once the other end is closed nobody waits for anything, and what it has sent is of no consequence.
            if (poller.hangup(current.fd()) || !current.serve()) {
                disconnect();
                return;
            }
        } catch (MalformedMessageException e) {
            LOG.log(Level.WARNING, "vfio-user: VM turned away: {0}", e.getMessage());
            disconnect();
            return;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "vfio-user: connection lost: {0}", e.getMessage());
            disconnect();
            return;
        }
        watchResample(current.resample());
        poller.modify(current.fd(), current.blocked() ? Poller.WRITE : Poller.READ);
    }

    /** The former eventfd has been closed by now, so it is forgotten by what we know of it, not by its number. */
    private void watchResample(@Nullable EventDescriptor resample) {
        if (resample == watchedResample) {
            return;
        }
        if (watchedResample != null) {
            poller.remove(watchedFd);
        }
        watchedResample = resample;
        if (resample != null) {
            watchedFd = resample.fd();
            poller.add(watchedFd, Poller.READ);
        }
    }

    private void accept() {
        try {
            for (UnixSocket socket = listener.accept(); socket != null; socket = listener.accept()) {
                if (connection == null) {
                    connect(socket);
                } else {
                    LOG.log(Level.WARNING, "vfio-user: got a second VM, expected one at a time; it is turned away");
                    socket.close();
                }
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "vfio-user: VMs are not accepted for a while: {0}", e.getMessage());
            acceptPaused = true;
            poller.modify(listener.fd(), 0);
        }
    }

    private void connect(UnixSocket socket) throws IOException {
        try {
            powerOn();
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        VfioUserConnection next = new VfioUserConnection(socket, device, deviceThread, line, qtest, readOnlyRom);
        connection = next;
        poller.add(next.fd(), Poller.READ);
        LOG.log(Level.INFO, "vfio-user: VM connected");
        if (qtest != null) {
            qtest.connected();
        }
        watch.connected();
    }

    /** Not when the former VM goes: until there is a new one, its last picture stays. */
    private void powerOn() throws IOException {
        IOException[] failure = new IOException[1];
        deviceThread.call(() -> {
            try {
                device.powerOn();
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    private void disconnect() {
        VfioUserConnection former = connection;
        if (former == null) {
            return;
        }
        connection = null;
        watchResample(null);
        poller.remove(former.fd());
        former.close();
        LOG.log(Level.INFO, "vfio-user: VM disconnected");
        if (qtest != null) {
            qtest.disconnected();
        }
        watch.disconnected();
    }

    /** Turns the VM away, waits for the thread, and removes the socket. */
    @Override
    public void close() {
        running = false;
        stop.signal();
        Threads.joinUninterruptibly(thread);
        if (qtest != null) {
            qtest.close();
        }
        poller.close();
        listener.close();
        stop.close();
        readOnlyRom.close();
    }
}
