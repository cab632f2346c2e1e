package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.WireMessage;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.SharedMemoryException;

/**
 * One connection of a client: it links, reads messages on a thread of its own, and answers what every channel answers
 * alike (pings, the ack window). What a message means is its {@link Handler}'s business.
 *
 * <p>The reading side is owned by that thread; {@link #send}, {@link #close} and the statistics are for any thread.
 * Reading and acknowledging allocate nothing once the buffers have their size. Lives until the server closes, an error,
 * or {@link #close}.
 */
final class Channel {
    /** No message of a server is longer: a raw picture of a very large screen. */
    static final int MAX_BODY_BYTES = 1 << 29;

    /** The byte that carries a descriptor. */
    private static final byte DESCRIPTOR_BYTE = '@';

    private static final int ACK_BUFFER_BYTES = 64;
    private static final long JOIN_MILLIS = 5_000;

    private final SpiceUri uri;
    private final LinkMessage message;
    private final ChannelType type;
    private final String name;
    private final PasswordSealer sealer;
    private final Numbering numbering;
    private final Deadline connectDeadline;
    private final Handler handler;
    private final CompletableFuture<ClientLink.State.Linked> linked = new CompletableFuture<>();
    private final AtomicReference<@Nullable SpiceClientException> reason = new AtomicReference<>();
    private final Thread thread;

    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong bytesWritten = new AtomicLong();
    private final AtomicLong messagesRead = new AtomicLong();
    private final AtomicLong messagesWritten = new AtomicLong();

    /** Guards the transport's sending side and the writer. */
    private final Object sendLock = new Object();

    private @Nullable MessageWriter writer;
    /** Set once, together with a look at {@link #closed}, under this object's own lock, which is never held for long. */
    private volatile @Nullable Transport transport;

    private volatile boolean closed;
    private final MemorySegment ackBuffer = Arena.ofAuto().allocate(ACK_BUFFER_BYTES, Long.BYTES);
    private final MemorySegment handledBuffer = Arena.ofAuto().allocate(ACK_BUFFER_BYTES, Long.BYTES);

    // The reader's.
    private final InputCursor input = new InputCursor();
    private int ackWindow;
    private int unacked;

    /** What a channel's messages mean. Called on the channel's thread. */
    interface Handler {
        /** The channel may speak. */
        void linked(ClientLink.State.Linked state) throws IOException, MalformedMessageException;

        /** A message has come; common ones have been answered already. */
        void message(MessageFramer framer) throws IOException, MalformedMessageException;

        /** Whether the next byte is not a message's but one that carries a descriptor. */
        default boolean expectsDescriptor() {
            return false;
        }

        /** The descriptor has come, and is the handler's to close. */
        default void descriptor(OwnedDescriptor descriptor) throws IOException, MalformedMessageException {
            descriptor.close();
        }

        /** The channel has ended; called once. */
        void closed(SpiceClientException reason);
    }

    Channel(
            SpiceUri uri,
            LinkMessage message,
            ChannelType type,
            PasswordSealer sealer,
            Numbering numbering,
            Deadline connectDeadline,
            Handler handler) {
        this.uri = uri;
        this.message = message;
        this.type = type;
        this.name = uri + " " + type.name().toLowerCase(java.util.Locale.ROOT) + " channel";
        this.sealer = sealer;
        this.numbering = numbering;
        this.connectDeadline = connectDeadline;
        this.handler = handler;
        this.thread = Thread.ofPlatform()
                .name("spice-" + type.name().toLowerCase(java.util.Locale.ROOT) + "-" + message.channelId())
                .daemon()
                .unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Waits until the channel may speak. */
    void awaitLinked(Deadline deadline) throws SpiceClientException {
        await(linked, deadline, "a link");
    }

    /** Waits for something that the handler promised; {@code what} completes "got no ... in time". */
    <T> T await(CompletableFuture<T> future, Deadline deadline, String what) throws SpiceClientException {
        try {
            return future.get(Math.max(deadline.remainingNanos(), 0), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.TIMEOUT, name + ": got no " + what + " in time, expected one", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SpiceClientException cause
                    ? cause.again()
                    : new SpiceClientException(SpiceClientException.Kind.CLOSED, name + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            throw SpiceClientException.interrupted(name);
        }
    }

    /** Sends one message, from any thread. */
    void send(WireMessage toSend) throws SpiceClientException {
        try {
            synchronized (sendLock) {
                Transport open = transport;
                if (open == null || writer == null || closed) {
                    throw closedBecause();
                }
                byte[] bytes = writer.frame(toSend, numbering);
                open.send(MemorySegment.ofArray(bytes), 0, bytes.length);
                countSent(bytes.length);
            }
        } catch (SpiceClientException e) {
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Sends SHM_DAMAGE_HANDLED, from any thread, without an allocation. */
    void sendHandled(long sequence) throws SpiceClientException {
        try {
            synchronized (sendLock) {
                Transport open = transport;
                if (open == null || writer == null || closed) {
                    throw closedBecause();
                }
                writer.writeHeader(handledBuffer, 0, numbering.damageHandled(), ShmDamageHandled.BYTES);
                ShmDamageHandled.write(handledBuffer, writer.headerBytes(), sequence);
                int bytes = writer.headerBytes() + ShmDamageHandled.BYTES;
                open.send(handledBuffer, 0, bytes);
                countSent(bytes);
            }
        } catch (SpiceClientException e) {
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    ChannelStatistics statistics() {
        return new ChannelStatistics(
                type,
                message.channelId(),
                bytesRead.get(),
                bytesWritten.get(),
                messagesRead.get(),
                messagesWritten.get());
    }

    String name() {
        return name;
    }

    /** Ends the channel for this reason, unless it has ended already. Does not wait. */
    void close(SpiceClientException why) {
        reason.compareAndSet(null, why);
        Transport toShut;
        synchronized (this) {
            closed = true;
            toShut = transport;
        }
        if (toShut != null) {
            toShut.shutdown();
        }
    }

    /** Waits, a bounded time, until the thread is gone, and with it socket and mapping. */
    void join() {
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        Deadline deadline = Deadline.inMillis(JOIN_MILLIS);
        while (thread.isAlive() && !deadline.hasPassed()) {
            try {
                thread.join(java.time.Duration.ofNanos(Math.max(1, deadline.remainingNanos())));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        SpiceClientException end;
        try {
            end = converse();
        } catch (SpiceClientException e) {
            end = e;
        } catch (IOException | IllegalStateException e) {
            // IllegalStateException: a use after close, when closing came between two calls.
            end = failed(e);
        } catch (MalformedMessageException e) {
            end = new SpiceClientException(SpiceClientException.Kind.PROTOCOL, name + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            end = new SpiceClientException(SpiceClientException.Kind.CLOSED, name + ": " + e, e);
        }
        finish(end);
    }

    private void finish(SpiceClientException end) {
        reason.compareAndSet(null, end);
        SpiceClientException why = closedBecause();
        Transport toClose;
        synchronized (this) {
            closed = true;
            toClose = transport;
        }
        if (toClose != null) {
            toClose.close();
        }
        linked.completeExceptionally(why);
        handler.closed(why);
    }

    private SpiceClientException converse() throws IOException, MalformedMessageException {
        Transport open = connect();
        synchronized (this) {
            transport = open;
            if (closed) {
                return closedBecause();
            }
        }
        ClientLink.State.Linked state = link(open);
        synchronized (sendLock) {
            writer = new MessageWriter(state.header());
        }
        handler.linked(state);
        linked.complete(state);
        MessageFramer framer = MessageFramer.fromServer(state.header(), MAX_BODY_BYTES);
        do {
            takeMessages(framer, open);
        } while (receive(open));
        String where = framer.isInsideMessage() || handler.expectsDescriptor() ? " in the middle of a message" : "";
        return new SpiceClientException(
                SpiceClientException.Kind.CLOSED,
                name + ": got the end of the connection" + where + ", expected messages");
    }

    private Transport connect() throws SpiceClientException {
        try {
            return switch (uri) {
                case SpiceUri.Unix(Path path) -> new UnixTransport(path);
                case SpiceUri.Tcp(String host, int port) -> new TcpTransport(host, port, connectDeadline);
            };
        } catch (SharedMemoryException e) {
            throw unreachable(e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private SpiceClientException unreachable(IOException cause) {
        String got = String.valueOf(cause.getMessage());
        return new SpiceClientException(
                SpiceClientException.Kind.UNREACHABLE,
                uri + ": nobody listens: " + got + (got.contains("expected") ? "" : ", expected a SPICE server there"),
                cause);
    }

    private ClientLink.State.Linked link(Transport open) throws IOException {
        ClientLink link = new ClientLink(message, sealer);
        while (true) {
            for (byte[] bytes = link.pollOutput(); bytes != null; bytes = link.pollOutput()) {
                synchronized (sendLock) {
                    open.send(MemorySegment.ofArray(bytes), 0, bytes.length);
                    bytesWritten.addAndGet(bytes.length);
                }
            }
            switch (link.state()) {
                case ClientLink.State.Linked state -> {
                    return state;
                }
                case ClientLink.State.Refused(LinkError error, String why) -> throw refused(error, why);
                case ClientLink.State.AwaitHeader awaiting -> receiveLink(open, "link reply");
                case ClientLink.State.AwaitReply awaiting -> receiveLink(open, "whole link reply");
                case ClientLink.State.AwaitResult awaiting -> receiveLink(open, "link result");
            }
            link.receive(input);
        }
    }

    private void receiveLink(Transport open, String awaited) throws IOException {
        if (!receive(open)) {
            throw new SpiceClientException(
                    SpiceClientException.Kind.CLOSED, name + ": got the end of the connection, expected a " + awaited);
        }
    }

    private SpiceClientException refused(LinkError error, String why) {
        return switch (error) {
            case INVALID_MAGIC ->
                new SpiceClientException(
                        SpiceClientException.Kind.NOT_SPICE, uri + ": not a SPICE server: " + why + ", expected REDQ");
            case PERMISSION_DENIED ->
                new SpiceClientException(
                        SpiceClientException.Kind.PERMISSION_DENIED,
                        uri + ": wrong password: got PERMISSION_DENIED (" + why + "), expected OK");
            case INVALID_DATA ->
                new SpiceClientException(SpiceClientException.Kind.PROTOCOL, name + ": got a bad link reply: " + why);
            case NEED_SECURED ->
                new SpiceClientException(
                        SpiceClientException.Kind.UNSUPPORTED,
                        uri + ": the server wants TLS: got NEED_SECURED, expected a port without TLS");
            case OK, ERROR, VERSION_MISMATCH, NEED_UNSECURED, BAD_CONNECTION_ID, CHANNEL_NOT_AVAILABLE ->
                new SpiceClientException(
                        SpiceClientException.Kind.REFUSED, name + ": got " + error + " (" + why + "), expected OK");
        };
    }

    /** Waits for bytes; whether there are more. Only an expected descriptor byte may bring a descriptor. */
    private boolean receive(Transport open) throws IOException {
        int count = open.receive(input);
        if (count < 0) {
            return false;
        }
        bytesRead.addAndGet(count);
        return true;
    }

    private void takeMessages(MessageFramer framer, Transport open) throws IOException, MalformedMessageException {
        while (true) {
            if (handler.expectsDescriptor()) {
                if (input.remaining() == 0) {
                    break;
                }
                handler.descriptor(takeDescriptor(open));
            } else if (framer.next(input)) {
                takeMessage(framer);
            } else {
                break;
            }
        }
        if (open.descriptorCount() != 0) {
            throw new MalformedMessageException(
                    "SHM_OFFER", "(descriptor)", "got a descriptor, expected none at this place");
        }
    }

    private OwnedDescriptor takeDescriptor(Transport open) throws MalformedMessageException {
        byte carrier = input.segment().get(ValueLayout.JAVA_BYTE, input.position());
        input.skip(1);
        if (!(carrier == DESCRIPTOR_BYTE)) {
            throw new MalformedMessageException(
                    "SHM_OFFER", "(descriptor byte)", "got " + carrier + ", expected " + DESCRIPTOR_BYTE);
        }
        // The kernel ends a read behind the byte that carries descriptors, so that they belong to the last byte.
        int count = input.remaining() == 0 ? open.descriptorCount() : 0;
        OwnedDescriptor descriptor = count == 1 ? open.pollDescriptor() : null;
        if (descriptor == null) {
            throw new MalformedMessageException(
                    "SHM_OFFER", "(descriptor byte)", "got " + count + " descriptors with it, expected 1");
        }
        return descriptor;
    }

    private void takeMessage(MessageFramer framer) throws IOException, MalformedMessageException {
        messagesRead.incrementAndGet();
        switch (framer.type()) {
            case CommonServerMessage.SetAck.TYPE,
                    CommonServerMessage.Ping.TYPE,
                    CommonServerMessage.Disconnecting.TYPE -> answer(CommonMessages.decode(framer));
            default -> {}
        }
        handler.message(framer);
        if (!framer.isSubMessage() && framer.type() != CommonServerMessage.SetAck.TYPE) {
            acknowledge();
        }
    }

    private void answer(CommonServerMessage common) throws SpiceClientException {
        switch (common) {
            case CommonServerMessage.SetAck(int generation, int window) -> {
                ackWindow = window;
                unacked = 0;
                send(new CommonClientMessage.AckSync(generation));
            }
            case CommonServerMessage.Ping ping -> send(new CommonClientMessage.Pong(ping.id(), ping.timestamp()));
            case CommonServerMessage.Disconnecting(long timeStamp, int why) ->
                reason.compareAndSet(
                        null,
                        new SpiceClientException(
                                SpiceClientException.Kind.CLOSED,
                                name + ": got DISCONNECTING with reason " + why + ", expected messages"));
            case CommonServerMessage.Migrate other -> {}
            case CommonServerMessage.MigrateData other -> {}
            case CommonServerMessage.WaitForChannels other -> {}
            case CommonServerMessage.Notify other -> {}
            case CommonServerMessage.SubMessageList other -> {}
        }
    }

    /** One ACK every window, without an allocation: on a quiet screen it is all that is ever sent. */
    private void acknowledge() throws IOException {
        unacked++;
        if (!(0 < ackWindow && ackWindow <= unacked)) {
            return;
        }
        unacked = 0;
        synchronized (sendLock) {
            Transport open = transport;
            if (open == null || writer == null) {
                throw new IllegalStateException("an acknowledgement before the link");
            }
            writer.writeHeader(ackBuffer, 0, CommonClientMessage.Ack.TYPE, 0);
            open.send(ackBuffer, 0, writer.headerBytes());
            countSent(writer.headerBytes());
        }
    }

    private void countSent(int bytes) {
        bytesWritten.addAndGet(bytes);
        messagesWritten.incrementAndGet();
    }

    private SpiceClientException failed(Exception cause) {
        SpiceClientException known = reason.get();
        return known != null
                ? known
                : new SpiceClientException(
                        SpiceClientException.Kind.CLOSED, name + ": connection lost: " + cause.getMessage(), cause);
    }

    private SpiceClientException closedBecause() {
        SpiceClientException known = reason.get();
        return known != null
                ? known
                : new SpiceClientException(
                        SpiceClientException.Kind.CLOSED, name + ": got a closed connection, expected an open one");
    }
}
