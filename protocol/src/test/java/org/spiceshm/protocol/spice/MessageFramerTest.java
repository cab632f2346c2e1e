package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.protocol.MalformedMessageException;

class MessageFramerTest {
    @ParameterizedTest
    @EnumSource(MessageHeader.class)
    void messagesComeWholeHoweverTheyAreSplit(MessageHeader header) throws MalformedMessageException {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            MessageWriter writer = new MessageWriter(header);
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            List<String> expected = new ArrayList<>();
            for (int i = 1; i <= 20; i++) {
                byte[] body = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(9000)];
                random.nextBytes(body);
                stream.writeBytes(writer.frame(100 + i, body));
                expected.add((100 + i) + " " + i + " " + Hex.text(body));
            }
            assertEquals(expected, split(stream.toByteArray(), header, random), "seed " + seed);
        }
    }

    private static List<String> split(byte[] stream, MessageHeader header, SplittableRandom random)
            throws MalformedMessageException {
        MessageFramer framer = MessageFramer.fromClient(header, 9000);
        List<String> got = new ArrayList<>();
        int from = 0;
        while (from < stream.length) {
            int to = Math.min(stream.length, from + 1 + random.nextInt(random.nextBoolean() ? 10 : 5000));
            InputCursor input = InputCursor.of(Arrays.copyOfRange(stream, from, to));
            while (framer.next(input)) {
                got.add(framer.type() + " " + framer.serial() + " "
                        + Hex.text(framer.body().toArray(ValueLayout.JAVA_BYTE)));
            }
            assertEquals(0, input.remaining());
            from = to;
        }
        assertFalse(framer.isInsideMessage());
        return got;
    }

    @Test
    void byteBehindAMessageStaysInTheInput() throws MalformedMessageException {
        InputCursor input = InputCursor.of(Hex.bytes("6600 00000000 40 6700 00000000"));
        MessageFramer framer = MessageFramer.fromServer(MessageHeader.MINI, 100);
        assertTrue(framer.next(input));
        assertEquals(102, framer.type());
        input.skip(1);
        assertTrue(framer.next(input));
        assertEquals(103, framer.type());
        assertFalse(framer.next(input));
    }

    @Test
    void wholeMessageIsNotCopied() throws MalformedMessageException {
        InputCursor input = InputCursor.of(Hex.bytes("6600 02000000 abcd"));
        MessageFramer framer = MessageFramer.fromServer(MessageHeader.MINI, 100);
        assertTrue(framer.next(input));
        assertEquals(input.segment(), framer.segment());
        assertEquals(6, framer.bodyOffset());
        assertEquals(2, framer.bodyBytes());
    }

    /** WAIT_FOR_CHANNELS and INVAL_LIST in a LIST, as spice-server sends them. */
    private static final String LIST_BODY = """
            0200 0a000000 1b000000 # two, at 10 and 27
            0500 0b000000          # WAIT_FOR_CHANNELS, 11 bytes
            01 02 01 0700000000000000
            6900 0b000000          # INVAL_LIST, 11 bytes
            0100 01 0900000000000000
            """;

    @Test
    void subMessagesOfAListComeBeforeIt() throws MalformedMessageException {
        InputCursor input = InputCursor.of(Hex.bytes("0800 2c000000" + LIST_BODY));
        assertEquals(
                List.of("5 11 sub 1", "105 11 sub 1", "8 44 1"),
                framed(MessageFramer.fromServer(MessageHeader.MINI, 100), input));
    }

    @Test
    void subMessagesOfAFullHeaderComeBeforeTheirMessage() throws MalformedMessageException {
        String body = """
                ffffffff               # the message's own
                0100 0a000000          # at 4: one sub-message, at 10
                0500 0b000000
                01 02 01 0700000000000000
                """;
        InputCursor input = InputCursor.of(Hex.bytes("0900000000000000 6600 1b000000 04000000" + body));
        assertEquals(
                List.of("5 11 sub 9", "102 27 9"), framed(MessageFramer.fromServer(MessageHeader.FULL, 100), input));
    }

    private static List<String> framed(MessageFramer framer, InputCursor input) throws MalformedMessageException {
        List<String> got = new ArrayList<>();
        while (framer.next(input)) {
            got.add(framer.type() + " " + framer.bodyBytes() + (framer.isSubMessage() ? " sub " : " ")
                    + framer.serial());
        }
        return got;
    }

    @Test
    void hostileListsAreRefused() {
        String[] bodies = {
            "",
            "01",
            "0100", // no offset
            "ffff 00000000", // too many
            "0100 06000000", // header past the end
            "0100 ffffffff", // far past the end
            "0100 06000000 0500 01000000", // body past the end
            "0100 06000000 0500 ffffffff",
            "0100 06000000 0800 00000000", // list in a list
            "0300 0e000000 0e000000 0e000000 0500 02000000 0000", // overlapping: 3 * 8 > 22
        };
        for (String hex : bodies) {
            byte[] body = Hex.bytes(hex);
            byte[] message = new MessageWriter(MessageHeader.MINI).frame(8, body);
            MessageFramer framer = MessageFramer.fromServer(MessageHeader.MINI, 100);
            assertThrows(MalformedMessageException.class, () -> framer.next(InputCursor.of(message)), hex);
        }
    }

    @Test
    void clientMayNotSendSubMessages() {
        MessageFramer framer = MessageFramer.fromClient(MessageHeader.FULL, 100);
        InputCursor input = InputCursor.of(Hex.bytes("0100000000000000 6600 0a000000 04000000"));
        assertThrows(MalformedMessageException.class, () -> framer.next(input));
    }

    @Test
    void cve2016_9577_oversizedMessageIsRefusedBeforeItIsRead() {
        MessageFramer framer = MessageFramer.fromClient(MessageHeader.MINI, 100);
        MalformedMessageException e = assertThrows(
                MalformedMessageException.class, () -> framer.next(InputCursor.of(Hex.bytes("6600 65000000"))));
        assertEquals("SpiceMiniDataHeader.size: at offset 2: got 101, expected at most 100", e.getMessage());
    }

    @Test
    void announcedSizeTakesNoMemoryUntilTheBytesCome() throws MalformedMessageException {
        MessageFramer framer = MessageFramer.fromServer(MessageHeader.MINI, Integer.MAX_VALUE);
        assertFalse(framer.next(InputCursor.of(Hex.bytes("6600 ffffff7f 00"))));
        assertTrue(framer.isInsideMessage());
    }
}
