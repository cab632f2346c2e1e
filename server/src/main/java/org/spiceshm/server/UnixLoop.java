package org.spiceshm.server;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.sharedmemory.EventDescriptor;
import org.spiceshm.sharedmemory.PeerCredentials;
import org.spiceshm.sharedmemory.Poller;
import org.spiceshm.sharedmemory.UnixListener;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * The thread that owns all Unix-socket connections: their reads can carry descriptors, which no library's event loop
 * does. It sleeps in poll(2); while it does, the thread that has drawn may borrow its connections.
 */
final class UnixLoop implements EventLoop, AutoCloseable {
    private static final Logger LOG = System.getLogger(UnixLoop.class.getName());
    private static final int READ_BYTES = 64 * 1024;
    private static final int MAX_SLEEP_MILLIS = 1000;
    private static final int BACKLOG = 128;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long LENT_PARK_NANOS = 20_000;
    /** Connections (a client has two to four) that a borrower tells; with more, the loop is woken. */
    private static final int MAX_BORROWED_PEERS = 16;

    // Who may touch the connections: the loop's thread; whoever borrows them; the borrower.
    private static final int AWAKE = 0;
    private static final int ASLEEP = 1;
    private static final int LENT = 2;
    /** More at once are turned away: descriptors are for those who are there already. */
    private static final int MAX_PEERS = 512;
    /** How long nobody is accepted after that has failed, say for want of descriptors. */
    private static final long ACCEPT_PAUSE_NANOS = 500_000_000;

    private final SpiceServer server;
    private final Poller poller;
    private final EventDescriptor bell;
    private final MemorySegment readBuffer = Arena.ofAuto().allocate(READ_BYTES, 8);
    private final InputCursor input = new InputCursor();
    private final Map<Integer, UnixListener> listeners = new HashMap<>();
    private final Map<Integer, Peer> peers = new HashMap<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger owner = new AtomicInteger(AWAKE);
    private final Runnable waker = this::onChange;
    private final Thread thread;
    private Peer[] fewPeers = {};
    private volatile boolean changed;
    private volatile boolean rung;
    private volatile boolean running = true;
    private boolean someClosed;
    private long acceptAgain = Channel.NEVER;

    UnixLoop(SpiceServer server) throws IOException {
        this.server = server;
        poller = new Poller();
        bell = EventDescriptor.create();
        poller.add(bell.fd(), Poller.READ);
        server.screens().forEach(screen -> screen.addWaker(waker));
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

    /**
     * The screen has changed. While the loop sleeps, the thread that has drawn borrows its connections and tells a few
     * shared-memory clients itself, without waiting for anybody: that is cheaper than to wake a thread. Allocates nothing.
     */
    private void onChange() {
        changed = true;
        if (owner.get() != ASLEEP || !owner.compareAndSet(ASLEEP, LENT)) {
            // Awake, it will look; lent, the borrower will.
            return;
        }
        boolean told = false;
        try {
            changed = false;
            told = tellDamage();
        } finally {
            owner.set(ASLEEP);
            if (!told) {
                changed = true;
            }
            if (hasWork()) {
                ring();
            }
        }
    }

    private boolean tellDamage() {
        Peer[] few = fewPeers;
        long now = System.nanoTime();
        for (Peer peer : few) {
            if (!peer.connection.onDamage(now)) {
                return false;
            }
        }
        return few.length != 0 || peers.isEmpty();
    }

    private boolean hasWork() {
        return changed || !tasks.isEmpty();
    }

    /** A task has come. The loop says that it sleeps, then looks for work; we do it the other way round. */
    private void wake() {
        if (owner.get() == ASLEEP) {
            ring();
        }
    }

    /** One ring wakes the loop; until it has woken, more would be system calls for nothing. */
    private void ring() {
        if (!rung) {
            rung = true;
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
        int sleep = sleepMillis();
        owner.set(ASLEEP);
        int ready;
        try {
            ready = poller.poll(hasWork() ? 0 : sleep);
        } finally {
            takeBack();
        }
        // Before looking at what has changed: a change after this is met by the next turn, or rings again.
        rung = false;
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

    private void takeBack() {
        while (!owner.compareAndSet(ASLEEP, AWAKE)) {
            LockSupport.parkNanos(this, LENT_PARK_NANOS);
        }
    }

    private int sleepMillis() {
        long now = System.nanoTime();
        long first = Math.min(acceptAgain, now + MAX_SLEEP_MILLIS * NANOS_PER_MILLI);
        for (Peer peer : peers.values()) {
            first = Math.min(first, peer.connection.deadline());
        }
        return (int) Math.max(1, (first - now) / NANOS_PER_MILLI);
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
                welcome(socket, now);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "connections are not accepted for a while: {0}", e.getMessage());
            acceptAgain = now + ACCEPT_PAUSE_NANOS;
            watchListeners(0);
        }
    }

    private void welcome(UnixSocket socket, long now) {
        if (peers.size() >= MAX_PEERS) {
            LOG.log(Level.WARNING, "a connection was turned away: {0} are open", MAX_PEERS);
            socket.close();
            return;
        }
        try {
            peers.put(socket.fd(), new Peer(socket, now));
            countPeers();
            poller.add(socket.fd(), Poller.READ);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a client has gone at once: {0}", e.getMessage());
            socket.close();
        }
    }

    private void watchListeners(int interest) {
        for (int fd : listeners.keySet()) {
            poller.modify(fd, interest);
        }
    }

    private void pumpAll(long now) {
        for (Peer peer : peers.values()) {
            peer.connection.onWritable(now);
        }
        dropClosed();
    }

    private void tickAll(long now) {
        if (acceptAgain <= now) {
            acceptAgain = Channel.NEVER;
            watchListeners(Poller.READ);
        }
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
            countPeers();
        }
    }

    private void countPeers() {
        fewPeers = peers.size() <= MAX_BORROWED_PEERS ? peers.values().toArray(new Peer[0]) : new Peer[0];
    }

    /** Stops, and closes every connection and listener. */
    @Override
    public void close() {
        server.screens().forEach(screen -> screen.removeWaker(waker));
        execute(() -> running = false);
        Uninterruptibles.joinUninterruptibly(thread);
        for (Peer peer : peers.values()) {
            peer.close();
        }
        for (UnixListener listener : listeners.values()) {
            listener.close();
        }
        poller.close();
        bell.close();
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

        /** One read a turn: who sends without end does not keep the others waiting. */
        private void read(long now) {
            try {
                int count = socket.read(readBuffer, 0, READ_BYTES);
                if (count == UnixSocket.WOULD_BLOCK) {
                    return;
                }
                if (count == UnixSocket.END) {
                    close();
                } else if (socket.descriptorCount() > 0) {
                    connection.fail("a descriptor came, and none is expected from a client");
                    close();
                } else {
                    input.set(readBuffer, 0, count);
                    connection.onInput(input, now);
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
