package org.spiceshm.protocol.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.InputCursor;

/** {@link AgentAssembler} and {@link VdiChunks}, however the bytes fall, and whatever they are. */
class AgentAssemblerTest {
    private static final long SEED = 20_170_506;

    private static byte[] message(int type, int dataBytes) {
        byte[] data = new byte[dataBytes];
        new SplittableRandom(SEED + dataBytes).nextBytes(data);
        return AgentHeader.frame(type, data);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static void drain(VdiChunks.Reader reader, byte[] bytes, List<byte[]> into)
            throws MalformedMessageException {
        InputCursor input = InputCursor.of(bytes);
        for (byte[] whole = reader.next(input); whole != null; whole = reader.next(input)) {
            into.add(whole);
        }
        assertEquals(0, input.remaining());
    }

    @Test
    void messagesComeWholeHoweverTheReadsFell() throws MalformedMessageException {
        byte[][] messages = {message(4, 0), message(6, 1), message(7, 5000), message(8, 2028), message(9, 2029)};
        byte[] stream = new byte[0];
        for (byte[] each : messages) {
            // The server's own port and empty chunks in between are nobody's message.
            stream = concat(
                    stream,
                    VdiChunks.of(VdiChunks.SERVER_PORT, new byte[777]),
                    new byte[] {1, 0, 0, 0, 0, 0, 0, 0},
                    VdiChunks.of(VdiChunks.CLIENT_PORT, each));
        }
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 200; round++) {
            VdiChunks.Reader reader = new VdiChunks.Reader();
            List<byte[]> got = new ArrayList<>();
            int most = 1 + random.nextInt(round < 5 ? 1 : 4000);
            for (int at = 0; at < stream.length; ) {
                int length = Math.min(stream.length - at, 1 + random.nextInt(most));
                drain(reader, Arrays.copyOfRange(stream, at, at + length), got);
                at += length;
            }
            assertEquals(messages.length, got.size(), "round " + round);
            for (int i = 0; i < messages.length; i++) {
                assertArrayEquals(messages[i], got.get(i));
            }
        }
    }

    @Test
    void severalMessagesInOneChunkAreSeparate() throws MalformedMessageException {
        byte[] both = concat(message(4, 3), message(6, 0), message(7, 9));
        List<byte[]> got = new ArrayList<>();
        drain(new VdiChunks.Reader(), VdiChunks.of(VdiChunks.CLIENT_PORT, both), got);
        assertEquals(3, got.size());
        assertEquals(7, AgentHeader.type(got.get(2)));
    }

    @Test
    void truncatedAtAnyLengthNothingComesAndNothingBreaks() throws MalformedMessageException {
        byte[] stream = VdiChunks.of(VdiChunks.CLIENT_PORT, message(4, 4000));
        for (int length = 0; length < stream.length; length++) {
            List<byte[]> got = new ArrayList<>();
            drain(new VdiChunks.Reader(), Arrays.copyOf(stream, length), got);
            assertEquals(0, got.size());
        }
    }

    @Test
    void anyChangedByteIsRefusedOrRead() {
        byte[] stream = VdiChunks.of(VdiChunks.CLIENT_PORT, concat(message(4, 8), message(6, 4)));
        int refused = 0;
        for (int i = 0; i < stream.length; i++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = stream.clone();
                changed[i] = (byte) value;
                try {
                    drain(new VdiChunks.Reader(), changed, new ArrayList<>());
                } catch (MalformedMessageException e) {
                    refused++;
                    assertTrue(String.valueOf(e.getMessage()).contains("expected"), String.valueOf(e));
                }
            }
        }
        assertTrue(refused > 1000, "only " + refused + " refused");
    }

    @Test
    void tooLongMessageIsSkippedToItsEndAndCounted() throws MalformedMessageException {
        AgentAssembler assembler = new AgentAssembler();
        int length = AgentAssembler.MAX_DATA_BYTES + 1;
        byte[] header = Arrays.copyOf(message(4, 0), AgentHeader.BYTES);
        header[16] = (byte) length;
        header[17] = (byte) (length >> 8);
        header[18] = (byte) (length >> 16);
        header[19] = (byte) (length >> 24);
        assertNull(assembler.next(InputCursor.of(header)));
        assertTrue(assembler.isInside());
        byte[] piece = new byte[1 << 16];
        for (int i = 0; i < AgentAssembler.MAX_DATA_BYTES / piece.length; i++) {
            assertNull(assembler.next(InputCursor.of(piece)));
        }
        byte[] next = message(6, 3);
        assertArrayEquals(next, assembler.next(InputCursor.of(concat(new byte[1], next))));
        assertEquals(1, assembler.skipped());
        assertFalse(assembler.isInside());
    }

    @Test
    void longestMessageComesWhole() throws MalformedMessageException {
        AgentAssembler assembler = new AgentAssembler();
        byte[] longest = message(4, AgentAssembler.MAX_DATA_BYTES);
        assertArrayEquals(longest, assembler.next(InputCursor.of(longest)));
        assertEquals(0, assembler.skipped());
    }

    @Test
    void wrongProtocolPortAndChunkSizeAreRefused() {
        byte[] protocol = message(4, 0);
        protocol[0] = 2;
        assertThrows(MalformedMessageException.class, () -> new AgentAssembler().next(InputCursor.of(protocol)));
        byte[] port = {3, 0, 0, 0, 1, 0, 0, 0};
        assertThrows(MalformedMessageException.class, () -> new VdiChunks.Reader().next(InputCursor.of(port)));
        byte[] size = {1, 0, 0, 0, 1, 8, 0, 0};
        assertThrows(MalformedMessageException.class, () -> new VdiChunks.Reader().next(InputCursor.of(size)));
        byte[] negative = {1, 0, 0, 0, -1, -1, -1, -1};
        assertThrows(MalformedMessageException.class, () -> new VdiChunks.Reader().next(InputCursor.of(negative)));
    }

    @Test
    void aResetForgetsWhatHasBegun() throws MalformedMessageException {
        VdiChunks.Reader reader = new VdiChunks.Reader();
        assertNull(reader.next(InputCursor.of(Arrays.copyOf(VdiChunks.of(1, message(4, 100)), 60))));
        reader.reset();
        byte[] next = message(6, 2);
        assertArrayEquals(next, reader.next(InputCursor.of(VdiChunks.of(1, next))));
    }
}
