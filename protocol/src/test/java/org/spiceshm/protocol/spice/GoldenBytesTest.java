package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;

class GoldenBytesTest {
    static Stream<Golden> goldens() {
        return Goldens.all();
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void valueAndBytesAreEachOther(Golden golden) throws MalformedMessageException {
        byte[] bytes = Hex.bytes(golden.hex());
        assertEquals(Hex.text(bytes), Hex.text(golden.message().encode()));
        assertEquals(golden.type(), golden.message().type(Numbering.CURRENT));
        WireMessage decoded = golden.decoder().decode(golden.type(), MemorySegment.ofArray(bytes));
        assertEquals(golden.message().getClass(), decoded.getClass());
        assertEquals(Hex.text(bytes), Hex.text(decoded.encode()));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void truncationIsRefusedOrRead(Golden golden) {
        byte[] bytes = Hex.bytes(golden.hex());
        for (int length = 0; length < bytes.length; length++) {
            tryDecode(golden, MemorySegment.ofArray(bytes).asSlice(0, length));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void anySingleByteChangedNeverEscapes(Golden golden) {
        byte[] bytes = Hex.bytes(golden.hex());
        for (int i = 0; i < bytes.length; i++) {
            byte was = bytes[i];
            for (int value = 0; value < 256; value++) {
                bytes[i] = (byte) value;
                tryDecode(golden, MemorySegment.ofArray(bytes));
            }
            bytes[i] = was;
        }
    }

    @Test
    void mutatedRealMessagesNeverEscape() throws MalformedMessageException {
        byte[] stream = Captures.read("display.messages.bin");
        MessageFramer framer = MessageFramer.fromServer(MessageHeader.MINI, stream.length);
        InputCursor input = InputCursor.of(stream);
        SplittableRandom random = new SplittableRandom(20130813);
        while (framer.next(input)) {
            byte[] body = framer.body().toArray(ValueLayout.JAVA_BYTE);
            Golden golden = new Golden(Decoder.DISPLAY_SERVER, framer.type(), new UnknownMessage(0), "");
            for (int round = 0; round < 300 && body.length > 0; round++) {
                byte[] mutated = body.clone();
                mutated[random.nextInt(Math.min(mutated.length, 128))] = (byte) random.nextInt();
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
                tryDecode(golden, MemorySegment.ofArray(mutated));
                tryDecode(golden, MemorySegment.ofArray(body).asSlice(0, random.nextInt(body.length)));
            }
        }
    }

    @Test
    void unknownTypesAreAnOutcomeOfTheirOwn() throws MalformedMessageException {
        MemorySegment body = MemorySegment.ofArray(new byte[3]);
        for (Decoder decoder : new Decoder[] {
            Decoder.MAIN_SERVER, Decoder.MAIN_CLIENT, Decoder.DISPLAY_SERVER, Decoder.DISPLAY_CLIENT,
            Decoder.CURSOR_SERVER, Decoder.CURSOR_CLIENT, Decoder.INPUTS_SERVER, Decoder.INPUTS_CLIENT
        }) {
            assertEquals(
                    7777,
                    assertInstanceOf(UnknownMessage.class, decoder.decode(7777, body))
                            .type());
        }
    }

    /** What it accepts it must also be able to write. */
    private static void tryDecode(Golden golden, MemorySegment body) {
        WireMessage message;
        try {
            message = golden.decoder().decode(golden.type(), body);
        } catch (MalformedMessageException expected) {
            return;
        }
        if (!(message instanceof UnknownMessage)) {
            message.encode();
        }
    }
}
