package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.CursorServerMessage;
import org.spiceshm.protocol.spice.InputsClientMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.LinkError;
import org.spiceshm.protocol.spice.MainClientMessage;
import org.spiceshm.protocol.spice.MainServerMessage;

/** Link stage, main, inputs and cursor channels, and what ends a connection. */
final class ConnectionTest {
    private final Fixture fixture = new Fixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static LinkError refusal(Client client) {
        return client.link.state() instanceof ClientLink.State.Refused refused ? refused.error() : LinkError.OK;
    }

    @Test
    void wrongTicketIsRefusedAndTheRightOneIsNot() {
        try (Fixture locked = new Fixture(new ServerOptions("guest", "secret", true, Numbering.CURRENT))) {
            Client wrong = new Client(locked.server, ChannelType.MAIN, 0, Capabilities.NONE, "secre", true);
            wrong.turn();
            wrong.turn();
            assertEquals(LinkError.PERMISSION_DENIED, refusal(wrong));
            assertTrue(wrong.closed);
            Client right = new Client(locked.server, ChannelType.MAIN, 0, Capabilities.NONE, "secret", true);
            right.turn();
            right.turn();
            assertTrue(right.isLinked());
        }
    }

    @Test
    void unknownSessionAndChannelAreRefused() {
        Client stranger = fixture.linked(ChannelType.DISPLAY, 4711, Capabilities.NONE, true);
        assertEquals(LinkError.BAD_CONNECTION_ID, refusal(stranger));
        assertTrue(stranger.closed);
        Client player = fixture.linked(ChannelType.PLAYBACK, 4711, Capabilities.NONE, true);
        assertTrue(player.closed);
    }

    @Test
    void whoDoesNotLinkInTimeIsClosed() {
        Client transport = fixture.main();
        Connection silent = new Connection(fixture.server, transport, 0);
        silent.onTick(10 * Client.SECOND - 1);
        assertFalse(transport.closed);
        silent.onTick(10 * Client.SECOND);
        assertTrue(transport.closed);
    }

    @Test
    void channelsEndWithTheirMainChannel() throws Exception {
        Client main = fixture.main();
        Client inputs = fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(main), Capabilities.NONE, true);
        main.close();
        inputs.turn();
        assertTrue(inputs.closed);
        assertTrue(fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(main), Capabilities.NONE, true).closed);
    }

    @Test
    void aClientThatAsksAndNeverReadsIsClosedWithinASecond() {
        Client main = fixture.main();
        main.room = 0;
        for (int i = 0; i < 200_000; i++) {
            main.send(new MainClientMessage.AttachChannels());
        }
        assertTrue(main.connection.outbox().pending() < 2 << 20);
        assertFalse(main.closed);
        main.pass(Client.SECOND);
        assertTrue(main.closed);
        assertTrue(main.connection.deadline() > 0);
    }

    @Test
    void floodsOfAcksAndPongsAreTaken() {
        Client main = fixture.main();
        main.take();
        for (int i = 0; i < 10_000; i++) {
            main.sendRaw(2, 0);
            main.sendRaw(3, 12);
        }
        assertFalse(main.closed);
        assertEquals(0, main.received.size());
    }

    @Test
    void anErrorOfOursEndsOnlyTheConnectionThatMetIt() throws Exception {
        SharedSegment segment = fixture.segment(4096);
        fixture.screen.segment(segment);
        fixture.screen.primaryCreated(Fixture.primary(segment, 1000, 1000)); // a lie: it does not lie inside
        Client display = fixture.display(Capabilities.NONE, false);
        display.sendRaw(101, 14);
        assertTrue(display.closed);
    }

    @Test
    void inputsReachTheSink() throws Exception {
        Client inputs = fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(fixture.main()), Capabilities.NONE, true);
        inputs.send(new InputsClientMessage.KeyDown(0x1e));
        inputs.send(new InputsClientMessage.KeyUp(0x9e));
        inputs.send(new InputsClientMessage.KeyDown(0x48e0));
        inputs.send(new InputsClientMessage.KeyUp(0xc8e0));
        inputs.send(new InputsClientMessage.KeyScancode(
                MemorySegment.ofArray(new byte[] {0x1e, (byte) 0x9e, (byte) 0xe0, 0x48, (byte) 0xe0})));
        inputs.send(new InputsClientMessage.KeyScancode(MemorySegment.ofArray(new byte[] {(byte) 0xc8})));
        inputs.send(new InputsClientMessage.MousePress(1, 1));
        inputs.send(new InputsClientMessage.MouseRelease(1, 0));
        inputs.send(new InputsClientMessage.KeyModifiers(4));
        assertEquals(
                List.of(
                        "key 1e down",
                        "key 1e up",
                        "key 48e0 down",
                        "key 48e0 up",
                        "key 1e down",
                        "key 1e up",
                        "key 48e0 down",
                        "key 48e0 up",
                        "button 1 1 down",
                        "button 1 0 up",
                        "modifiers 4"),
                fixture.inputs);
    }

    @Test
    void pauseAndSeveralScancodesInOneMessageAreKeys() throws Exception {
        Client inputs = fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(fixture.main()), Capabilities.NONE, true);
        byte[] pause = {(byte) 0xe1, 0x1d, 0x45, (byte) 0xe1, (byte) 0x9d, (byte) 0xc5};
        for (byte one : pause) {
            inputs.send(new InputsClientMessage.KeyScancode(MemorySegment.ofArray(new byte[] {one})));
        }
        inputs.send(new InputsClientMessage.KeyDown(InputSink.PAUSE));
        inputs.send(new InputsClientMessage.KeyUp(0xc59de1));
        inputs.send(new InputsClientMessage.KeyDown(0x37e02ae0));
        inputs.send(new InputsClientMessage.KeyDown(0x1e9e1e));
        inputs.send(new InputsClientMessage.KeyScancode(MemorySegment.ofArray(new byte[] {(byte) 0xe1, 1, 2, 0, 3})));
        assertEquals(
                List.of(
                        "key 451de1 down",
                        "key 451de1 up",
                        "key 451de1 down",
                        "key 451de1 up",
                        "key 2ae0 down",
                        "key 37e0 down",
                        "key 1e down",
                        "key 1e up",
                        "key 1e down",
                        "key 3 down"),
                fixture.inputs);
    }

    @Test
    void whoGoesLetsGoOfKeysAndButtons() throws Exception {
        Client inputs = fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(fixture.main()), Capabilities.NONE, true);
        inputs.send(new InputsClientMessage.KeyDown(0x1d));
        inputs.send(new InputsClientMessage.KeyDown(0x1e));
        inputs.send(new InputsClientMessage.KeyUp(0x9e));
        inputs.send(new InputsClientMessage.MousePress(3, 4));
        inputs.send(new InputsClientMessage.MousePress(200, 4));
        fixture.inputs.clear();
        inputs.close();
        assertEquals(List.of("key 1d up", "button 3 0 up"), fixture.inputs);
    }

    @Test
    void clientsHearThatThePointerHasChangedItsKind() throws Exception {
        fixture.absolute = false;
        Client obeys = fixture.main();
        Client insists = fixture.main();
        assertMode(obeys, 103, 1, 1);
        insists.send(new MainClientMessage.MouseModeRequest(1));
        insists.take();
        fixture.absolute = true;
        fixture.server.inputsChanged();
        obeys.turn();
        insists.turn();
        assertMode(obeys, MainServerMessage.MouseMode.TYPE, 3, 2);
        assertMode(insists, MainServerMessage.MouseMode.TYPE, 3, 1);
        fixture.server.inputsChanged();
        obeys.turn();
        assertTold(obeys);
        insists.send(new MainClientMessage.MouseModeRequest(2));
        assertMode(insists, MainServerMessage.MouseMode.TYPE, 3, 2);
        fixture.absolute = false;
        fixture.server.inputsChanged();
        insists.turn();
        assertMode(insists, MainServerMessage.MouseMode.TYPE, 1, 1);
        assertMode(fixture.main(), MainServerMessage.Init.TYPE, 1, 1);
    }

    private static void assertMode(Client client, int type, int supported, int current) throws Exception {
        Client.Received message = client.take().getFirst();
        assertEquals(type, message.type());
        switch (MainServerMessage.decode(type, message.segment())) {
            case MainServerMessage.Init init -> {
                assertEquals(supported, init.supportedMouseModes());
                assertEquals(current, init.currentMouseMode());
            }
            case MainServerMessage.MouseMode mode ->
                assertEquals(new MainServerMessage.MouseMode(supported, current), mode);
            default -> throw new AssertionError(type);
        }
    }

    @Test
    void everyFourthMovementIsAcknowledged() throws Exception {
        Client inputs = fixture.linked(ChannelType.INPUTS, Fixture.sessionOf(fixture.main()), Capabilities.NONE, true);
        inputs.take();
        for (int i = 0; i < 9; i++) {
            inputs.send(
                    i % 2 == 0
                            ? new InputsClientMessage.MouseMotion(1, -1, 0)
                            : new InputsClientMessage.MousePosition(i, i, 0, 0));
        }
        int ack = InputsServerMessage.MouseMotionAck.TYPE;
        assertArrayEquals(new int[] {ack, ack}, inputs.types());
        inputs.sendRaw(4711, 0);
        assertTrue(inputs.closed);
    }

    @Test
    void cursorChannelTellsWhatDiffers() throws Exception {
        Screen screen = fixture.screen;
        Client cursor = fixture.linked(ChannelType.CURSOR, Fixture.sessionOf(fixture.main()), Capabilities.NONE, true);
        assertTold(cursor, CommonServerMessage.SetAck.TYPE, CursorServerMessage.Init.TYPE);
        cursor.turn();
        assertTold(cursor);
        screen.cursorSet(1, 2, true, 9, 0, 2, 2, 0, 0, MemorySegment.ofArray(new byte[16]));
        cursor.turn();
        assertTold(cursor, CursorServerMessage.Set.TYPE);
        screen.cursorMoved(3, 4);
        screen.cursorMoved(5, 6);
        cursor.turn();
        assertTold(cursor, CursorServerMessage.Move.TYPE);
        screen.cursorHidden();
        cursor.turn();
        assertTold(cursor, CursorServerMessage.Hide.TYPE);
        screen.cursorMoved(5, 6);
        cursor.turn();
        assertTold(cursor, CursorServerMessage.Move.TYPE);
        screen.cursorTrail(3, 4);
        cursor.turn();
        assertTold(cursor, CursorServerMessage.Trail.TYPE);
        screen.cursorReset();
        cursor.turn();
        assertEquals(CursorServerMessage.InvalAll.TYPE, cursor.received.get(0).type());
        assertEquals(CursorServerMessage.Reset.TYPE, cursor.received.get(1).type());
    }

    private static void assertTold(Client client, int... types) {
        assertArrayEquals(types, client.types(), client::toString);
        client.received.clear();
    }
}
