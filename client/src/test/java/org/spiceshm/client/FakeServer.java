package org.spiceshm.client;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.LinkJudge;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.ServerLink;
import org.spiceshm.protocol.spice.WireMessage;
import org.spiceshm.sharedmemory.Poller;
import org.spiceshm.sharedmemory.UnixListener;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * A server by hand: it links as a real one does, speaks the main channel by itself, and leaves every other channel to a
 * script that runs on a thread of that connection. When a script returns, its connection closes.
 */
final class FakeServer implements AutoCloseable {
    private static final KeyPair KEYS = keys();
    private static final int MAX_BODY_BYTES = 1 << 20;
    private static final int SESSION_ID = 4711;
    private static final int WAIT_MILLIS = 50;

    private final Map<ChannelType, Script> scripts = new EnumMap<>(ChannelType.class);
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private @Nullable ServerSocketChannel tcp;
    private volatile boolean closed;
    private String password = "";
    private Capabilities displayCapabilities = Capabilities.NONE;
    private Numbering numbering = Numbering.CURRENT;

    /** What a channel does once it is linked. */
    interface Script {
        void serve(Connection connection) throws Exception;
    }

    FakeServer with(ChannelType type, Script script) {
        scripts.put(type, script);
        return this;
    }

    FakeServer offeringSharedMemory() {
        displayCapabilities = Capabilities.of(numbering.capabilityBit());
        return this;
    }

    FakeServer numbered(Numbering newNumbering) {
        numbering = newNumbering;
        return this;
    }

    FakeServer password(String newPassword) {
        password = newPassword;
        return this;
    }

    SpiceUri listenUnix(Path directory) throws IOException {
        Path path = directory.resolve("s");
        UnixListener listener = UnixListener.bind(path, 8);
        run(() -> acceptUnix(listener));
        return new SpiceUri.Unix(path);
    }

    SpiceUri listenTcp() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        tcp = listener;
        run(() -> acceptTcp(listener));
        return new SpiceUri.Tcp("127.0.0.1", ((InetSocketAddress) listener.getLocalAddress()).getPort());
    }

    /** Waits until every connection so far has been served to its end. */
    void awaitIdle() throws InterruptedException {
        for (Thread thread : threads.subList(1, threads.size())) {
            thread.join();
        }
    }

    /** What went wrong in scripts, other than that the client went away. */
    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        if (tcp != null) {
            tcp.close();
        }
        connections.forEach(Connection::close);
        for (Thread thread : threads) {
            // Whatever its script waits for will not come.
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while the server ends", e);
            }
        }
    }

    private void acceptUnix(UnixListener listener) throws IOException {
        try (listener;
                Poller poller = new Poller()) {
            poller.add(listener.fd(), Poller.READ);
            while (!closed) {
                poller.poll(WAIT_MILLIS);
                UnixSocket socket = listener.accept();
                if (socket != null) {
                    socket.setBlocking(true);
                    start(new Connection(socket, null));
                }
            }
        }
    }

    private void acceptTcp(ServerSocketChannel listener) throws IOException {
        while (!closed) {
            start(new Connection(null, listener.accept()));
        }
    }

    private void start(Connection connection) {
        connections.add(connection);
        run(() -> {
            try (connection) {
                connection.serve();
            }
        });
    }

    private interface Action {
        void run() throws Exception;
    }

    private void run(Action action) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (IOException | IllegalStateException | InterruptedException e) {
                // The client, or the test, is gone.
            } catch (Exception | AssertionError e) {
                failures.add(e);
            }
        });
        threads.add(thread);
        thread.start();
    }

    private LinkError checkTicket(byte[] encrypted) {
        try {
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
            cipher.init(Cipher.DECRYPT_MODE, KEYS.getPrivate());
            String got = new String(cipher.doFinal(encrypted), java.nio.charset.StandardCharsets.UTF_8);
            return got.equals(password + "\0") ? LinkError.OK : LinkError.PERMISSION_DENIED;
        } catch (GeneralSecurityException e) {
            return LinkError.PERMISSION_DENIED;
        }
    }

    private LinkJudge.Verdict judge(LinkMessage message) {
        Capabilities common = Capabilities.of(
                CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);
        return LinkJudge.Verdict.accept(
                common, message.channel() == ChannelType.DISPLAY ? displayCapabilities : Capabilities.NONE);
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(1024);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One linked channel, as its script sees it. */
    final class Connection implements AutoCloseable {
        private final @Nullable UnixSocket socket;
        private final @Nullable SocketChannel channel;
        private final MemorySegment buffer = MemorySegment.ofArray(new byte[8192]);
        private final InputCursor input = new InputCursor();
        private @Nullable MessageFramer framer;
        private @Nullable MessageWriter writer;

        private Connection(@Nullable UnixSocket socket, @Nullable SocketChannel channel) {
            this.socket = socket;
            this.channel = channel;
        }

        /** Sends a message. */
        void send(WireMessage message) throws IOException {
            sendRaw(writer().frame(message, numbering));
        }

        /** Sends a message of any type with any body. */
        void send(int type, byte[] body) throws IOException {
            sendRaw(writer().frame(type, body));
        }

        /** Sends bytes. */
        void sendRaw(byte[] bytes) throws IOException {
            if (socket != null) {
                int done = 0;
                while (done < bytes.length) {
                    done += socket.write(MemorySegment.ofArray(bytes), done, bytes.length - done);
                }
            } else if (channel != null) {
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
            }
        }

        /** Sends bytes and a descriptor with the first of them. */
        void sendDescriptor(byte[] bytes, int fd) throws IOException {
            if (socket == null) {
                throw new IllegalStateException("no Unix socket");
            }
            socket.writeWithDescriptor(MemorySegment.ofArray(bytes), 0, bytes.length, fd);
        }

        /** Waits for the next message of this type; the body is a copy. Others are skipped. */
        MemorySegment await(int type) throws IOException, MalformedMessageException {
            while (true) {
                MessageFramer from = framer();
                while (from.next(input)) {
                    if (from.type() == type) {
                        return MemorySegment.ofArray(from.body().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
                    }
                }
                receive();
            }
        }

        /** Takes bytes, whatever they are. */
        void swallow() throws IOException {
            receive();
            input.skip(input.remaining());
        }

        /** Takes whatever comes until the client goes. */
        void drain() throws IOException, MalformedMessageException {
            await(-1);
        }

        @Override
        public void close() {
            if (socket != null) {
                socket.close();
            }
            if (channel != null) {
                try {
                    channel.close();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }

        private void serve() throws Exception {
            Script raw = scripts.get(ChannelType.TUNNEL);
            if (raw != null) {
                raw.serve(this);
                return;
            }
            ServerLink link =
                    new ServerLink(KEYS.getPublic().getEncoded(), FakeServer.this::checkTicket, FakeServer.this::judge);
            while (!(link.state() instanceof ServerLink.State.Linked)) {
                receive();
                link.receive(input);
                for (byte[] bytes = link.pollOutput(); bytes != null; bytes = link.pollOutput()) {
                    sendRaw(bytes);
                }
                if (link.state() instanceof ServerLink.State.Closed) {
                    return;
                }
            }
            ServerLink.State.Linked linked = (ServerLink.State.Linked) link.state();
            framer = MessageFramer.fromClient(linked.header(), MAX_BODY_BYTES);
            writer = new MessageWriter(linked.header());
            ChannelType type = linked.message().channel();
            if (type == ChannelType.MAIN && scripts.get(type) == null) {
                serveMain();
            } else if (type != null && scripts.get(type) != null) {
                scripts.get(type).serve(this);
            }
        }

        /** The main channel's beginning, for scripts that go on with it. */
        void beginMain(boolean agentConnected, int agentTokens) throws Exception {
            send(new MainServerMessage.Init(SESSION_ID, 1, 3, 1, agentConnected ? 1 : 0, agentTokens, 0, 0));
            offerChannels();
        }

        private void serveMain() throws Exception {
            beginMain(false, 0);
            drain();
        }

        private void offerChannels() throws Exception {
            await(MainClientMessage.AttachChannels.TYPE);
            List<MainServerMessage.ChannelRef> channels = new ArrayList<>();
            scripts.keySet().stream()
                    .filter(type -> type != ChannelType.MAIN)
                    .forEach(type -> channels.add(new MainServerMessage.ChannelRef(type.number(), 0)));
            send(new MainServerMessage.ChannelsList(channels));
        }

        private void receive() throws IOException {
            if (input.remaining() > 0) {
                return;
            }
            int count = -1;
            if (socket != null) {
                count = socket.read(buffer, 0, (int) buffer.byteSize());
            } else if (channel != null) {
                count = channel.read(buffer.asByteBuffer());
            }
            if (count < 0) {
                throw new IOException("the client is gone");
            }
            input.set(buffer, 0, count);
        }

        private MessageFramer framer() {
            return java.util.Objects.requireNonNull(framer);
        }

        private MessageWriter writer() {
            return java.util.Objects.requireNonNull(writer);
        }
    }
}
