package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.DisplayListener;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.guestdriver.GuestMemory;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;

/** What the client shows is what stood in the guest's memory, to the byte. */
@Timeout(60)
final class GuestPixelTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 200;
    private static final int FLIPPED_X = 123;
    private static final int FLIPPED_Y = 77;
    private static final int FLIPPED_BITS = 0x40;
    private static final long IMAGE_OFFSET = 512;
    private static final long PIXELS_OFFSET = 1024;
    private static final int EFFECT_OPAQUE = 1;
    private static final int ROP_PUT = 8;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"SHM", "NORMAL"})
    void aByteFlippedInGuestMemoryBeforeThePushIsFoundInThePicture(Mode mode) throws IOException {
        try (InProcessServer server =
                new InProcessServer(directory, QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults())) {
            QxlDriver driver = server.driver();
            driver.createPrimary(WIDTH, HEIGHT, 4 * WIDTH, SurfaceFormat.XRGB_32.number(), 0, 1, 0, 0, true);
            long address = driver.allocate(GuestMemory.RAM, PIXELS_OFFSET + 4L * WIDTH * HEIGHT);
            int owner = driver.addOwner(released -> {});
            int[] pixels = new Random(20130814).ints((long) WIDTH * HEIGHT).toArray();
            store(driver.memory(), address, pixels);
            describe(driver.memory(), address, QxlDriver.releaseId(address, owner));

            driver.push(QxlCommandType.DRAW, address);
            driver.awaitConsumed();
            try (SpiceClient client = server.connect(mode, DisplayListener.NONE)) {
                Picture before = Picture.of(client.display().awaitStable(200, Deadline.inMillis(10_000)));
                Picture.assertSame(new Picture(WIDTH, HEIGHT, pixels), before, "before the flip");
                driver.awaitRelease();

                flip(driver.memory(), address);
                driver.push(QxlCommandType.DRAW, address);
                Picture after = awaitOther(client, before);

                assertEquals(1, before.differingPixels(after));
                assertEquals(before.pixel(FLIPPED_X, FLIPPED_Y) ^ FLIPPED_BITS << 8, after.pixel(FLIPPED_X, FLIPPED_Y));
            }
        }
    }

    @Test
    void aByteFlippedAndNotPushedStaysUnseen() throws IOException {
        try (InProcessServer server =
                new InProcessServer(directory, QxlConfig.forPrimary(WIDTH, HEIGHT), PipelineOptions.defaults())) {
            QxlDriver driver = server.driver();
            driver.createPrimary(WIDTH, HEIGHT, 4 * WIDTH, SurfaceFormat.XRGB_32.number(), 0, 1, 0, 0, true);
            long address = driver.allocate(GuestMemory.RAM, PIXELS_OFFSET + 4L * WIDTH * HEIGHT);
            int owner = driver.addOwner(released -> {});
            int[] pixels = new Random(20130815).ints((long) WIDTH * HEIGHT).toArray();
            store(driver.memory(), address, pixels);
            describe(driver.memory(), address, QxlDriver.releaseId(address, owner));
            driver.push(QxlCommandType.DRAW, address);
            driver.awaitRelease();
            flip(driver.memory(), address);
            try (SpiceClient client = server.connect(Mode.SHM, DisplayListener.NONE)) {
                Picture shown = Picture.of(client.display().awaitStable(300, Deadline.inMillis(10_000)));
                Picture.assertSame(new Picture(WIDTH, HEIGHT, pixels), shown, "without a push");
            }
        }
    }

    private static Picture awaitOther(SpiceClient client, Picture before) throws IOException {
        Deadline deadline = Deadline.inMillis(10_000);
        Picture now = Picture.of(client.display().awaitStable(100, deadline));
        while (now.differingPixels(before) == 0 && !deadline.hasPassed()) {
            now = Picture.of(client.display().awaitStable(100, deadline));
        }
        return now;
    }

    private static void store(GuestMemory memory, long address, int[] pixels) {
        MemorySegment.copy(
                pixels,
                0,
                memory.segment(address),
                ValueLayout.JAVA_INT_UNALIGNED,
                memory.offset(address) + PIXELS_OFFSET,
                pixels.length);
    }

    /** The green byte of one pixel. */
    private static void flip(GuestMemory memory, long address) {
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address) + PIXELS_OFFSET + 4L * (FLIPPED_Y * WIDTH + FLIPPED_X) + 1;
        segment.set(ValueLayout.JAVA_BYTE, at, (byte) (segment.get(ValueLayout.JAVA_BYTE, at) ^ FLIPPED_BITS));
    }

    /** A COPY of the whole bitmap onto the whole primary. */
    private static void describe(GuestMemory memory, long address, long releaseId) {
        MemorySegment segment = memory.segment(address);
        long at = memory.offset(address);
        segment.asSlice(at, PIXELS_OFFSET).fill((byte) 0);
        QxlReleaseInfo.ID.set(segment, QxlDrawable.RELEASE_INFO.at(at), releaseId);
        QxlDrawable.EFFECT.set(segment, at, EFFECT_OPAQUE);
        QxlDrawable.TYPE.set(segment, at, QxlDrawType.COPY);
        QxlClip.TYPE.set(segment, QxlDrawable.CLIP.at(at), QxlFlags.CLIP_NONE);
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            QxlSurfaceId.SURFACE_ID.set(segment, QxlDrawable.SURFACES_DEST.at(at, i), -1);
        }
        whole(segment, QxlDrawable.BBOX.at(at));
        long copy = QxlDrawable.COPY.at(at);
        QxlCopy.SRC_BITMAP.set(segment, copy, address + IMAGE_OFFSET);
        whole(segment, QxlCopy.SRC_AREA.at(copy));
        QxlCopy.ROP_DESCRIPTOR.set(segment, copy, ROP_PUT);
        long image = at + IMAGE_OFFSET;
        QxlImageDescriptor.TYPE.set(segment, QxlImage.DESCRIPTOR.at(image), QxlFlags.IMAGE_BITMAP);
        QxlImageDescriptor.WIDTH.set(segment, QxlImage.DESCRIPTOR.at(image), WIDTH);
        QxlImageDescriptor.HEIGHT.set(segment, QxlImage.DESCRIPTOR.at(image), HEIGHT);
        long bitmap = QxlImage.BITMAP.at(image);
        QxlBitmap.FORMAT.set(segment, bitmap, BitmapFormat.BIT_32.number());
        QxlBitmap.FLAGS.set(segment, bitmap, QxlFlags.BITMAP_DIRECT | QxlFlags.BITMAP_TOP_DOWN);
        QxlBitmap.X.set(segment, bitmap, WIDTH);
        QxlBitmap.Y.set(segment, bitmap, HEIGHT);
        QxlBitmap.STRIDE.set(segment, bitmap, 4 * WIDTH);
        QxlBitmap.DATA.set(segment, bitmap, address + PIXELS_OFFSET);
    }

    private static void whole(MemorySegment segment, long at) {
        QxlRect.TOP.set(segment, at, 0);
        QxlRect.LEFT.set(segment, at, 0);
        QxlRect.BOTTOM.set(segment, at, HEIGHT);
        QxlRect.RIGHT.set(segment, at, WIDTH);
    }
}
