package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Optional;
import javax.crypto.Cipher;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonCapability;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkMessage;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.MessageWriter;
import org.spiceshm.protocol.spice.WireMessage;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.UnixSocket;

/** One channel over a Unix socket, byte by byte: a client that does only what the test says. Owned by one thread. */
final class RawChannel implements AutoCloseable {
    private static final int MAX_BODY_BYTES = 1 << 26;
    private static final int BUFFER_BYTES = UnixSocket.TRANSFER_LIMIT_BYTES;
    private static final byte DESCRIPTOR_BYTE = '@';
    private static final Capabilities COMMON = Capabilities.of(
            CommonCapability.PROTOCOL_AUTH_SELECTION, CommonCapability.AUTH_SPICE, CommonCapability.MINI_HEADER);

    private final UnixSocket socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, Long.BYTES);
    private final InputCursor input = new InputCursor();
    private final ClientLink.State.Linked linked;
    private final MessageFramer framer;
    private final MessageWriter writer;
    private final Numbering numbering;

    /** A message as it came. */
    @SuppressWarnings("ArrayRecordComponent") // INVARIANT: nobody compares two of them.
    record Message(int type, byte[] body) {}

    private RawChannel(UnixSocket socket, LinkMessage message, Numbering numbering) throws IOException {
        this.socket = socket;
        this.numbering = numbering;
        ClientLink link = new ClientLink(message, RawChannel::sealEmptyPassword);
        while (!(link.state() instanceof ClientLink.State.Linked)
                && !(link.state() instanceof ClientLink.State.Refused)) {
            for (byte[] bytes = link.pollOutput(); bytes != null; bytes = link.pollOutput()) {
                write(bytes);
            }
            if (!fill()) {
                throw new IOException("the server closed during the link stage: " + link.state());
            }
            link.receive(input);
        }
        linked = assertInstanceOf(ClientLink.State.Linked.class, link.state());
        framer = MessageFramer.fromServer(linked.header(), MAX_BODY_BYTES);
        writer = new MessageWriter(linked.header());
    }

    static RawChannel main(Path path) throws IOException {
        return link(path, 0, ChannelType.MAIN, 0, Capabilities.NONE, Numbering.CURRENT);
    }

    static RawChannel display(Path path, int sessionId, Capabilities capabilities) throws IOException {
        return display(path, sessionId, 0, capabilities, Numbering.CURRENT);
    }

    static RawChannel display(Path path, int sessionId, int id, Capabilities capabilities, Numbering numbering)
            throws IOException {
        return link(path, sessionId, ChannelType.DISPLAY, id, capabilities, numbering);
    }

    private static RawChannel link(
            Path path, int sessionId, ChannelType type, int id, Capabilities capabilities, Numbering numbering)
            throws IOException {
        UnixSocket socket = UnixSocket.connect(path);
        boolean done = false;
        try {
            RawChannel channel =
                    new RawChannel(socket, LinkMessage.of(sessionId, type, id, COMMON, capabilities), numbering);
            done = true;
            return channel;
        } finally {
            if (!done) {
                socket.close();
            }
        }
    }

    /** What the server said of itself when it linked. */
    Capabilities serverCapabilities() {
        return linked.reply().channelCapabilities();
    }

    /** On a main channel: the session's id, from its first message. */
    int sessionId() throws IOException, MalformedMessageException {
        Message first = read();
        return assertInstanceOf(
                        MainServerMessage.Init.class,
                        MainServerMessage.decode(first.type, MemorySegment.ofArray(first.body)))
                .sessionId();
    }

    /** The next message; fails when the server has closed. */
    Message read() throws IOException, MalformedMessageException {
        return poll().orElseThrow(() -> new AssertionError("got the end of the stream, expected a message"));
    }

    /** The next message of this type; those before it are passed over. */
    Message readUntil(int type) throws IOException, MalformedMessageException {
        Message message = read();
        while (message.type != type) {
            message = read();
        }
        return message;
    }

    /** The next message, or none when the server has closed. */
    Optional<Message> poll() throws IOException, MalformedMessageException {
        while (!framer.next(input)) {
            if (!fill()) {
                return Optional.empty();
            }
        }
        return Optional.of(new Message(framer.type(), framer.body().toArray(ValueLayout.JAVA_BYTE)));
    }

    /** The one byte that carries a descriptor, and the descriptor. */
    OwnedDescriptor readDescriptor() throws IOException {
        if (input.remaining() == 0 && !fill()) {
            throw new AssertionError("got the end of the stream, expected a descriptor");
        }
        assertEquals(DESCRIPTOR_BYTE, input.segment().get(ValueLayout.JAVA_BYTE, input.position()));
        input.skip(1);
        OwnedDescriptor descriptor = socket.pollDescriptor();
        assertNotNull(descriptor, "the descriptor comes with its byte");
        return descriptor;
    }

    void send(WireMessage message) throws IOException {
        write(writer.frame(message, numbering));
    }

    /** Bytes that need not be a whole message. */
    void sendBytes(byte[] bytes) throws IOException {
        write(bytes);
    }

    private boolean fill() throws IOException {
        int count = socket.read(buffer, 0, BUFFER_BYTES);
        if (count == UnixSocket.END) {
            return false;
        }
        input.set(buffer, 0, count);
        return true;
    }

    private void write(byte[] bytes) throws IOException {
        MemorySegment segment = MemorySegment.ofArray(bytes);
        int done = 0;
        while (done < bytes.length) {
            done += socket.write(segment, done, bytes.length - done);
        }
    }

    private static byte[] sealEmptyPassword(byte[] publicKey) {
        try {
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(publicKey)));
            return cipher.doFinal(new byte[1]);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
