package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.vfiouser.VfioUser;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.UnixSocket;

/** QEMU's half of vfio-user by hand. Reads block. */
final class FakeVmm implements AutoCloseable {
    static final int SET_TRIGGER = 0x24;
    static final int SET_RESAMPLE = 0x14;
    static final int UNMASK = 0x11;
    static final int MASK = 0x09;
    static final int TURN_OFF = 0x21;

    private static final int HEADER_BYTES = 16;
    private static final int NO_DESCRIPTOR = -1;

    record Reply(
            int id,
            int command,
            int flags,
            int errno,
            ByteBuffer body,
            @Nullable OwnedDescriptor descriptor) {}

    final UnixSocket socket;
    private int lastId;

    FakeVmm(Path path) throws IOException {
        socket = UnixSocket.connect(path);
    }

    /** With the version told, as QEMU begins. */
    static FakeVmm greeted(Path path) throws IOException {
        FakeVmm vmm = new FakeVmm(path);
        Reply reply = vmm.ask(VfioUser.VERSION, body(5).put(4, (byte) 0));
        assertEquals(0, reply.body.getInt(0), "version 0.0");
        return vmm;
    }

    static ByteBuffer body(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] message(int id, int command, int flags, ByteBuffer body) {
        byte[] bytes = new byte[HEADER_BYTES + body.capacity()];
        ByteBuffer whole = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        whole.putShort(0, (short) id).putShort(2, (short) command);
        whole.putInt(4, whole.capacity()).putInt(8, flags);
        whole.put(HEADER_BYTES, body, 0, body.capacity());
        return bytes;
    }

    int send(int command, ByteBuffer body) throws IOException {
        return send(command, body, NO_DESCRIPTOR);
    }

    int send(int command, ByteBuffer body, int fd) throws IOException {
        lastId = lastId + 1 & 0xffff;
        sendBytes(message(lastId, command, 0, body), fd);
        return lastId;
    }

    void sendBytes(byte[] bytes, int fd) throws IOException {
        MemorySegment source = MemorySegment.ofArray(bytes);
        int sent = 0;
        while (sent < bytes.length) {
            sent += fd == NO_DESCRIPTOR || sent != 0
                    ? socket.write(source, sent, bytes.length - sent)
                    : socket.writeWithDescriptor(source, 0, bytes.length, fd);
        }
    }

    Reply reply() throws IOException {
        ByteBuffer header = read(HEADER_BYTES);
        ByteBuffer body = read(header.getInt(4) - HEADER_BYTES);
        return new Reply(
                header.getShort(0) & 0xffff,
                header.getShort(2),
                header.getInt(8),
                header.getInt(12),
                body,
                socket.pollDescriptor());
    }

    /** Whether the connection has been ended by the other side. */
    boolean ended() throws IOException {
        return socket.read(MemorySegment.ofArray(new byte[1]), 0, 1) == UnixSocket.END;
    }

    private ByteBuffer read(int length) throws IOException {
        byte[] bytes = new byte[length];
        MemorySegment target = MemorySegment.ofArray(bytes);
        for (int at = 0; at < length; ) {
            int count = socket.read(target, at, length - at);
            if (count < 0) {
                throw new IOException("got end " + count + " after " + at + " bytes, expected " + length);
            }
            at += count;
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    Reply ask(int command, ByteBuffer body) throws IOException {
        return ask(command, body, NO_DESCRIPTOR);
    }

    /** A request that is granted. */
    Reply ask(int command, ByteBuffer body, int fd) throws IOException {
        int id = send(command, body, fd);
        Reply reply = reply();
        assertEquals(id, reply.id);
        assertEquals(command, reply.command);
        assertEquals(0, reply.errno);
        assertEquals(VfioUser.FLAG_REPLY, reply.flags);
        return reply;
    }

    void refused(int errno, int command, ByteBuffer body) throws IOException {
        refused(errno, command, body, NO_DESCRIPTOR);
    }

    void refused(int errno, int command, ByteBuffer body, int fd) throws IOException {
        int id = send(command, body, fd);
        Reply reply = reply();
        assertEquals(id, reply.id);
        assertEquals(errno, reply.errno);
        assertEquals(VfioUser.FLAG_REPLY | VfioUser.FLAG_ERROR, reply.flags);
        assertEquals(0, reply.body.capacity());
    }

    static ByteBuffer access(int region, long offset, int count, int dataBytes) {
        return body(16 + dataBytes).putLong(0, offset).putInt(8, region).putInt(12, count);
    }

    static ByteBuffer access(int region, long offset, byte... data) {
        return access(region, offset, data.length, data.length).put(16, data);
    }

    static ByteBuffer irqs(int flags, int index, int count) {
        return body(20).putInt(0, 20).putInt(4, flags).putInt(8, index).putInt(16, count);
    }

    void setIrqs(int flags, int count, int fd) throws IOException {
        ask(VfioUser.DEVICE_SET_IRQS, irqs(flags, 0, count), fd);
    }

    long read(int region, long offset, int width) throws IOException {
        ByteBuffer data = ask(VfioUser.REGION_READ, access(region, offset, width, 0)).body;
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (data.get(16 + i) & 0xffL) << (8 * i);
        }
        return value;
    }

    void write(int region, long offset, int width, long value) throws IOException {
        Reply reply = ask(VfioUser.REGION_WRITE, access(region, offset, bytes(width, value)));
        assertEquals(16, reply.body.capacity());
    }

    static byte[] bytes(int width, long value) {
        byte[] data = new byte[width];
        MemorySegment.copy(MemorySegment.ofArray(new long[] {value}), 0, MemorySegment.ofArray(data), 0, width);
        return data;
    }

    void port(int port, int value) throws IOException {
        write(3, port, 1, value);
    }

    /** Whether nothing has come; the socket blocks again afterwards. */
    boolean silent() throws IOException {
        socket.setBlocking(false);
        MemorySegment target = MemorySegment.ofArray(new byte[1]);
        boolean nothing = socket.read(target, 0, 1) == UnixSocket.WOULD_BLOCK;
        socket.setBlocking(true);
        return nothing && target.get(ValueLayout.JAVA_BYTE, 0) == 0;
    }

    @Override
    public void close() {
        socket.close();
    }
}
