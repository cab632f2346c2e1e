package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.spiceshm.qxldevice.TestGuest.address;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;

/** A guest that lies at random, or changes its mind while it is read: nothing throws, nothing leaves its memory. */
class HostileGuestTest {
    private static final int PATIENCE_SECONDS = 3;

    @Test
    void cve20214207SurvivesGuestThatChangesCommandsWhileTheyAreRead() throws Exception {
        try (TestGuest guest = TestGuest.booted()) {
            long image = guest.bitmap();
            long copy = guest.copy(image);
            guest.clip(copy, 4);
            long set = guest.cursorSet();
            long clip = TestGuest.offset(QxlClip.DATA.get(guest.ram, QxlDrawable.CLIP.at(copy)));
            long[] places = {
                copy + 8,
                copy + 40,
                QxlDrawable.CLIP.at(copy) + 4,
                QxlDrawable.COPY.at(copy),
                clip,
                clip + 4,
                image + 8,
                QxlImage.BITMAP.at(image),
                QxlImage.BITMAP.at(image) + 8,
                QxlImage.BITMAP.at(image) + 20,
                guest.shape(set) + 8,
                guest.shape(set) + 16,
                QxlCursor.CHUNK.at(guest.shape(set)),
                set + 8,
                set + 12,
            };
            byte[][] originals = new byte[places.length][];
            for (int i = 0; i < places.length; i++) {
                originals[i] = guest.ram.asSlice(places[i], 8).toArray(ValueLayout.JAVA_BYTE);
            }
            long seed = System.nanoTime();
            Thread liar = Thread.ofPlatform().daemon().start(() -> {
                SplittableRandom random = new SplittableRandom(seed);
                while (!Thread.currentThread().isInterrupted()) {
                    int place = random.nextInt(places.length);
                    long lie = places[place] + random.nextInt(8);
                    byte before = originals[place][(int) (lie - places[place])];
                    guest.ram.set(ValueLayout.JAVA_BYTE, lie, (byte) random.nextInt(256));
                    VarHandle.fullFence(); // or the compiler leaves this store out
                    guest.ram.set(ValueLayout.JAVA_BYTE, lie, before);
                }
            });
            try {
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
                for (int i = 0; i < 1_000_000 && System.nanoTime() < deadline; i++) {
                    guest.draw(copy);
                    guest.device.doWork();
                    assertInside(guest, guest.sink.last());
                    guest.push(guest.cursors, QxlCommandType.CURSOR, address(set));
                    guest.device.doWork();
                    assertInside(guest, guest.sink.last());
                }
            } catch (RuntimeException | AssertionError e) {
                fail("seed " + seed, e);
            } finally {
                liar.interrupt();
                liar.join();
            }
            assertTrue(guest.device.faults().total() > 0, "no lie was seen");
            guest.takeReleased();
            guest.device.ioWrite(QxlIo.FLUSH_RELEASE, 0);
            guest.takeReleased();
            guest.assertLives();
        }
    }

    @Test
    void survivesCommandsAndPortsAtRandom() throws IOException {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try (TestGuest guest = TestGuest.booted()) {
            while (System.nanoTime() < deadline) {
                for (int i = 0; i < 200; i++) {
                    if (random.nextInt(8) == 0) {
                        writePort(guest, random);
                    } else {
                        pushCommand(guest, random);
                    }
                    guest.device.doWork();
                    assertInside(guest, guest.sink.last());
                }
                assertHonestCommandsAreReleasedOnce(guest);
            }
        } catch (RuntimeException | AssertionError e) {
            fail("seed " + seed, e);
        }
    }

    /** A good command with some bytes changed, mostly; now and then, anything. */
    private static void pushCommand(TestGuest guest, SplittableRandom random) {
        long ring = random.nextInt(4) == 0 ? guest.cursors : guest.commands;
        if (random.nextInt(16) == 0) {
            guest.push(ring, random.nextInt(8), random.nextLong());
            return;
        }
        long image = guest.bitmap();
        int type = random.nextInt(1, 6);
        long command = switch (random.nextInt(5)) {
            case 0 -> guest.fill();
            case 1 -> guest.cursorSet();
            case 2 -> guest.surfaceCreate(random.nextInt(1, 17));
            case 3 -> guest.surfaceCommand(random.nextInt(17), QxlFlags.SURFACE_DESTROY);
            default -> guest.copy(image);
        };
        if (random.nextBoolean()) {
            QxlDrawable.TYPE.set(guest.ram, command, random.nextInt(16));
        }
        if (random.nextBoolean()) {
            guest.clip(command, random.nextInt(5));
        }
        for (int changes = random.nextInt(6); changes > 0; changes--) {
            long base = random.nextBoolean() ? command : image;
            long at = base + random.nextInt(8, 191);
            byte value = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(4));
            guest.ram.set(ValueLayout.JAVA_BYTE, at, value);
        }
        if (random.nextInt(3) == 0) {
            QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(random.nextLong(guest.ram.byteSize())));
        }
        guest.push(ring, type, address(command));
    }

    private static void writePort(TestGuest guest, SplittableRandom random) {
        for (int i = random.nextInt(20); i > 0; i--) {
            long at = guest.header + random.nextLong(QxlRam.CMD_RING.offset(), QxlRam.STRUCT.size());
            guest.ram.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(256));
        }
        guest.describeUpdate(random.nextInt(20), 0, random.nextInt(-1, 70), random.nextInt(70), random.nextInt(70));
        guest.device.config().write(random.nextInt(-2, 260), 1 << random.nextInt(3), random.nextInt());
        guest.device.ioWrite(random.nextInt(-1, 33), random.nextInt(256));
    }

    private static void assertHonestCommandsAreReleasedOnce(TestGuest guest) {
        guest.device.ioWrite(QxlIo.RESET, 0);
        guest.device.config().write(0x10, 4, (int) TestGuest.RAM_BUS_ADDRESS);
        guest.device.config().write(0x14, 4, (int) TestGuest.VRAM_BUS_ADDRESS);
        guest.boot();
        List<Long> drawn = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            drawn.add(guest.fill());
            guest.draw(drawn.getLast());
            guest.device.doWork();
            assertNull(guest.sink.last().fault);
        }
        assertEquals(drawn, guest.takeReleased());
    }

    /** What the pipeline is given lies in BAR memory and in the slot, and means what the renderer will take it for. */
    private static void assertInside(TestGuest guest, CommandSlot slot) {
        if (slot.fault != null) {
            assertEquals(Kind.NONE, slot.kind);
            return;
        }
        for (int i = 0; i < slot.pieces(); i++) {
            assertInside(guest, slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        MemorySegment release = slot.releaseMemory;
        if (release != null) {
            assertInside(guest, release, slot.releaseOffset, QxlReleaseInfo.STRUCT.size());
        }
        if (slot.kind == Kind.DRAW) {
            assertTrue(0 <= slot.boxTop && slot.boxBottom <= SurfaceTable.MAX_SIDE);
            assertTrue(0 <= slot.boxLeft && slot.boxRight <= SurfaceTable.MAX_SIDE);
            if (slot.clipCount >= 0) {
                assertTrue(slot.clipOffset + slot.clipCount * QxlRect.STRUCT.size() <= slot.snapshotLength());
            }
            for (int role = 0; role < CommandSlot.IMAGE_COUNT; role++) {
                assertImage(slot, role);
            }
        }
        if (slot.dataOffset >= 0) {
            assertTrue(slot.dataOffset + slot.dataLength <= slot.snapshotLength());
        }
    }

    private static void assertImage(CommandSlot slot, int role) {
        int at = slot.imageOffset(role);
        if (at < 0 || slot.pieceCount(role) == 0) {
            return;
        }
        assertTrue(at + QxlImage.STRUCT.size() <= slot.snapshotLength());
        long needed = QxlBitmap.STRIDE.getUnsigned(slot.snapshot(), QxlImage.BITMAP.at(at))
                * QxlBitmap.Y.getUnsigned(slot.snapshot(), QxlImage.BITMAP.at(at));
        long present = 0;
        for (int i = slot.firstPiece(role); i < slot.firstPiece(role) + slot.pieceCount(role); i++) {
            present += slot.pieceLength(i);
        }
        assertTrue(needed <= present, "pixels");
        assertTrue(slot.paletteOffset(role) + 4L * slot.paletteCount(role) <= slot.snapshotLength());
    }

    private static void assertInside(TestGuest guest, MemorySegment memory, long offset, long length) {
        assertTrue(memory.equals(guest.ram) || memory.equals(guest.vram));
        assertTrue(0 <= offset && 0 <= length && offset + length <= memory.byteSize());
    }
}
