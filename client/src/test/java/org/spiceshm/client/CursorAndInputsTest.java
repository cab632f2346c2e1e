package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.CursorServerMessage;
import org.spiceshm.protocol.spice.CursorShape;
import org.spiceshm.protocol.spice.CursorType;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.InputsClientMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.Point16;

@Timeout(30)
class CursorAndInputsTest {
    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().with(ChannelType.DISPLAY, connection -> {
        connection.send(new DisplayServerMessage.Mark());
        connection.drain();
    });

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    private static CursorShape.Pixels shape(CursorType type, int width, int height, int... data) {
        byte[] bytes = new byte[data.length];
        for (int i = 0; i < data.length; i++) {
            bytes[i] = (byte) data[i];
        }
        return new CursorShape.Pixels(
                new CursorShape.Header(77, type, width, height, 1, 0), true, MemorySegment.ofArray(bytes));
    }

    @Test
    void drawsAlphaPointersOverTheFrame() throws Exception {
        SpiceUri uri = server.with(ChannelType.CURSOR, connection -> {
                    connection.send(new CursorServerMessage.Init(
                            new Point16(1, 0),
                            0,
                            0,
                            true,
                            shape(CursorType.ALPHA, 2, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80)));
                    connection.drain();
                })
                .listenUnix(directory);
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withCursor())) {
            CursorView pointer = client.awaitCursor(Deadline.inMillis(10_000));
            assertTrue(pointer.visible());
            Frame frame = new Frame(3, 1, 0, new int[3]).withPointer(pointer);
            assertEquals(0xff0000, frame.pixel(0, 0));
            assertEquals(0x808080, frame.pixel(1, 0));
            assertEquals(0, frame.pixel(2, 0));
            // Half outside.
            assertEquals(
                    0x808080,
                    new Frame(1, 1, 0, new int[1]).withPointer(pointer.at(0, 0)).pixel(0, 0));
        }
    }

    @Test
    void knowsTheFourPixelsOfMonochromePointersAndTheCache() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        // AND 1100, XOR 1010: inverse, clear, white, black.
        CursorShape.Pixels mono = shape(CursorType.MONO, 4, 1, 0xc0, 0xa0);
        SpiceUri uri = server.with(ChannelType.CURSOR, connection -> {
                    connection.send(
                            new CursorServerMessage.Init(new Point16(0, 0), 0, 0, true, new CursorShape.None()));
                    connection.send(new CursorServerMessage.Set(new Point16(1, 0), true, mono));
                    connection.send(new CursorServerMessage.Hide());
                    connection.send(new CursorServerMessage.Set(
                            new Point16(5, 0), true, new CursorShape.FromCache(mono.header())));
                    connection.send(new CursorServerMessage.Move(new Point16(1, 0)));
                    seen.await();
                    connection.drain();
                })
                .listenUnix(directory);
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withCursor())) {
            client.awaitCursor(Deadline.inMillis(10_000));
            seen.countDown();
            Deadline deadline = Deadline.inMillis(10_000);
            // A message is counted when it is read, and acted on a little later: the last one moves the pointer from 5
            // to 1.
            boolean moved = false;
            CursorView pointer = client.cursor();
            while (!moved && !deadline.hasPassed()) {
                boolean read = client.statistics().get(2).messagesRead() >= 5;
                pointer = client.cursor();
                moved = read && pointer.visible() && pointer.x() == 1;
            }
            Frame frame = new Frame(4, 1, 0, new int[] {0x123456, 0x123456, 0x123456, 0x123456}).withPointer(pointer);
            assertEquals(0xedcba9, frame.pixel(0, 0));
            assertEquals(0x123456, frame.pixel(1, 0));
            assertEquals(0xffffff, frame.pixel(2, 0));
            assertEquals(0, frame.pixel(3, 0));
        }
    }

    @Test
    void sendsScancodesAsTheWireWantsThem() throws Exception {
        LinkedBlockingQueue<String> got = new LinkedBlockingQueue<>();
        SpiceUri uri = server.with(ChannelType.INPUTS, connection -> {
                    connection.send(new InputsServerMessage.Init(2));
                    for (int i = 0; i < 4; i++) {
                        int type = i < 2 ? InputsClientMessage.KeyDown.TYPE : InputsClientMessage.KeyUp.TYPE;
                        got.add(InputsClientMessage.decode(type, connection.await(type))
                                .toString());
                    }
                    connection.drain();
                })
                .listenUnix(directory);
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withInputs())) {
            client.inputs().press(0x1d, 0xe053);
            assertEquals("KeyDown[code=" + 0x1d + "]", got.poll(10, TimeUnit.SECONDS));
            assertEquals("KeyDown[code=" + 0x53e0 + "]", got.poll(10, TimeUnit.SECONDS));
            assertEquals("KeyUp[code=" + 0xd3e0 + "]", got.poll(10, TimeUnit.SECONDS));
            assertEquals("KeyUp[code=" + 0x9d + "]", got.poll(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void holdsPositionsBackUntilTheServerHasTakenSome() throws Exception {
        CountDownLatch eight = new CountDownLatch(8);
        CountDownLatch acknowledge = new CountDownLatch(1);
        LinkedBlockingQueue<InputsClientMessage> after = new LinkedBlockingQueue<>();
        int type = InputsClientMessage.MousePosition.TYPE;
        SpiceUri uri = server.with(ChannelType.INPUTS, connection -> {
                    for (int i = 0; i < 8; i++) {
                        connection.await(type);
                        eight.countDown();
                    }
                    acknowledge.await();
                    connection.send(new InputsServerMessage.MouseMotionAck());
                    after.add(InputsClientMessage.decode(type, connection.await(type)));
                    connection.drain();
                })
                .listenUnix(directory);
        try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri).withInputs())) {
            for (int i = 0; i < 20; i++) {
                client.inputs().position(i, i, 0);
            }
            assertTrue(eight.await(10, TimeUnit.SECONDS));
            assertFalse(client.statistics().get(2).messagesWritten() > 8);
            acknowledge.countDown();
            assertEquals(new InputsClientMessage.MousePosition(19, 19, 0, 0), after.poll(10, TimeUnit.SECONDS));
        }
    }
}
