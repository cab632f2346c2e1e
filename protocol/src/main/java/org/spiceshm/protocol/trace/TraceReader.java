package org.spiceshm.protocol.trace;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads a session trace (trace.proto). Errors name the file, the record and what was wrong. Owned by one thread. */
public final class TraceReader implements AutoCloseable {
    /** No record is larger: a command names less than 2 GiB of pixels, and a message must fit an array. */
    private static final int MAX_RECORD_BYTES = 1 << 30;

    private final String name;
    private final InputStream stream;
    private final CodedInputStream in;
    private long records;

    private TraceReader(String name, InputStream stream) {
        this.name = name;
        this.stream = stream;
        this.in = CodedInputStream.newInstance(stream);
        in.setSizeLimit(Integer.MAX_VALUE);
    }

    /** Whether a file that begins with {@code head} is a trace. */
    public static boolean isTrace(byte[] head) {
        int length = TraceWriter.MAGIC.length();
        return head.length >= length
                && new String(head, 0, length, StandardCharsets.US_ASCII).equals(TraceWriter.MAGIC);
    }

    /** Reads from {@code stream}, which is closed with the reader; {@code name} is for error texts. */
    public static TraceReader open(String name, InputStream stream) throws IOException {
        byte[] head = stream.readNBytes(TraceWriter.MAGIC.length());
        if (!isTrace(head)) {
            stream.close();
            throw new IOException(name + ": got another beginning, expected " + TraceWriter.MAGIC);
        }
        return new TraceReader(name, stream);
    }

    /** The next record, or null at the end. */
    public TraceProto.@Nullable Record next() throws IOException {
        try {
            in.resetSizeCounter();
            if (in.isAtEnd()) {
                return null;
            }
            int length = in.readRawVarint32();
            if (!(0 <= length && length <= MAX_RECORD_BYTES)) {
                throw new IOException(where() + ": got a length of " + length + ", expected 0 to " + MAX_RECORD_BYTES);
            }
            int limit = in.pushLimit(length);
            TraceProto.Record record = TraceProto.Record.parseFrom(in);
            in.checkLastTagWas(0);
            in.popLimit(limit);
            records++;
            return record;
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(where() + ": got a record that is cut off or damaged, expected a whole one", e);
        }
    }

    private String where() {
        return name + ": record " + records;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
