package org.spiceshm.server;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.WireMessage;

/** A client joined to a {@link Connection} in memory and in virtual time: what it receives is kept message by message. */
final class Client implements Transport {
    static final long SECOND = 1_000_000_000L;
    private static final int MAX_BODY = 1 << 28;
    private static final Capabilities COMMON = Capabilities.of(
            CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);

    /** One message as it came; type -1 is the byte that carried a descriptor. */
    record Received(int type, MemorySegment segment) {
        byte[] body() {
            return segment.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    static final int DESCRIPTOR = -1;

    final Connection connection;
    final ClientLink link;
    final List<Received> received = new ArrayList<>();
    final Queue<Runnable> tasks = new ArrayDeque<>();
    private final boolean unix;
    private @Nullable MessageFramer framer;
    private @Nullable MessageWriter writer;
    /** What the server may write before the socket is full. */
    long room = Long.MAX_VALUE;

    /** Reads nothing but counts, when false. */
    boolean parses = true;

    /** The segment that came last, as the client maps it. */
    MemorySegment mapped = MemorySegment.NULL;

    boolean reenters;
    boolean closed;
    long now;

    Client(
            SpiceServer server,
            ChannelType type,
            int session,
            Capabilities capabilities,
            String password,
            boolean unix) {
        this.unix = unix;
        connection = new Connection(server, this, now);
        link = new ClientLink(LinkMessage.of(session, type, 0, COMMON, capabilities), key -> seal(key, password));
        for (byte[] out = link.pollOutput(); out != null; out = link.pollOutput()) {
            deliver(out);
        }
    }

    static byte[] seal(byte[] key, String password) throws MalformedMessageException {
        try {
            PublicKey publicKey = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key));
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
            cipher.init(Cipher.ENCRYPT_MODE, publicKey);
            return cipher.doFinal((password + "\0").getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isLinked() {
        return link.state() instanceof ClientLink.State.Linked;
    }

    void send(WireMessage message) {
        send(message, Numbering.CURRENT);
    }

    void send(WireMessage message, Numbering numbering) {
        MessageWriter framed = writer;
        if (framed == null) {
            throw new IllegalStateException("not linked: " + link.state());
        }
        deliver(framed.frame(message, numbering));
    }

    void sendRaw(int type, int bodyBytes) {
        MessageWriter framed = writer;
        if (framed == null) {
            throw new IllegalStateException("not linked");
        }
        deliver(framed.frame(type, new byte[bodyBytes]));
    }

    void deliver(byte[] bytes) {
        connection.onInput(InputCursor.of(bytes), now);
        answer();
    }

    private void answer() {
        for (byte[] out = link.pollOutput(); out != null; out = link.pollOutput()) {
            deliver(out);
        }
    }

    /** The loop's turn: tasks, what has changed, time. */
    void turn() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        connection.onWritable(now);
        connection.onTick(now);
    }

    void pass(long nanos) {
        now += nanos;
        turn();
    }

    int[] types() {
        return received.stream().mapToInt(Received::type).toArray();
    }

    /** What has come since the last call. */
    List<Received> take() {
        List<Received> all = List.copyOf(received);
        received.clear();
        return all;
    }

    @Override
    public int write(MemorySegment segment, int offset, int length) {
        int count = (int) Math.min(room, length);
        room -= count;
        if (reenters) {
            connection.onWritable(now);
        }
        if (!parses || count == 0) {
            return count;
        }
        byte[] copy = segment.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE);
        try {
            parse(InputCursor.of(copy));
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
        return count;
    }

    private void parse(InputCursor input) throws MalformedMessageException {
        MessageFramer frames = framer;
        if (frames == null) {
            link.receive(input);
            if (!(link.state() instanceof ClientLink.State.Linked linked)) {
                tasks.add(this::answer);
                return;
            }
            frames = MessageFramer.fromServer(linked.header(), MAX_BODY);
            framer = frames;
            writer = new MessageWriter(linked.header());
        }
        while (frames.next(input)) {
            received.add(new Received(
                    frames.type(), MemorySegment.ofArray(frames.body().toArray(ValueLayout.JAVA_BYTE))));
        }
    }

    @Override
    public boolean writeDescriptor(MemorySegment segment, int offset, int descriptor) throws IOException {
        if (room == 0) {
            return false;
        }
        try (FileChannel file = FileChannel.open(Path.of("/proc/self/fd/" + descriptor))) {
            mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), Arena.ofAuto());
        }
        received.add(new Received(
                DESCRIPTOR, MemorySegment.ofArray(new byte[] {segment.get(ValueLayout.JAVA_BYTE, offset)})));
        return true;
    }

    @Override
    public EventLoop loop() {
        return tasks::add;
    }

    @Override
    public boolean carriesDescriptors() {
        return unix;
    }

    @Override
    public String peer() {
        return "a client in memory";
    }

    @Override
    public void wantWritable(boolean wanted) {}

    @Override
    public void close() {
        closed = true;
        connection.onClosed();
    }

    @Override
    public String toString() {
        return Arrays.toString(types()) + (closed ? " closed" : "");
    }
}
