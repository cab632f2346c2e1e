package org.spiceshm.app;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Display messages in a file: gzip of a repetition of type (u16), size (u32) and body, all little-endian. One thread.
 *
 * <pre>
 * while (next()) ... type(), body()
 * </pre>
 */
final class MessageFile implements AutoCloseable {
    /** No message of a display channel is longer. */
    private static final int MAX_BODY_BYTES = 1 << 28;

    private static final int HEADER_BYTES = Short.BYTES + Integer.BYTES;

    private final InputStream in;
    private int type;
    private MemorySegment body = MemorySegment.NULL;

    private MessageFile(InputStream in) {
        this.in = in;
    }

    static MessageFile open(Path file) throws IOException {
        InputStream compressed = new BufferedInputStream(Files.newInputStream(file));
        try {
            return new MessageFile(new GZIPInputStream(compressed));
        } catch (IOException e) {
            compressed.close();
            throw e;
        }
    }

    /** Reads the next message; false at the file's end. */
    boolean next() throws IOException {
        byte[] header = in.readNBytes(HEADER_BYTES);
        if (header.length == 0) {
            return false;
        }
        if (header.length < HEADER_BYTES) {
            throw new EOFException("got " + header.length + " bytes of a header, expected " + HEADER_BYTES);
        }
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        type = Short.toUnsignedInt(fields.getShort());
        int size = fields.getInt();
        if (!(0 <= size && size <= MAX_BODY_BYTES)) {
            throw new IOException(
                    "size: got " + Integer.toUnsignedString(size) + ", expected at most " + MAX_BODY_BYTES);
        }
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("got " + bytes.length + " bytes of a body, expected " + size);
        }
        body = MemorySegment.ofArray(bytes).asReadOnly();
        return true;
    }

    int type() {
        return type;
    }

    /** What follows the header on the wire. */
    MemorySegment body() {
        return body;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
