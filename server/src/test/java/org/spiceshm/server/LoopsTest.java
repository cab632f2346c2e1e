package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.InputCursor;
import org.spiceshm.protocol.spice.LinkMessage;

/** Both loops on real sockets: a link, an end, many at once. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
final class LoopsTest {
    @Test
    void unixLoopLinksClosesAndTakesItsSocketAway(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("s");
        try (Fixture fixture = new Fixture()) {
            fixture.server.listen(new ListenAddress.Unix(path));
            linkAndLeave(UnixDomainSocketAddress.of(path));
            linkAndLeave(UnixDomainSocketAddress.of(path));
            refuseNonsense(UnixDomainSocketAddress.of(path));
            fixture.server.close();
            assertFalse(Files.exists(path));
        }
    }

    @Test
    void nettyLoopLinksAndCloses() throws Exception {
        try (Fixture fixture = new Fixture()) {
            ListenAddress bound = fixture.server.listen(new ListenAddress.Tcp("127.0.0.1", 0));
            int port = assertInstanceOf(ListenAddress.Tcp.class, bound).port();
            linkAndLeave(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            refuseNonsense(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        }
    }

    /** The answer is a refusal, and then the end. */
    private static void refuseNonsense(SocketAddress address) throws IOException {
        try (SocketChannel socket = SocketChannel.open(address)) {
            socket.write(ByteBuffer.wrap(new byte[16]));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            int count = socket.read(answer);
            while (count >= 0) {
                count = socket.read(answer);
            }
            assertEquals(16 + 178, answer.position());
        }
    }

    private static void linkAndLeave(SocketAddress address) throws IOException {
        try (SocketChannel socket = SocketChannel.open(address)) {
            ClientLink link = new ClientLink(
                    LinkMessage.of(0, ChannelType.MAIN, 0, Capabilities.NONE, Capabilities.NONE),
                    key -> Client.seal(key, ""));
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (!(link.state() instanceof ClientLink.State.Linked)) {
                for (byte[] out = link.pollOutput(); out != null; out = link.pollOutput()) {
                    socket.write(ByteBuffer.wrap(out));
                }
                int count = socket.read(buffer.clear());
                assertFalse(count < 0, () -> "closed in " + link.state());
                link.receive(InputCursor.of(Arrays.copyOf(buffer.array(), count)));
            }
        }
    }
}
