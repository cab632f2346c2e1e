package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Bytes leave in order, and the descriptor with exactly its byte. */
final class OutboxTest {
    /** Takes so many bytes, then nothing. */
    private static final class Sink implements Outbox.Writer {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int room;
        int descriptorAt = -1;

        @Override
        public int write(MemorySegment segment, int offset, int length) {
            int count = Math.min(room, length);
            room -= count;
            bytes.writeBytes(segment.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE));
            return count;
        }

        @Override
        public boolean writeDescriptor(MemorySegment segment, int offset, int fd) {
            if (room == 0) {
                return false;
            }
            room--;
            descriptorAt = bytes.size();
            bytes.write(segment.get(ValueLayout.JAVA_BYTE, offset));
            return true;
        }
    }

    private final Outbox outbox = new Outbox();
    private final Sink sink = new Sink();

    @Test
    void descriptorByteKeepsItsPlaceWhateverFitsAndMoves() throws Exception {
        for (int step = 1; step < 40; step++) {
            try (Fixture fixture = new Fixture()) {
                Outbox box = new Outbox();
                Sink out = new Sink();
                SharedSegment segment = fixture.segment(4096);
                box.append(new byte[13]);
                assertTrue(segment.hold());
                box.appendDescriptor(segment);
                box.append(new byte[7]);
                out.room = step;
                boolean done = box.flush(out);
                box.append(new byte[70_000]);
                while (!done) {
                    out.room = step * 1000;
                    done = box.flush(out);
                }
                while (!box.flush(out)) {
                    out.room = 1 << 20;
                }
                assertEquals(13, out.descriptorAt, "step " + step);
                assertEquals('@', out.bytes.toByteArray()[13]);
                assertEquals(13 + 1 + 7 + 70_000, out.bytes.size());
                segment.release();
                assertFalse(segment.hold(), "everybody has let go");
            }
        }
    }

    @Test
    void closingLetsGoOfTheSegment() throws Exception {
        try (Fixture fixture = new Fixture()) {
            SharedSegment segment = fixture.segment(4096);
            assertTrue(segment.hold());
            outbox.appendDescriptor(segment);
            segment.release();
            outbox.close();
            assertFalse(segment.hold());
            assertEquals(0, outbox.pending());
        }
    }

    @Test
    void growsForWhatIsLargeAndShrinksWhenEmpty() throws Exception {
        byte[] large = new byte[1 << 20];
        Arrays.fill(large, (byte) 5);
        outbox.append(large);
        assertEquals(1 << 20, outbox.pending());
        sink.room = 2 << 20;
        assertTrue(outbox.flush(sink));
        assertEquals(64 * 1024, outbox.segment().byteSize());
        assertEquals(5, sink.bytes.toByteArray()[(1 << 20) - 1]);
    }
}
