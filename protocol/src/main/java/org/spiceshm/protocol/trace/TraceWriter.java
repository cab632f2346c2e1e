package org.spiceshm.protocol.trace;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a session trace (trace.proto). Owned by one thread; {@link #close} ends the file. */
public final class TraceWriter implements AutoCloseable {
    static final String MAGIC = "SPTRACE1";

    private final OutputStream out;

    /** Writes the head of the file to {@code out}, which is closed with the writer. */
    public TraceWriter(OutputStream out) throws IOException {
        this.out = out;
        out.write(MAGIC.getBytes(StandardCharsets.US_ASCII));
    }

    /** Appends a record. */
    public void write(TraceProto.Record record) throws IOException {
        record.writeDelimitedTo(out);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
