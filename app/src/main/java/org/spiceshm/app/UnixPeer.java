package org.spiceshm.app;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;

/**
 * A Unix socket that somebody else listens on, now or later, and the thread that keeps a connection to it: it waits until
 * the socket is there, and connects again when the other side has gone or has broken its protocol.
 *
 * <p>Whoever extends it is called on that thread only; {@link #wake} and {@link #close} are for any thread. Nobody but
 * that thread ever waits for the other side.
 */
abstract class UnixPeer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(UnixPeer.class.getName());
    private static final long RETRY_MILLIS = 100;
    private static final long LONGEST_SLEEP_MILLIS = 10_000;
    private static final int READ_BYTES = 64 * 1024;
    /** Reads and writes in a row before the other direction has its turn. */
    private static final int TURNS = 16;

    private static final Duration JOIN_LIMIT = Duration.ofSeconds(2);

    private final Path path;
    private final Selector selector;
    private final Thread thread;
    private final byte[] input = new byte[READ_BYTES];
    private ByteBuffer output = ByteBuffer.allocate(0);
    private boolean waitingTold;
    private volatile boolean closed;

    UnixPeer(String threadName, Path path) throws IOException {
        this.path = path;
        this.selector = Selector.open();
        this.thread = Thread.ofPlatform().name(threadName).daemon().unstarted(this::run);
    }

    /** A connection begins. */
    abstract void onConnected() throws IOException;

    /** The first {@code length} bytes have come. */
    abstract void onBytes(byte[] bytes, int length) throws IOException, MalformedMessageException;

    /** The thread was woken, or the time has come, or bytes were read: all that have come. */
    abstract void onTurn() throws IOException;

    /** What to write next, or null; called when everything before is written. */
    abstract byte @Nullable [] nextOutput() throws IOException;

    /** How long at most until {@link #onTurn} and {@link #nextOutput} have something to do. */
    abstract long sleepNanos();

    /** The connection has ended; another one may follow. */
    abstract void onDisconnected();

    void start() {
        thread.start();
    }

    /** There is something to do. */
    void wake() {
        selector.wakeup();
    }

    /** Whether the newest output is not wholly written. */
    boolean isWriting() {
        return output.hasRemaining();
    }

    @Override
    public void close() {
        closed = true;
        wake();
        if (thread.getState() != Thread.State.NEW) {
            try {
                thread.join(JOIN_LIMIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        } else {
            closeSelector();
        }
    }

    private void run() {
        while (!closed) {
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.configureBlocking(false);
                if (channel.connect(UnixDomainSocketAddress.of(path))) {
                    waitingTold = false;
                    LOG.log(Level.INFO, "connected to {0}", path);
                    converse(channel);
                    LOG.log(Level.INFO, "{0}: the other side has gone", path);
                }
            } catch (IOException e) {
                tell(e);
            } catch (MalformedMessageException e) {
                LOG.log(Level.WARNING, "{0}: {1}", path, e.getMessage());
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.log(Level.ERROR, path + ": an error of ours; the connection begins anew", e);
            }
            pause();
        }
        closeSelector();
    }

    private void tell(IOException e) {
        if (!waitingTold) {
            waitingTold = true;
            LOG.log(Level.INFO, "{0}: {1}; waiting for it", path, e.getMessage());
        }
    }

    private void converse(SocketChannel channel) throws IOException, MalformedMessageException {
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        output = ByteBuffer.allocate(0);
        try {
            onConnected();
            boolean open = true;
            while (open && !closed) {
                boolean more = write(channel);
                key.interestOps(isWriting() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
                sleep(more ? 0 : sleepNanos());
                open = read(channel);
                onTurn();
            }
        } finally {
            key.cancel();
            selector.selectNow();
            output = ByteBuffer.allocate(0);
            onDisconnected();
        }
    }

    /** Whether there may be more to write and room for it. */
    private boolean write(SocketChannel channel) throws IOException {
        for (int i = 0; i < TURNS; i++) {
            if (!isWriting()) {
                byte[] next = nextOutput();
                if (next == null) {
                    return false;
                }
                output = ByteBuffer.wrap(next);
            }
            channel.write(output);
            if (isWriting()) {
                return false;
            }
        }
        return true;
    }

    private boolean read(SocketChannel channel) throws IOException, MalformedMessageException {
        for (int i = 0; i < TURNS; i++) {
            int count = channel.read(ByteBuffer.wrap(input));
            if (count <= 0) {
                return count == 0;
            }
            onBytes(input, count);
        }
        // There may be more, and the selector says so at once.
        return true;
    }

    private void sleep(long nanos) throws IOException {
        long millis = Math.min(LONGEST_SLEEP_MILLIS, Math.ceilDiv(nanos, 1_000_000L));
        if (millis <= 0) {
            selector.selectNow();
        } else {
            selector.select(millis);
        }
        selector.selectedKeys().clear();
    }

    private void pause() {
        long end = System.nanoTime() + RETRY_MILLIS * 1_000_000;
        try {
            for (long left = end - System.nanoTime(); left > 0 && !closed; left = end - System.nanoTime()) {
                sleep(left);
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, path + ": the thread cannot sleep, and ends", e);
            closed = true;
        }
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "selector: {0}", e.getMessage());
        }
    }
}
