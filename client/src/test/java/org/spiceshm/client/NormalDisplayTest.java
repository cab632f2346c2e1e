package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.Brush;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.DisplayBase;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.Image;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.Point;
import org.spiceshm.protocol.spice.QMask;
import org.spiceshm.protocol.spice.SurfaceFormat;

@Timeout(30)
class NormalDisplayTest {
    private static final int PUT = 8;
    private static final int RED = 0xff0000;
    private static final int GREEN = 0x00ff00;

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer();

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    static DisplayServerMessage.SurfaceCreate screen(int width, int height) {
        return new DisplayServerMessage.SurfaceCreate(
                0, width, height, SurfaceFormat.XRGB_32, DisplayServerMessage.SurfaceCreate.PRIMARY);
    }

    static DrawMessage.Fill fill(int surface, int width, int height, int color) {
        return fill(surface, Rect.ofSize(width, height), color);
    }

    private static DrawMessage.Fill fill(int surface, Rect box, int color) {
        return new DrawMessage.Fill(
                new DisplayBase(surface, box, new Clip.None()), new Brush.Solid(color), PUT, QMask.NONE);
    }

    private static DrawMessage.Copy copy(Rect box, Image image, Rect area) {
        return new DrawMessage.Copy(new DisplayBase(0, box, new Clip.None()), image, area, PUT, 0, QMask.NONE);
    }

    private static Image.Descriptor descriptor(long id, int flags, int width, int height) {
        return new Image.Descriptor(id, flags, width, height);
    }

    private static Image.Bitmap bitmap32(long id, int flags, int width, int... pixels) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(pixels);
        int height = pixels.length / width;
        return new Image.Bitmap(
                descriptor(id, flags, width, height),
                BitmapFormat.BIT_32,
                true,
                width,
                height,
                4 * width,
                new PaletteRef.None(),
                MemorySegment.ofArray(bytes.array()));
    }

    private SpiceClient connect(boolean tcp, FakeServer.Script display) throws Exception {
        server.with(ChannelType.DISPLAY, display);
        SpiceUri uri = tcp ? server.listenTcp() : server.listenUnix(directory);
        return SpiceClient.connect(ConnectOptions.to(uri));
    }

    /** Another screen also ends a wait for damage. */
    private static long awaitSequence(SpiceClient client, long sequence) throws SpiceClientException {
        long told = client.display().sequence();
        while (told < sequence) {
            told = client.display().awaitDamage(told, soon());
        }
        return told;
    }

    private static Deadline soon() {
        return Deadline.inMillis(10_000);
    }

    @Test
    void drawsFillsRawImagesPalettesAndSurfacesOverTcp() throws Exception {
        Palette palette = new Palette(5, MemorySegment.ofArray(new byte[] {1, 2, 3, 0, 4, 5, 6, 0}));
        Image.Bitmap indexed = new Image.Bitmap(
                descriptor(0, 0, 2, 1),
                BitmapFormat.BIT_8,
                true,
                2,
                1,
                2,
                new PaletteRef.Inline(palette, true),
                MemorySegment.ofArray(new byte[] {1, 0}));
        Image.Bitmap again = new Image.Bitmap(
                descriptor(0, 0, 2, 1),
                BitmapFormat.BIT_8,
                true,
                2,
                1,
                2,
                new PaletteRef.FromCache(5),
                MemorySegment.ofArray(new byte[] {0, 1}));
        Rect pair = Rect.ofSize(2, 1);
        try (SpiceClient client = connect(true, connection -> {
            connection.send(screen(8, 4));
            connection.send(fill(0, 8, 4, RED));
            connection.send(copy(pair, bitmap32(9, Image.Descriptor.CACHE_ME, 2, 0x112233, 0x445566), pair));
            connection.send(copy(new Rect(1, 0, 2, 2), new Image.FromCache(descriptor(9, 0, 2, 1), false), pair));
            connection.send(copy(new Rect(2, 0, 3, 2), indexed, pair));
            connection.send(copy(new Rect(3, 0, 4, 2), again, pair));
            connection.send(new DisplayServerMessage.SurfaceCreate(7, 2, 1, SurfaceFormat.XRGB_32, 0));
            connection.send(fill(7, 2, 1, GREEN));
            connection.send(copy(new Rect(0, 4, 1, 6), new Image.Surface(descriptor(0, 0, 2, 1), 7), pair));
            connection.send(new DisplayServerMessage.SurfaceDestroy(7));
            connection.send(new DrawMessage.CopyBits(
                    new DisplayBase(0, new Rect(1, 4, 2, 6), new Clip.None()), new Point(4, 0)));
            connection.send(new DisplayServerMessage.InvalList(List.of(new DisplayServerMessage.Resource(1, 9))));
            connection.send(new DisplayServerMessage.Mark());
            connection.drain();
        })) {
            assertEquals(8, awaitSequence(client, 8));
            Frame frame = client.display().capture(soon());
            assertEquals(0x112233, frame.pixel(0, 0));
            assertEquals(0x445566, frame.pixel(1, 1));
            assertEquals(0x060504, frame.pixel(0, 2));
            assertEquals(0x030201, frame.pixel(1, 2));
            assertEquals(0x030201, frame.pixel(0, 3));
            assertEquals(GREEN, frame.pixel(5, 0));
            assertEquals(GREEN, frame.pixel(5, 1));
            assertEquals(RED, frame.pixel(7, 3));
            assertFalse(client.isUsingSharedMemory());
            assertEquals("shared memory needs a Unix socket", client.display().modeReason());
        }
    }

    @Test
    void waitsForTheWholePictureBeforeItCaptures() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (SpiceClient client = connect(false, connection -> {
            connection.send(screen(8, 4));
            connection.send(fill(0, Rect.ofSize(1, 1), RED));
            go.await();
            connection.send(fill(0, 8, 4, GREEN));
            connection.drain();
        })) {
            awaitSequence(client, 1);
            SpiceClientException e = assertThrows(
                    SpiceClientException.class, () -> client.display().capture(Deadline.inMillis(30)));
            assertEquals(SpiceClientException.Kind.TIMEOUT, e.kind());
            go.countDown();
            assertEquals(GREEN, client.display().capture(soon()).pixel(7, 3));
        }
    }

    @Test
    void takesAMarkedScreenThatNobodyDrawsOnForBlackInTheEnd() throws Exception {
        try (SpiceClient client = connect(false, connection -> {
            connection.send(screen(8, 4));
            connection.send(new DisplayServerMessage.Mark());
            connection.drain();
        })) {
            assertEquals(0, client.display().capture(soon()).pixel(0, 0));
        }
    }

    @Test
    void showsSixteenBitScreensWhoseColoursAreNativePixels() throws Exception {
        try (SpiceClient client = connect(false, connection -> {
            connection.send(new DisplayServerMessage.SurfaceCreate(
                    0, 8, 4, SurfaceFormat.RGB_565, DisplayServerMessage.SurfaceCreate.PRIMARY));
            connection.send(fill(0, 8, 4, 0x8410));
            connection.send(new DisplayServerMessage.Mark());
            connection.drain();
        })) {
            assertEquals(0x848284, client.display().capture(soon()).pixel(3, 3));
        }
    }

    @Test
    void refusesAPictureThatWouldBeWrongUntilAllOfItIsDrawnAnew() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Image missing = new Image.FromCache(descriptor(3, 0, 8, 4), false);
        try (SpiceClient client = connect(false, connection -> {
            connection.send(screen(8, 4));
            connection.send(fill(0, 8, 4, RED));
            connection.send(copy(Rect.ofSize(8, 4), missing, Rect.ofSize(8, 4)));
            connection.send(new DisplayServerMessage.Mark());
            go.await();
            connection.send(fill(0, 8, 4, GREEN));
            connection.drain();
        })) {
            awaitSequence(client, 2);
            SpiceClientException e = assertThrows(
                    SpiceClientException.class, () -> client.display().capture(soon()));
            assertEquals(SpiceClientException.Kind.UNSUPPORTED, e.kind());
            assertTrue(e.getMessage().contains("not in the cache"), e.getMessage());
            assertEquals(1, client.display().statistics().undecodedImages());
            go.countDown();
            awaitSequence(client, 3);
            assertEquals(GREEN, client.display().capture(soon()).pixel(0, 0));
        }
    }

    @Test
    void followsAChangeOfResolution() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (SpiceClient client = connect(false, connection -> {
            connection.send(screen(8, 4));
            connection.send(fill(0, 8, 4, RED));
            go.await();
            connection.send(new DisplayServerMessage.SurfaceDestroy(0));
            connection.send(screen(16, 4));
            connection.send(fill(0, 16, 4, GREEN));
            done.countDown();
            connection.drain();
        })) {
            assertEquals(8, client.display().capture(soon()).width());
            go.countDown();
            assertTrue(done.await(10, TimeUnit.SECONDS));
            awaitSequence(client, 2);
            assertEquals(GREEN, client.display().capture(soon()).pixel(15, 3));
        }
    }

    @Test
    void refusesADrawingOnASurfaceThatDoesNotExist() throws Exception {
        try (SpiceClient client = connect(false, connection -> {
            connection.send(screen(8, 4));
            connection.send(fill(3, 8, 4, RED));
            connection.drain();
        })) {
            SpiceClientException e = assertThrows(
                    SpiceClientException.class, () -> client.display().capture(soon()));
            assertEquals(SpiceClientException.Kind.PROTOCOL, e.kind());
            assertTrue(e.getMessage().contains("DisplayBase.surface_id"), e.getMessage());
        }
    }
}
