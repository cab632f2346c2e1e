package org.spiceshm.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.sharedmemory.EventDescriptor;
import org.spiceshm.sharedmemory.PeerCredentials;
import org.spiceshm.sharedmemory.Poller;
import org.spiceshm.sharedmemory.UnixListener;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * The thread that owns all Unix-socket connections: their reads can carry descriptors, which no library's event loop
 * does. It sleeps in poll(2); {@link #wake} costs nothing while it is awake.
 */
final class UnixLoop implements EventLoop, AutoCloseable {
    private static final Logger LOG = System.getLogger(UnixLoop.class.getName());
    private static final int READ_BYTES = 64 * 1024;
    private static final int MAX_SLEEP_MILLIS = 1000;
    private static final int BACKLOG = 128;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final SpiceServer server;
    private final Poller poller;
    private final EventDescriptor bell;
    private final MemorySegment readBuffer = Arena.ofAuto().allocate(READ_BYTES, 8);
    private final InputCursor input = new InputCursor();
    private final Map<Integer, UnixListener> listeners = new HashMap<>();
    private final Map<Integer, Peer> peers = new HashMap<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final Runnable waker = this::wake;
    private final Thread thread;
    private volatile boolean changed;
    private volatile boolean running = true;
    private boolean someClosed;

    UnixLoop(SpiceServer server) throws IOException {
        this.server = server;
        poller = new Poller();
        bell = EventDescriptor.create();
        poller.add(bell.fd(), Poller.READ);
        server.screen().addWaker(waker);
        thread = Thread.ofPlatform().name("spice-unix").daemon().start(this::run);
    }

    /** Accepts connections on a path from now on. */
    void listen(UnixListener listener) {
        execute(() -> {
            listeners.put(listener.fd(), listener);
            poller.add(listener.fd(), Poller.READ);
        });
    }

    static UnixListener bind(ListenAddress.Unix address) throws IOException {
        return UnixListener.bind(address.path(), BACKLOG);
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** The screen has changed, or a task has come. Any thread; a system call only if the loop sleeps. */
    private void wake() {
        changed = true;
        // The loop says that it sleeps, then looks whether anything has changed; we do it the other way round.
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            bell.signal();
        }
    }

    private void run() {
        while (running) {
            try {
                turn();
            } catch (IOException | RuntimeException e) {
                LOG.log(Level.ERROR, "the event loop goes on after an error", e);
            }
        }
    }

    private void turn() throws IOException {
        asleep.set(true);
        int ready = poller.poll(changed || !tasks.isEmpty() ? 0 : sleepMillis());
        asleep.set(false);
        long now = System.nanoTime();
        if (ready > 0) {
            serveReady(now);
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        if (changed) {
            changed = false;
            pumpAll(now);
        }
        tickAll(now);
    }

    private int sleepMillis() {
        long now = System.nanoTime();
        long millis = MAX_SLEEP_MILLIS;
        for (Peer peer : peers.values()) {
            long deadline = peer.connection.deadline();
            if (deadline != Channel.NEVER) {
                millis = Math.min(millis, Math.max(1, (deadline - now) / NANOS_PER_MILLI));
            }
        }
        return (int) millis;
    }

    private void serveReady(long now) {
        for (int fd = poller.nextReady(); fd != Poller.NONE; fd = poller.nextReady()) {
            UnixListener listener = listeners.get(fd);
            Peer peer = peers.get(fd);
            if (fd == bell.fd()) {
                bell.drain();
            } else if (listener != null) {
                accept(listener, now);
            } else if (peer != null) {
                peer.serve(now);
            }
        }
    }

    private void accept(UnixListener listener, long now) {
        try {
            for (UnixSocket socket = listener.accept(); socket != null; socket = listener.accept()) {
                Peer peer = new Peer(socket, now);
                peers.put(socket.fd(), peer);
                poller.add(socket.fd(), Poller.READ);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "a connection was not accepted: {0}", e.getMessage());
        }
    }

    private void pumpAll(long now) {
        for (Peer peer : peers.values()) {
            peer.connection.onWritable(now);
        }
        dropClosed();
    }

    private void tickAll(long now) {
        for (Peer peer : peers.values()) {
            if (peer.connection.deadline() <= now) {
                peer.connection.onTick(now);
            }
        }
        dropClosed();
    }

    private void dropClosed() {
        if (someClosed) {
            someClosed = false;
            peers.values().removeIf(Peer::isClosed);
        }
    }

    /** Stops, and closes every connection and listener. */
    @Override
    public void close() {
        server.screen().removeWaker(waker);
        execute(() -> running = false);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Peer peer : peers.values()) {
            peer.close();
        }
        for (UnixListener listener : listeners.values()) {
            listener.close();
        }
        poller.close();
        bell.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One connection's socket. Owned by the loop. */
    private final class Peer implements Transport {
        private final UnixSocket socket;
        private final int fd;
        private final String name;
        private int interest = Poller.READ;
        private boolean closed;
        private final Connection connection;

        Peer(UnixSocket socket, long now) throws IOException {
            this.socket = socket;
            this.fd = socket.fd();
            PeerCredentials credentials = socket.peerCredentials();
            this.name = "unix client, pid " + credentials.pid() + " uid " + credentials.uid();
            this.connection = new Connection(server, this, now);
        }

        boolean isClosed() {
            return closed;
        }

        void serve(long now) {
            if (poller.readable(fd) || poller.hangup(fd)) {
                read(now);
            }
            if (!closed && poller.writable(fd)) {
                connection.onWritable(now);
            }
            dropClosed();
        }

        private void read(long now) {
            try {
                while (!closed) {
                    int count = socket.read(readBuffer, 0, READ_BYTES);
                    if (count == UnixSocket.WOULD_BLOCK) {
                        return;
                    }
                    if (count == UnixSocket.END) {
                        close();
                        return;
                    }
                    if (socket.descriptorCount() > 0) {
                        connection.fail("a descriptor came, and none is expected from a client");
                        close();
                        return;
                    }
                    input.set(readBuffer, 0, count);
                    connection.onInput(input, now);
                    if (count < READ_BYTES) {
                        return;
                    }
                }
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "{0}: {1}", name, e.getMessage());
                close();
            }
        }

        @Override
        public EventLoop loop() {
            return UnixLoop.this;
        }

        @Override
        public boolean carriesDescriptors() {
            return true;
        }

        @Override
        public String peer() {
            return name;
        }

        @Override
        public int write(MemorySegment segment, int offset, int length) throws IOException {
            int count = socket.write(segment, offset, length);
            return count == UnixSocket.WOULD_BLOCK ? 0 : count;
        }

        @Override
        public boolean writeDescriptor(MemorySegment segment, int offset, int descriptor) throws IOException {
            return socket.writeWithDescriptor(segment, offset, 1, descriptor) == 1;
        }

        @Override
        public void wantWritable(boolean wanted) {
            int wish = wanted ? Poller.READ | Poller.WRITE : Poller.READ;
            if (!closed && wish != interest) {
                interest = wish;
                poller.modify(fd, wish);
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                someClosed = true;
                poller.remove(fd);
                socket.close();
                connection.onClosed();
            }
        }
    }
}
