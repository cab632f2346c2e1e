package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * One connection to QEMU's qtest server: lines out, lines in, in order. It never waits: what the socket does not take now
 * goes with the next {@link #flush}, and answers are read when {@link #drain} is called. Owned by the qtest thread.
 */
final class QtestLink implements AutoCloseable {
    private static final int ROOM_BYTES = 4096;
    /** Answers are a few words; of a longer line the beginning is kept. */
    private static final int MAX_LINE_BYTES = 128;
    /** Most reads of one {@link #drain}, so that a server that never stops talking does not hold the thread. */
    private static final int MAX_READS = 16;

    /** Hears the lines, without their ends. */
    interface Lines {
        /** The first {@code length} bytes are a line; they are good until this returns. */
        void onLine(byte[] line, int length);
    }

    private final UnixSocket socket;
    private final MemorySegment out = Arena.ofAuto().allocate(ROOM_BYTES);
    private final MemorySegment in = Arena.ofAuto().allocate(ROOM_BYTES);
    private final byte[] line = new byte[MAX_LINE_BYTES];
    private int lineLength;
    private int outLength;
    private int outSent;

    QtestLink(Path path) throws IOException {
        socket = UnixSocket.connectNonblocking(path);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Sends whole lines in one write if the socket has room; only after {@link #flush} has said true. */
    void send(byte[] lines) throws IOException {
        if (!(outSent == outLength && lines.length <= ROOM_BYTES)) {
            throw new IllegalStateException("got lines while others wait, expected flush() before");
        }
        MemorySegment.copy(lines, 0, out, ValueLayout.JAVA_BYTE, 0, lines.length);
        outLength = lines.length;
        outSent = 0;
        flush();
    }

    /** Whether everything has gone. */
    boolean flush() throws IOException {
        while (outSent < outLength) {
            int sent = socket.write(out, outSent, outLength - outSent);
            if (sent == UnixSocket.WOULD_BLOCK) {
                return false;
            }
            outSent += sent;
        }
        return true;
    }

    /** Reads what is there; false when QEMU has gone. */
    boolean drain(Lines lines) throws IOException {
        for (int left = MAX_READS; left > 0; left--) {
            int count = socket.read(in, 0, ROOM_BYTES);
            if (count == UnixSocket.END) {
                return false;
            }
            if (count == UnixSocket.WOULD_BLOCK) {
                return true;
            }
            for (int i = 0; i < count; i++) {
                take(in.get(ValueLayout.JAVA_BYTE, i), lines);
            }
        }
        return true;
    }

    private void take(byte next, Lines lines) {
        if (next == '\n') {
            lines.onLine(line, lineLength);
            lineLength = 0;
        } else if (lineLength < MAX_LINE_BYTES) {
            line[lineLength++] = next;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
