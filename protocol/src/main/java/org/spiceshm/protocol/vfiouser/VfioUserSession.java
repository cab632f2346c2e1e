package org.spiceshm.protocol.vfiouser;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.vfiouser.VfioUserRequest.Header;

/**
 * The server's half of one vfio-user connection: bytes in, requests out, however the bytes were cut.
 *
 * <pre>{@code
 * session.receive(bytes, 0, count, descriptorsThatCameWithThem);
 * for (VfioUserRequest request = session.next(); request != null; request = session.next()) { ... }
 * }</pre>
 *
 * <p>Owned by the connection's thread; lives as long as the connection, and ends with the first
 * {@link MalformedMessageException}.
 */
public final class VfioUserSession {
    private static final int HEADER_BYTES = Math.toIntExact(VfioUser.Header.STRUCT.size());
    private static final int KNOWN_FLAGS = VfioUser.FLAG_TYPE_MASK | VfioUser.FLAG_NO_REPLY;

    /** Most bytes that {@link #receive} takes at once. */
    public static final int RECEIVE_LIMIT_BYTES = VfioUser.MAX_MESSAGE_BYTES;

    /** Room for a message that is not complete, and for what comes next. */
    private final MemorySegment buffer =
            MemorySegment.ofArray(new byte[VfioUser.MAX_MESSAGE_BYTES + RECEIVE_LIMIT_BYTES]);

    private final MemorySegment readOnly = buffer.asReadOnly();
    private int start;
    private int end;
    /** Descriptors of the first message in the buffer, which had begun before the last receive. */
    private int headDescriptors;
    /** Descriptors of the message to which the last byte in the buffer belongs. */
    private int tailDescriptors;

    private boolean greeted;

    public VfioUserSession() {}

    /**
     * Takes bytes. The kernel ends a read after the message that carries a descriptor (unix(7)), so descriptors belong to
     * the message of the last byte.
     *
     * @throws IllegalStateException if {@link #next} has not yet said that there is no more
     */
    public void receive(MemorySegment source, long offset, int length, int descriptors) {
        if (!(0 < length && length <= RECEIVE_LIMIT_BYTES)) {
            throw new IllegalArgumentException(
                    "length: got " + length + ", expected at least 1 and at most " + RECEIVE_LIMIT_BYTES);
        }
        if (!(end - start < VfioUser.MAX_MESSAGE_BYTES)) {
            throw new IllegalStateException("got more bytes while a complete message waits, expected next() before");
        }
        headDescriptors += tailDescriptors;
        tailDescriptors = descriptors;
        MemorySegment.copy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
        MemorySegment.copy(source, offset, buffer, end, length);
        end += length;
    }

    /** The next request, or null until more bytes have come. */
    public @Nullable VfioUserRequest next() throws MalformedMessageException {
        if (!(HEADER_BYTES <= end - start)) {
            checkDescriptors(descriptorsOfFirst(end));
            return null;
        }
        int size = checkHeader();
        int messageEnd = start + size;
        int descriptors = descriptorsOfFirst(messageEnd);
        checkDescriptors(descriptors);
        if (!(messageEnd <= end)) {
            return null;
        }
        Header header = new Header(
                VfioUser.Header.MESSAGE_ID.get(buffer, start),
                VfioUser.Header.COMMAND.get(buffer, start),
                (VfioUser.Header.FLAGS.get(buffer, start) & VfioUser.FLAG_NO_REPLY) == 0,
                descriptors);
        MemorySegment body = readOnly.asSlice(start + HEADER_BYTES, size - HEADER_BYTES);
        VfioUserRequest request = decode(header, body);
        greeted = true;
        headDescriptors = 0;
        if (messageEnd == end) {
            tailDescriptors = 0;
        }
        start = messageEnd;
        return request;
    }

    private int descriptorsOfFirst(int messageEnd) {
        return headDescriptors + (end <= messageEnd ? tailDescriptors : 0);
    }

    private static void checkDescriptors(int descriptors) throws MalformedMessageException {
        if (!(descriptors <= VfioUser.MAX_DESCRIPTORS)) {
            throw new MalformedMessageException(
                    VfioUser.Header.STRUCT.name(),
                    "(descriptors)",
                    "got " + descriptors + " with one message, expected at most " + VfioUser.MAX_DESCRIPTORS);
        }
    }

    /** Size, kind and order, before a byte of the body is waited for. */
    private int checkHeader() throws MalformedMessageException {
        long size = VfioUser.Header.SIZE.getUnsigned(buffer, start);
        if (!(HEADER_BYTES <= size && size <= VfioUser.MAX_MESSAGE_BYTES)) {
            throw malformed(VfioUser.Header.SIZE, size, HEADER_BYTES + ".." + VfioUser.MAX_MESSAGE_BYTES);
        }
        int flags = VfioUser.Header.FLAGS.get(buffer, start);
        if ((flags & ~VfioUser.FLAG_NO_REPLY) != 0) {
            Object expected = (flags & ~KNOWN_FLAGS) == 0 ? "a command, no reply" : "no flag but no-reply";
            throw malformed(VfioUser.Header.FLAGS, "0x" + Integer.toHexString(flags), expected);
        }
        int command = VfioUser.Header.COMMAND.get(buffer, start);
        if ((command == VfioUser.VERSION) == greeted) {
            throw malformed(
                    VfioUser.Header.COMMAND,
                    command,
                    greeted ? "another than VERSION, which came first" : VfioUser.VERSION + " (VERSION) first");
        }
        return (int) size;
    }

    private static MalformedMessageException malformed(Struct.Field field, Object got, Object expected) {
        return MalformedMessageException.at(field.struct(), field.name(), field.offset(), got, expected);
    }

    private static VfioUserRequest decode(Header header, MemorySegment body) throws MalformedMessageException {
        return switch (header.command()) {
            case VfioUser.VERSION -> version(header, body);
            case VfioUser.DMA_MAP -> dmaMap(header, body);
            case VfioUser.DMA_UNMAP -> dmaUnmap(header, body);
            case VfioUser.DEVICE_GET_INFO -> getInfo(header, body);
            case VfioUser.DEVICE_GET_REGION_INFO -> getRegionInfo(header, body);
            case VfioUser.DEVICE_GET_IRQ_INFO -> getIrqInfo(header, body);
            case VfioUser.DEVICE_SET_IRQS -> setIrqs(header, body);
            case VfioUser.REGION_READ -> regionRead(header, body);
            case VfioUser.REGION_WRITE -> regionWrite(header, body);
            case VfioUser.DEVICE_RESET -> deviceReset(header, body);
            default -> new VfioUserRequest.Unsupported(header);
        };
    }

    private static VfioUserRequest version(Header header, MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(VfioUser.Version.STRUCT.name(), body);
        long base = reader.take(VfioUser.Version.STRUCT);
        int major = VfioUser.Version.MAJOR.get(body, base);
        if (major != VfioUser.MAJOR) {
            throw reader.malformed(VfioUser.Version.MAJOR, base, major, VfioUser.MAJOR);
        }
        long length = reader.remaining();
        long at = reader.position();
        if (0 < length && body.get(ValueLayout.JAVA_BYTE, at + length - 1) != 0) {
            throw MalformedMessageException.at(
                    VfioUser.Version.STRUCT.name(), "version_data", at, "text without a NUL", "a NUL at its end");
        }
        return new VfioUserRequest.Version(
                header, major, VfioUser.Version.MINOR.get(body, base), reader.text("version_data", length));
    }

    private static VfioUserRequest dmaMap(Header header, MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(VfioUser.DmaMap.STRUCT.name(), body);
        long base = reader.take(VfioUser.DmaMap.STRUCT);
        reader.requireEnd();
        return new VfioUserRequest.DmaMap(
                header,
                VfioUser.DmaMap.FLAGS.get(body, base),
                VfioUser.DmaMap.OFFSET.get(body, base),
                VfioUser.DmaMap.ADDRESS.get(body, base),
                VfioUser.DmaMap.SIZE.get(body, base));
    }

    /** A dirty bitmap's description may follow, which we do not offer. */
    private static VfioUserRequest dmaUnmap(Header header, MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(VfioUser.DmaUnmap.STRUCT.name(), body);
        long base = reader.take(VfioUser.DmaUnmap.STRUCT);
        return new VfioUserRequest.DmaUnmap(
                header,
                VfioUser.DmaUnmap.FLAGS.get(body, base),
                VfioUser.DmaUnmap.ADDRESS.get(body, base),
                VfioUser.DmaUnmap.SIZE.get(body, base));
    }

    // In the next four, argsz says how long a reply may be. Ours are the shortest there are, and VMMs differ in what
    // they write there, so it is not looked at; what newer ones append is ignored.

    private static VfioUserRequest getInfo(Header header, MemorySegment body) throws MalformedMessageException {
        new BodyReader(VfioUser.DeviceInfo.STRUCT.name(), body).take(VfioUser.DeviceInfo.STRUCT);
        return new VfioUserRequest.GetInfo(header);
    }

    private static VfioUserRequest getRegionInfo(Header header, MemorySegment body) throws MalformedMessageException {
        long base = new BodyReader(VfioUser.RegionInfo.STRUCT.name(), body).take(VfioUser.RegionInfo.STRUCT);
        return new VfioUserRequest.GetRegionInfo(header, VfioUser.RegionInfo.INDEX.get(body, base));
    }

    private static VfioUserRequest getIrqInfo(Header header, MemorySegment body) throws MalformedMessageException {
        long base = new BodyReader(VfioUser.IrqInfo.STRUCT.name(), body).take(VfioUser.IrqInfo.STRUCT);
        return new VfioUserRequest.GetIrqInfo(header, VfioUser.IrqInfo.INDEX.get(body, base));
    }

    private static VfioUserRequest setIrqs(Header header, MemorySegment body) throws MalformedMessageException {
        long base = new BodyReader(VfioUser.IrqSet.STRUCT.name(), body).take(VfioUser.IrqSet.STRUCT);
        return new VfioUserRequest.SetIrqs(
                header,
                VfioUser.IrqSet.FLAGS.get(body, base),
                VfioUser.IrqSet.INDEX.get(body, base),
                VfioUser.IrqSet.START.get(body, base),
                VfioUser.IrqSet.COUNT.get(body, base));
    }

    private static VfioUserRequest regionRead(Header header, MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader("VFIO_USER_REGION_READ", body);
        long base = reader.take(VfioUser.RegionAccess.STRUCT);
        reader.requireEnd();
        return new VfioUserRequest.RegionRead(
                header,
                VfioUser.RegionAccess.OFFSET.get(body, base),
                VfioUser.RegionAccess.REGION.get(body, base),
                VfioUser.RegionAccess.COUNT.get(body, base));
    }

    private static VfioUserRequest regionWrite(Header header, MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader("VFIO_USER_REGION_WRITE", body);
        long base = reader.take(VfioUser.RegionAccess.STRUCT);
        long count = VfioUser.RegionAccess.COUNT.getUnsigned(body, base);
        if (count != reader.remaining()) {
            throw reader.malformed(
                    VfioUser.RegionAccess.COUNT, base, count, reader.remaining() + ", the bytes that follow");
        }
        return new VfioUserRequest.RegionWrite(
                header,
                VfioUser.RegionAccess.OFFSET.get(body, base),
                VfioUser.RegionAccess.REGION.get(body, base),
                (int) count,
                reader.rest());
    }

    private static VfioUserRequest deviceReset(Header header, MemorySegment body) throws MalformedMessageException {
        new BodyReader("VFIO_USER_DEVICE_RESET", body).requireEnd();
        return new VfioUserRequest.DeviceReset(header);
    }
}
