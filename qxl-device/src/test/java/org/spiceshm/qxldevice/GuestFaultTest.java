package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.spiceshm.qxldevice.TestGuest.address;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlAlphaBlend;
import org.spiceshm.protocol.qxl.QxlBitmap;
import org.spiceshm.protocol.qxl.QxlBrush;
import org.spiceshm.protocol.qxl.QxlClip;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCommandRing;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlComposite;
import org.spiceshm.protocol.qxl.QxlCopy;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlDataChunk;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFill;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlImage;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlLineAttr;
import org.spiceshm.protocol.qxl.QxlOpaque;
import org.spiceshm.protocol.qxl.QxlPalette;
import org.spiceshm.protocol.qxl.QxlPath;
import org.spiceshm.protocol.qxl.QxlPathSeg;
import org.spiceshm.protocol.qxl.QxlQMask;
import org.spiceshm.protocol.qxl.QxlQuicData;
import org.spiceshm.protocol.qxl.QxlRasterGlyph;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlString;
import org.spiceshm.protocol.qxl.QxlStroke;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlSurfaceId;
import org.spiceshm.protocol.qxl.QxlText;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;
import org.spiceshm.protocol.spice.CursorType;

/** Each fault that a command can be: counted, released, told once, survived. */
class GuestFaultTest {
    private static final int DRAW = QxlCommandType.DRAW;
    private static final int SURFACE = QxlCommandType.SURFACE;
    private static final int CLIP_RECTS = 2000;

    private TestGuest guest;

    @BeforeEach
    void boot() throws IOException {
        guest = TestGuest.booted();
    }

    @AfterEach
    void close() {
        guest.close();
    }

    // ---- addresses

    @Test
    void rejectsAddressOfSlotThatNoGuestMayUse() {
        guest.assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, guest.commands, DRAW, guest.fill(), List.of());
        guest.assertFaultAgain(GuestFault.SLOT_ID_OUT_OF_RANGE, DRAW, 255L << 56);
    }

    @Test
    void cve20193813RejectsSlotNumberEqualToTheNumberOfSlots() {
        guest.assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, guest.commands, DRAW, 8L << 56, List.of());
    }

    @Test
    void cve20100428RejectsPointersThatNameNoSlot() {
        long fill = guest.fill();
        guest.clip(fill, 1);
        QxlClip.DATA.set(guest.ram, QxlDrawable.CLIP.at(fill), 0xdead_beefL);
        guest.assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, DRAW, fill);
    }

    @Test
    void rejectsAddressOfSlotThatHasNotBeenAdded() {
        guest.assertFault(GuestFault.SLOT_INACTIVE, guest.commands, DRAW, 7L << 56, List.of());
    }

    @Test
    void rejectsAddressOfAnotherGeneration() {
        long address = address(guest.fill()) | 1L << 48;
        guest.assertFault(GuestFault.SLOT_GENERATION_MISMATCH, guest.commands, DRAW, address, List.of());
    }

    @Test
    void cve20224144RejectsCommandThatBeginsInTheSlotAndEndsOutside() {
        long last = guest.header - QxlDrawable.STRUCT.size() + 1;
        QxlReleaseInfo.ID.set(guest.ram, last, last);
        guest.assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, DRAW, last);
    }

    @Test
    void takesCommandThatEndsWhereTheSlotEnds() {
        long last = guest.header - QxlDrawable.STRUCT.size();
        guest.ram.asSlice(last, QxlDrawable.STRUCT.size()).copyFrom(guest.ram.asSlice(guest.fill(), 191));
        QxlReleaseInfo.ID.set(guest.ram, last, last);
        guest.draw(last);
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(List.of(last), guest.takeReleased());
    }

    @Test
    void releasesNothingWhenTheReleaseInfoItselfLeavesTheSlot() {
        guest.assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, guest.commands, DRAW, address(guest.header - 7), List.of());
    }

    @Test
    void rejectsDrawableWhoseBitmapLeavesTheSlot() {
        long image = guest.bitmap();
        QxlBitmap.FLAGS.set(guest.ram, QxlImage.BITMAP.at(image), QxlFlags.BITMAP_DIRECT);
        QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(guest.header - 128 * 32 + 1));
        guest.assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, DRAW, guest.copy(image));
    }

    // ---- rings and commands

    @Test
    void losesTheContentsOfRingWhoseIndexIsOutOfRangeAndIsKnockedAtAgain() {
        int produced = QxlCommandRing.PROD.get(guest.ram, guest.commands) + 33;
        QxlCommandRing.PROD.set(guest.ram, guest.commands, produced);
        guest.device.doWork();
        assertEquals(1, guest.device.faults().of(GuestFault.RING_INDEX_OUT_OF_RANGE));
        assertTrue((guest.takePending() & QxlInterrupt.ERROR) != 0);
        assertEquals(produced, QxlCommandRing.CONS.get(guest.ram, guest.commands));
        assertEquals(produced + 1, QxlCommandRing.NOTIFY_ON_PROD.get(guest.ram, guest.commands));
        guest.assertLives();
    }

    @Test
    void rejectsUnknownCommandType() {
        long at = guest.fill();
        guest.assertFault(GuestFault.COMMAND_TYPE_UNKNOWN, 6, at);
        guest.assertFaultAgain(GuestFault.COMMAND_TYPE_UNKNOWN, -1, address(at));
        guest.assertFaultAgain(GuestFault.COMMAND_TYPE_UNKNOWN, Integer.MIN_VALUE, 0);
    }

    @Test
    void takesCommandThatIsNothing() {
        guest.push(guest.commands, QxlCommandType.NOP, 0);
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(CommandSlot.Kind.NONE, guest.sink.last().kind);
    }

    @Test
    void rejectsDrawableOnTheCursorRing() {
        long fill = guest.fill();
        guest.assertFault(GuestFault.COMMAND_ON_WRONG_RING, guest.cursors, DRAW, address(fill), List.of(fill));
    }

    @Test
    void rejectsCursorOnTheCommandRing() {
        guest.assertFault(
                GuestFault.COMMAND_ON_WRONG_RING, QxlCommandType.CURSOR, guest.cursorCommand(QxlFlags.CURSOR_HIDE));
    }

    @Test
    void rejectsMessageWithoutEnd() {
        long text = guest.allocate(8 + CommandParser.MAX_MESSAGE_BYTES + 1L);
        QxlReleaseInfo.ID.set(guest.ram, text, text);
        guest.ram.asSlice(text + 8, CommandParser.MAX_MESSAGE_BYTES).fill((byte) 'a');
        guest.assertFault(GuestFault.MESSAGE_TOO_LONG, QxlCommandType.MESSAGE, text);
        guest.ram.set(ValueLayout.JAVA_BYTE, text + 8 + 50, (byte) 0);
        guest.push(guest.commands, QxlCommandType.MESSAGE, address(text));
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
    }

    @Test
    void rejectsMessageThatRunsOutOfTheSlot() {
        long text = guest.header - 100;
        guest.ram.asSlice(text, 100).fill((byte) 'a');
        QxlReleaseInfo.ID.set(guest.ram, text, text);
        guest.assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, QxlCommandType.MESSAGE, text);
    }

    @Test
    void rejectsUnknownDrawType() {
        guest.assertFault(GuestFault.DRAW_TYPE_UNKNOWN, DRAW, guest.drawable(15));
    }

    @Test
    void rejectsCommandWithMoreBehindItThanSlotHolds() {
        long stroke = stroke(1);
        long path = TestGuest.offset(QxlStroke.PATH.get(guest.ram, QxlDrawable.STROKE.at(stroke)));
        long large = guest.allocate(QxlPath.STRUCT.size() + CommandSlot.MAX_SNAPSHOT_BYTES);
        guest.ram.asSlice(large, 24).copyFrom(guest.ram.asSlice(path, 24));
        QxlDataChunk.DATA_SIZE.set(guest.ram, QxlPath.CHUNK.at(large), CommandSlot.MAX_SNAPSHOT_BYTES);
        QxlStroke.PATH.set(guest.ram, QxlDrawable.STROKE.at(stroke), address(large));
        guest.assertFault(GuestFault.COMMAND_TOO_LARGE, DRAW, stroke);
    }

    // ---- chunk lists

    @Test
    void rejectsCircleOfEmptyChunks() {
        long image = guest.bitmap();
        long chunk = guest.chunk(0);
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, chunk, address(chunk));
        QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(chunk));
        guest.assertFault(GuestFault.CHUNKS_TOO_MANY, DRAW, guest.copy(image));
    }

    @Test
    void rejectsCircleOfSmallChunks() {
        long set = guest.cursorSet();
        long chunk = QxlCursor.CHUNK.at(guest.shape(set));
        QxlDataChunk.DATA_SIZE.set(guest.ram, chunk, 1);
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, chunk, address(chunk));
        guest.assertFault(GuestFault.CHUNKS_TOO_MANY, guest.cursors, QxlCommandType.CURSOR, address(set), List.of(set));
    }

    @Test
    void rejectsChunksThatAddUpToTooMuch() {
        long image = guest.bitmap();
        long chunk = guest.chunk(1 << 20);
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, chunk, address(chunk));
        QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(chunk));
        guest.assertFault(GuestFault.CHUNK_DATA_TOO_LARGE, DRAW, guest.copy(image));
    }

    @Test
    void rejectsChunkWhoseBytesLeaveTheSlot() {
        long image = guest.bitmap();
        long chunk = guest.chunk(128 * 32);
        QxlDataChunk.DATA_SIZE.set(guest.ram, chunk, -1 >>> 1);
        QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(chunk));
        guest.assertFault(GuestFault.ADDRESS_OUTSIDE_SLOT, DRAW, guest.copy(image));
    }

    @Test
    void takesPixelsOfSeveralChunksAndSkipsTheEmpty() {
        long image = guest.bitmap();
        long first = guest.chunk(128 * 31);
        long empty = guest.chunk(0);
        long last = guest.chunk(128);
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, first, address(empty));
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, empty, address(last));
        QxlBitmap.DATA.set(guest.ram, QxlImage.BITMAP.at(image), address(first));
        guest.draw(guest.copy(image));
        guest.device.doWork();
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(2, slot.pieceCount(CommandSlot.SOURCE));
        assertEquals(first + QxlDataChunk.STRUCT.size(), slot.pieceOffset(0));
        assertEquals(128 * 31, slot.pieceLength(0));
        assertEquals(last + QxlDataChunk.STRUCT.size(), slot.pieceOffset(1));
        assertEquals(128, slot.pieceLength(1));
    }

    // ---- surfaces

    @Test
    void cve20155260RejectsDrawableOntoSurfaceOutOfRange() {
        long fill = guest.fill();
        QxlDrawable.SURFACE_ID.set(guest.ram, fill, TestGuest.SIZES.surfaces());
        guest.assertFault(GuestFault.SURFACE_ID_OUT_OF_RANGE, DRAW, fill);
        QxlDrawable.SURFACE_ID.set(guest.ram, fill, -1);
        guest.assertFaultAgain(GuestFault.SURFACE_ID_OUT_OF_RANGE, DRAW, address(fill));
    }

    @Test
    void cve20155260RejectsDrawableOntoAbsentSurface() {
        long fill = guest.fill();
        QxlDrawable.SURFACE_ID.set(guest.ram, fill, 3);
        guest.assertFault(GuestFault.SURFACE_ABSENT, DRAW, fill);
    }

    @Test
    void cve20155260RejectsImageOfAbsentSurface() {
        long image = guest.allocate(QxlImage.STRUCT);
        QxlImageDescriptor.TYPE.set(guest.ram, image, QxlFlags.IMAGE_SURFACE);
        QxlSurfaceId.SURFACE_ID.set(guest.ram, QxlImage.SURFACE_IMAGE.at(image), 5);
        guest.assertFault(GuestFault.SURFACE_ABSENT, DRAW, guest.copy(image));
    }

    @Test
    void cve20155260RejectsSurfaceCommandOutOfRange() {
        guest.assertFault(GuestFault.SURFACE_ID_OUT_OF_RANGE, SURFACE, guest.surfaceCreate(16));
        guest.assertFaultAgain(GuestFault.SURFACE_ID_OUT_OF_RANGE, SURFACE, address(guest.surfaceCreate(0)));
        guest.assertFaultAgain(GuestFault.SURFACE_ID_OUT_OF_RANGE, SURFACE, address(guest.surfaceCreate(-1)));
    }

    @Test
    void cve20155260RejectsDependencyThatDoesNotExist() {
        long fill = guest.fill();
        QxlSurfaceId.SURFACE_ID.set(guest.ram, QxlDrawable.SURFACES_DEST.at(fill, 2), 1 << 30);
        guest.assertFault(GuestFault.SURFACE_DEPENDENCY_ABSENT, DRAW, fill);
    }

    @Test
    void rejectsDestructionOfAbsentSurface() {
        long destroy = guest.surfaceCommand(4, QxlFlags.SURFACE_DESTROY);
        guest.assertFault(GuestFault.SURFACE_ABSENT, SURFACE, destroy);
    }

    @Test
    void rejectsCreationOfSurfaceThatExists() {
        guest.push(guest.commands, SURFACE, address(guest.surfaceCreate(1)));
        guest.device.doWork();
        guest.assertFault(GuestFault.SURFACE_ALREADY_EXISTS, SURFACE, guest.surfaceCreate(1));
    }

    @Test
    void rejectsUnknownSurfaceCommand() {
        guest.assertFault(GuestFault.SURFACE_COMMAND_UNKNOWN, SURFACE, guest.surfaceCommand(1, 2));
    }

    @Test
    void rejectsUnknownSurfaceFormat() {
        long create = guest.surfaceCreate(1);
        QxlSurface.FORMAT.set(guest.ram, QxlSurfaceCmd.SURFACE_CREATE.at(create), 33);
        guest.assertFault(GuestFault.SURFACE_FORMAT_UNKNOWN, SURFACE, create);
    }

    @Test
    void rejectsSurfaceWithoutArea() {
        long create = guest.surfaceCreate(1);
        QxlSurface.HEIGHT.set(guest.ram, QxlSurfaceCmd.SURFACE_CREATE.at(create), 0);
        guest.assertFault(GuestFault.SURFACE_SIZE_ZERO, SURFACE, create);
    }

    @Test
    void rejectsSurfaceWhoseSizeOverflows() {
        long create = guest.surfaceCreate(1);
        long surface = QxlSurfaceCmd.SURFACE_CREATE.at(create);
        QxlSurface.WIDTH.set(guest.ram, surface, 0x0800_0004);
        QxlSurface.HEIGHT.set(guest.ram, surface, 0x4000_0020);
        guest.assertFault(GuestFault.SURFACE_TOO_LARGE, SURFACE, create);
        QxlSurface.WIDTH.set(guest.ram, surface, SurfaceTable.MAX_SIDE);
        QxlSurface.HEIGHT.set(guest.ram, surface, SurfaceTable.MAX_SIDE);
        QxlSurface.STRIDE.set(guest.ram, surface, 4 * SurfaceTable.MAX_SIDE);
        guest.assertFaultAgain(GuestFault.SURFACE_TOO_LARGE, SURFACE, address(create));
    }

    @Test
    void rejectsSurfaceWhoseStrideIsInvalid() {
        long create = guest.surfaceCreate(1);
        long surface = QxlSurfaceCmd.SURFACE_CREATE.at(create);
        QxlSurface.STRIDE.set(guest.ram, surface, 124);
        guest.assertFault(GuestFault.SURFACE_STRIDE_INVALID, SURFACE, create);
        for (int stride : new int[] {130, -124, 0, Integer.MIN_VALUE}) {
            QxlSurface.STRIDE.set(guest.ram, surface, stride);
            guest.assertFaultAgain(GuestFault.SURFACE_STRIDE_INVALID, SURFACE, address(create));
        }
    }

    // ---- drawables

    @Test
    void cve20155261RejectsBoxOutsideTheSurface() {
        int side = TestGuest.SIDE;
        int[][] boxes = {
            {0, 0, side + 1, 1}, {0, 0, 1, side + 1}, {-1, 0, 1, 1}, {0, -1, 1, 1}, {0, 0, -1, 1}, {0, 0, 1, -1}
        };
        boolean first = true;
        for (int[] box : boxes) {
            long fill = guest.fill();
            guest.rect(QxlDrawable.BBOX.at(fill), box[0], box[1], box[2], box[3]);
            if (first) {
                guest.assertFault(GuestFault.BOX_OUTSIDE_SURFACE, DRAW, fill);
                first = false;
            } else {
                guest.assertFaultAgain(GuestFault.BOX_OUTSIDE_SURFACE, DRAW, address(fill));
            }
        }
    }

    @Test
    void rejectsUnknownClipType() {
        long fill = guest.fill();
        QxlClip.TYPE.set(guest.ram, QxlDrawable.CLIP.at(fill), 2);
        guest.assertFault(GuestFault.CLIP_TYPE_UNKNOWN, DRAW, fill);
    }

    @Test
    void rejectsClipRectsThatDoNotFillTheirChunks() {
        long fill = guest.fill();
        guest.clip(fill, 3);
        long clip = TestGuest.offset(QxlClip.DATA.get(guest.ram, QxlDrawable.CLIP.at(fill)));
        QxlClipRects.NUM_RECTS.set(guest.ram, clip, 2);
        guest.assertFault(GuestFault.CLIP_RECTS_MISMATCH, DRAW, fill);
    }

    @Test
    void rejectsTooManyClipRects() {
        long fill = guest.fill();
        guest.clip(fill, 1);
        long clip = TestGuest.offset(QxlClip.DATA.get(guest.ram, QxlDrawable.CLIP.at(fill)));
        QxlClipRects.NUM_RECTS.set(guest.ram, clip, 0x1000_0001);
        guest.assertFault(GuestFault.CLIP_RECTS_TOO_MANY, DRAW, fill);
    }

    @Test
    void copiesTheClipRectsThatTheChunksHold() {
        long fill = guest.fill();
        guest.clip(fill, CLIP_RECTS);
        guest.draw(fill);
        guest.device.doWork();
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(CLIP_RECTS, slot.clipCount);
        assertEquals(1999, GuestMemory.intAt(slot, slot.clipOffset + 16 * 1999));
        assertEquals(2001, GuestMemory.intAt(slot, slot.clipOffset + 16 * 1999 + 12));
    }

    @Test
    void rejectsUnknownBrush() {
        long fill = guest.fill();
        QxlBrush.TYPE.set(guest.ram, QxlFill.BRUSH.at(QxlDrawable.FILL.at(fill)), 3);
        guest.assertFault(GuestFault.BRUSH_TYPE_UNKNOWN, DRAW, fill);
    }

    @Test
    void rejectsOperationsWithoutAnImage() {
        long copy = guest.drawable(QxlDrawType.COPY);
        // Some drivers set it on COPY, where it means nothing.
        QxlDrawable.SELF_BITMAP.set(guest.ram, copy, 1);
        guest.assertFault(GuestFault.IMAGE_ABSENT, DRAW, copy);
        int[] others = {
            QxlDrawType.BLEND,
            QxlDrawType.OPAQUE,
            QxlDrawType.ROP3,
            QxlDrawType.TRANSPARENT,
            QxlDrawType.ALPHA_BLEND,
            QxlDrawType.COMPOSITE
        };
        for (int type : others) {
            guest.assertFaultAgain(GuestFault.IMAGE_ABSENT, DRAW, address(guest.drawable(type)));
        }
    }

    @Test
    void rejectsImageTypeThatOnlyServersSend() {
        long image = guest.bitmap();
        QxlImageDescriptor.TYPE.set(guest.ram, image, 102);
        guest.assertFault(GuestFault.IMAGE_TYPE_NOT_ALLOWED, DRAW, guest.copy(image));
    }

    @Test
    void cve20155261RejectsUnknownBitmapFormat() {
        long image = guest.bitmap();
        QxlBitmap.FORMAT.set(guest.ram, QxlImage.BITMAP.at(image), 11);
        guest.assertFault(GuestFault.BITMAP_FORMAT_UNKNOWN, DRAW, guest.copy(image));
        QxlBitmap.FORMAT.set(guest.ram, QxlImage.BITMAP.at(image), 0);
        guest.assertFaultAgain(GuestFault.BITMAP_FORMAT_UNKNOWN, DRAW, address(guest.copy(image)));
    }

    @Test
    void rejectsBitmapWithoutArea() {
        long image = guest.bitmap();
        QxlBitmap.X.set(guest.ram, QxlImage.BITMAP.at(image), 0);
        guest.assertFault(GuestFault.BITMAP_SIZE_INVALID, DRAW, guest.copy(image));
    }

    @Test
    void cve20155261RejectsBitmapWhoseStrideIsTooSmall() {
        long image = guest.bitmap();
        QxlBitmap.STRIDE.set(guest.ram, QxlImage.BITMAP.at(image), 127);
        guest.assertFault(GuestFault.BITMAP_STRIDE_TOO_SMALL, DRAW, guest.copy(image));
        QxlBitmap.X.set(guest.ram, QxlImage.BITMAP.at(image), -1);
        guest.assertFaultAgain(GuestFault.BITMAP_STRIDE_TOO_SMALL, DRAW, address(guest.copy(image)));
    }

    @Test
    void cve20155261RejectsBitmapOfMoreThanTwoGibibytes() {
        long image = guest.bitmap();
        long bitmap = QxlImage.BITMAP.at(image);
        QxlBitmap.STRIDE.set(guest.ram, bitmap, 0x8000_0000);
        guest.assertFault(GuestFault.BITMAP_TOO_LARGE, DRAW, guest.copy(image));
        QxlBitmap.STRIDE.set(guest.ram, bitmap, 0x2000_0010);
        QxlBitmap.X.set(guest.ram, bitmap, 0x0800_0004);
        QxlBitmap.Y.set(guest.ram, bitmap, 0x4000_0020);
        guest.assertFaultAgain(GuestFault.BITMAP_TOO_LARGE, DRAW, address(guest.copy(image)));
    }

    @Test
    void cve20155261RejectsBitmapWithTooFewBytes() {
        long image = guest.bitmap();
        QxlBitmap.Y.set(guest.ram, QxlImage.BITMAP.at(image), 33);
        guest.assertFault(GuestFault.BITMAP_DATA_TOO_SHORT, DRAW, guest.copy(image));
    }

    @Test
    void rejectsPaletteFormatWithoutPalette() {
        guest.assertFault(GuestFault.PALETTE_ABSENT, DRAW, guest.copy(palettized(0)));
    }

    @Test
    void rejectsPaletteOfMoreEntriesThanTheFormatNames() {
        guest.assertFault(GuestFault.PALETTE_TOO_LARGE, DRAW, guest.copy(palettized(257)));
    }

    @Test
    void copiesPalette() {
        guest.draw(guest.copy(palettized(256)));
        guest.device.doWork();
        CommandSlot slot = guest.sink.last();
        assertNull(slot.fault);
        assertEquals(256, slot.paletteCount(CommandSlot.SOURCE));
    }

    @Test
    void rejectsMaskThatIsNotOfOneBit() {
        long fill = guest.fill();
        QxlQMask.BITMAP.set(guest.ram, QxlFill.MASK.at(QxlDrawable.FILL.at(fill)), address(guest.bitmap()));
        guest.assertFault(GuestFault.MASK_FORMAT_INVALID, DRAW, fill);
    }

    @Test
    void cve20155261RejectsSourceAreaOutsideTheImage() {
        boolean first = true;
        for (int[] area : new int[][] {{0, 0, 33, 32}, {0, 0, 32, 33}, {-1, 0, 1, 1}, {0, -1, 1, 1}, {5, 5, 4, 6}}) {
            long copy = guest.copy(guest.bitmap());
            guest.rect(QxlCopy.SRC_AREA.at(QxlDrawable.COPY.at(copy)), area[0], area[1], area[2], area[3]);
            if (first) {
                guest.assertFault(GuestFault.SOURCE_AREA_OUTSIDE_IMAGE, DRAW, copy);
                first = false;
            } else {
                guest.assertFaultAgain(GuestFault.SOURCE_AREA_OUTSIDE_IMAGE, DRAW, address(copy));
            }
        }
    }

    @Test
    void rejectsPathWhoseSegmentsDoNotFit() {
        long stroke = stroke(2);
        long path = TestGuest.offset(QxlStroke.PATH.get(guest.ram, QxlDrawable.STROKE.at(stroke)));
        long segment = path + QxlPath.STRUCT.size();
        QxlPathSeg.COUNT.set(guest.ram, segment, 3);
        guest.assertFault(GuestFault.PATH_MALFORMED, DRAW, stroke);
        QxlPathSeg.COUNT.set(guest.ram, segment, -1);
        guest.assertFaultAgain(GuestFault.PATH_MALFORMED, DRAW, address(stroke));
        QxlPathSeg.COUNT.set(guest.ram, segment, 2);
        guest.draw(stroke);
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
    }

    @Test
    void rejectsPathAtNoAddress() {
        long stroke = stroke(2);
        QxlStroke.PATH.set(guest.ram, QxlDrawable.STROKE.at(stroke), -QxlPath.CHUNK.offset());
        guest.assertFault(GuestFault.SLOT_ID_OUT_OF_RANGE, DRAW, stroke);
    }

    @Test
    void rejectsStringWhoseGlyphsDoNotFit() {
        long text = text();
        long string = TestGuest.offset(QxlText.STR.get(guest.ram, QxlDrawable.TEXT.at(text)));
        QxlString.LENGTH.set(guest.ram, string, 2);
        guest.assertFault(GuestFault.STRING_MALFORMED, DRAW, text);
        QxlString.LENGTH.set(guest.ram, string, 0);
        guest.assertFaultAgain(GuestFault.STRING_MALFORMED, DRAW, address(text));
        QxlString.LENGTH.set(guest.ram, string, 1);
        QxlString.FLAGS.set(guest.ram, string, 8);
        guest.assertFaultAgain(GuestFault.STRING_MALFORMED, DRAW, address(text));
        QxlString.FLAGS.set(guest.ram, string, QxlFlags.STRING_A8);
        QxlString.DATA_SIZE.set(guest.ram, string, 1);
        guest.assertFaultAgain(GuestFault.STRING_MALFORMED, DRAW, address(text));
    }

    @Test
    void takesString() {
        guest.draw(text());
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertTrue(guest.sink.last().styleOffset >= 0);
    }

    @Test
    void rejectsLineStyleWithoutDashes() {
        long stroke = stroke(2);
        QxlLineAttr.FLAGS.set(guest.ram, QxlStroke.ATTR.at(QxlDrawable.STROKE.at(stroke)), QxlFlags.LINE_STYLED);
        guest.assertFault(GuestFault.LINE_STYLE_MALFORMED, DRAW, stroke);
    }

    @Test
    void takesQuicImage() {
        guest.draw(guest.copy(quic(16)));
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(1, guest.sink.last().pieceCount(CommandSlot.SOURCE));
    }

    @Test
    void rejectsQuicImageWithoutAreaOrWithMorePixelsThanTheLimit() {
        long image = quic(16);
        QxlImageDescriptor.WIDTH.set(guest.ram, image, 0);
        guest.assertFault(GuestFault.QUIC_SIZE_INVALID, DRAW, guest.copy(image));
        for (int[] size : new int[][] {{-1, 1}, {1, -1}, {32767, 1}, {4097, 4096}}) {
            QxlImageDescriptor.WIDTH.set(guest.ram, image, size[0]);
            QxlImageDescriptor.HEIGHT.set(guest.ram, image, size[1]);
            guest.assertFaultAgain(GuestFault.QUIC_SIZE_INVALID, DRAW, address(guest.copy(image)));
        }
    }

    @Test
    void rejectsQuicImageWhoseBytesAreNotThere() {
        long image = quic(16);
        QxlQuicData.DATA_SIZE.set(guest.ram, QxlImage.QUIC.at(image), 17);
        guest.assertFault(GuestFault.QUIC_DATA_SIZE_MISMATCH, DRAW, guest.copy(image));
        QxlQuicData.DATA_SIZE.set(guest.ram, QxlImage.QUIC.at(image), 0);
        guest.assertFaultAgain(GuestFault.QUIC_DATA_SIZE_MISMATCH, DRAW, address(guest.copy(image)));
        QxlQuicData.DATA_SIZE.set(guest.ram, QxlImage.QUIC.at(image), -1);
        guest.assertFaultAgain(GuestFault.QUIC_DATA_SIZE_MISMATCH, DRAW, address(guest.copy(image)));
    }

    @Test
    void rejectsQuicImageWhoseChunksAreACircle() {
        long image = quic(16);
        long chunk = QxlImage.QUIC.at(image) + QxlQuicData.STRUCT.size();
        QxlDataChunk.DATA_SIZE.set(guest.ram, chunk, 0);
        QxlDataChunk.NEXT_CHUNK.set(guest.ram, chunk, address(chunk));
        guest.assertFault(GuestFault.CHUNKS_TOO_MANY, DRAW, guest.copy(image));
    }

    @Test
    void rejectsQuicMask() {
        long fill = guest.fill();
        QxlQMask.BITMAP.set(guest.ram, QxlFill.MASK.at(QxlDrawable.FILL.at(fill)), address(quic(16)));
        guest.assertFault(GuestFault.MASK_FORMAT_INVALID, DRAW, fill);
    }

    @Test
    void takesSelfBitmap() {
        guest.draw(selfBitmap(0, 0, 8, 8));
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
    }

    @Test
    void rejectsSelfBitmapOutsideTheSurface() {
        guest.assertFault(GuestFault.SELF_BITMAP_OUTSIDE_SURFACE, DRAW, selfBitmap(-1, 0, 8, 8));
        for (int[] area : new int[][] {{0, -1, 8, 8}, {0, 0, 0x7fff_ffff, 8}, {0, 0, 8, 0x7fff_ffff}, {8, 0, 8, 8}}) {
            guest.assertFaultAgain(
                    GuestFault.SELF_BITMAP_OUTSIDE_SURFACE,
                    DRAW,
                    address(selfBitmap(area[0], area[1], area[2], area[3])));
        }
    }

    @Test
    void cve20155261RejectsSourceAreaOutsideTheSelfBitmap() {
        long blend = selfBitmap(0, 0, 8, 8);
        guest.rect(QxlAlphaBlend.SRC_AREA.at(QxlDrawable.ALPHA_BLEND.at(blend)), 0, 0, 9, 8);
        guest.assertFault(GuestFault.SOURCE_AREA_OUTSIDE_IMAGE, DRAW, blend);
        guest.rect(QxlAlphaBlend.SRC_AREA.at(QxlDrawable.ALPHA_BLEND.at(blend)), 0, -1, 8, 8);
        guest.assertFaultAgain(GuestFault.SOURCE_AREA_OUTSIDE_IMAGE, DRAW, address(blend));
    }

    @Test
    void takesEveryOperationOnAnImage() {
        long image = address(guest.bitmap());
        long opaque = guest.drawable(QxlDrawType.OPAQUE);
        QxlOpaque.SRC_BITMAP.set(guest.ram, QxlDrawable.OPAQUE.at(opaque), image);
        guest.rect(QxlOpaque.SRC_AREA.at(QxlDrawable.OPAQUE.at(opaque)), 0, 0, 1, 1);
        long blend = guest.drawable(QxlDrawType.ALPHA_BLEND);
        QxlAlphaBlend.SRC_BITMAP.set(guest.ram, QxlDrawable.ALPHA_BLEND.at(blend), image);
        guest.rect(QxlAlphaBlend.SRC_AREA.at(QxlDrawable.ALPHA_BLEND.at(blend)), 0, 0, 1, 1);
        long composite = guest.drawable(QxlDrawType.COMPOSITE);
        QxlComposite.SRC.set(guest.ram, QxlDrawable.COMPOSITE.at(composite), image);
        QxlComposite.MASK.set(guest.ram, QxlDrawable.COMPOSITE.at(composite), image);
        QxlComposite.SRC_TRANSFORM.set(guest.ram, QxlDrawable.COMPOSITE.at(composite), image);
        long[] all = {opaque, blend, composite, guest.drawable(QxlDrawType.COPY_BITS), guest.drawable(0)};
        for (long drawable : all) {
            guest.draw(drawable);
            guest.device.doWork();
            assertNull(guest.sink.last().fault);
            assertEquals(CommandSlot.Kind.DRAW, guest.sink.last().kind);
        }
    }

    @Test
    void dropsDrawableWhoseEffectIsNothing() {
        long fill = guest.fill();
        QxlDrawable.EFFECT.set(guest.ram, fill, QxlFlags.EFFECT_NOP);
        guest.draw(fill);
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(CommandSlot.Kind.NONE, guest.sink.last().kind);
        assertEquals(List.of(fill), guest.takeReleased());
    }

    @Test
    void rejectsUpdateCommandOfEmptyArea() {
        long update = guest.allocate(QxlUpdateCmd.STRUCT);
        QxlReleaseInfo.ID.set(guest.ram, update, update);
        guest.assertFault(GuestFault.UPDATE_AREA_INVALID, QxlCommandType.UPDATE, update);
    }

    // ---- the pointer

    @Test
    void rejectsUnknownCursorCommand() {
        assertCursorFault(GuestFault.CURSOR_COMMAND_UNKNOWN, guest.cursorCommand(4));
    }

    @Test
    void rejectsUnknownCursorType() {
        long set = guest.cursorSet();
        QxlCursorHeader.TYPE.set(guest.ram, guest.shape(set), 7);
        assertCursorFault(GuestFault.CURSOR_TYPE_UNKNOWN, set);
    }

    @Test
    void cve20214206RejectsCursorLargerThanItsLimit() {
        long set = guest.cursorSet();
        QxlCursorHeader.WIDTH.set(guest.ram, guest.shape(set), 513);
        assertCursorFault(GuestFault.CURSOR_TOO_LARGE, set);
    }

    @Test
    void cve20214207RejectsCursorWithFewerBytesThanItsSizeNeeds() {
        long set = guest.cursorSet();
        QxlCursorHeader.WIDTH.set(guest.ram, guest.shape(set), 17);
        assertCursorFault(GuestFault.CURSOR_DATA_TOO_SHORT, set);
    }

    @Test
    void takesCursor() {
        long set = guest.cursorSet();
        guest.push(guest.cursors, QxlCommandType.CURSOR, address(set));
        guest.device.doWork();
        assertNull(guest.sink.last().fault);
        assertEquals(4 * 16 * 16, guest.sink.last().dataLength);
        assertEquals(List.of(set), guest.takeReleased());
    }

    @Test
    void knowsTheBytesOfEveryKindOfCursor() {
        // 17 x 2: three mask bytes and nine nibble pairs a row.
        assertEquals(136, CursorType.ALPHA.dataBytes(17, 2));
        assertEquals(12, CursorType.MONO.dataBytes(17, 2));
        assertEquals(18 + 64 + 6, CursorType.COLOR4.dataBytes(17, 2));
        assertEquals(34 + 1024 + 6, CursorType.COLOR8.dataBytes(17, 2));
        assertEquals(68 + 6, CursorType.COLOR16.dataBytes(17, 2));
        assertEquals(102 + 6, CursorType.COLOR24.dataBytes(17, 2));
        assertEquals(136 + 6, CursorType.COLOR32.dataBytes(17, 2));
    }

    // ---- helpers

    private void assertCursorFault(GuestFault fault, long command) {
        guest.assertFault(fault, guest.cursors, QxlCommandType.CURSOR, address(command), List.of(command));
    }

    private long palettized(int entries) {
        long image = guest.bitmap();
        QxlBitmap.FORMAT.set(guest.ram, QxlImage.BITMAP.at(image), 5);
        if (entries != 0) {
            long palette = guest.allocate(QxlPalette.STRUCT.size() + 4L * entries);
            QxlPalette.NUM_ENTS.set(guest.ram, palette, entries);
            QxlBitmap.PALETTE.set(guest.ram, QxlImage.BITMAP.at(image), address(palette));
        }
        return image;
    }

    /** A picture of 32 x 32 that says it is QUIC, with so many bytes in one chunk. */
    private long quic(int bytes) {
        long image = guest.allocate(QxlImage.STRUCT.size() + QxlDataChunk.STRUCT.size() + bytes);
        QxlImageDescriptor.TYPE.set(guest.ram, image, QxlFlags.IMAGE_QUIC);
        QxlImageDescriptor.WIDTH.set(guest.ram, image, 32);
        QxlImageDescriptor.HEIGHT.set(guest.ram, image, 32);
        long quic = QxlImage.QUIC.at(image);
        QxlQuicData.DATA_SIZE.set(guest.ram, quic, bytes);
        QxlDataChunk.DATA_SIZE.set(guest.ram, quic + QxlQuicData.STRUCT.size(), bytes);
        return image;
    }

    /** An ALPHA_BLEND of a part of the surface itself: top, left, bottom, right. */
    private long selfBitmap(int top, int left, int bottom, int right) {
        long blend = guest.drawable(QxlDrawType.ALPHA_BLEND);
        QxlDrawable.SELF_BITMAP.set(guest.ram, blend, 1);
        guest.rect(QxlDrawable.SELF_BITMAP_AREA.at(blend), top, left, bottom, right);
        guest.rect(QxlAlphaBlend.SRC_AREA.at(QxlDrawable.ALPHA_BLEND.at(blend)), 0, 0, 8, 8);
        return blend;
    }

    /** Lines along one segment of so many points. */
    private long stroke(int points) {
        int bytes = (int) QxlPathSeg.STRUCT.size() + points * QxlPathSeg.POINT_BYTES;
        long path = guest.allocate(QxlPath.STRUCT.size() + bytes);
        QxlDataChunk.DATA_SIZE.set(guest.ram, QxlPath.CHUNK.at(path), bytes);
        QxlPathSeg.COUNT.set(guest.ram, path + QxlPath.STRUCT.size(), points);
        long at = guest.drawable(QxlDrawType.STROKE);
        QxlStroke.PATH.set(guest.ram, QxlDrawable.STROKE.at(at), address(path));
        return at;
    }

    /** One A8 glyph of 3 x 2. */
    private long text() {
        int bytes = (int) QxlRasterGlyph.STRUCT.size() + 6;
        long string = guest.allocate(QxlString.STRUCT.size() + bytes);
        QxlString.DATA_SIZE.set(guest.ram, string, bytes);
        QxlString.LENGTH.set(guest.ram, string, 1);
        QxlString.FLAGS.set(guest.ram, string, QxlFlags.STRING_A8);
        QxlDataChunk.DATA_SIZE.set(guest.ram, QxlString.CHUNK.at(string), bytes);
        long glyph = string + QxlString.STRUCT.size();
        QxlRasterGlyph.WIDTH.set(guest.ram, glyph, 3);
        QxlRasterGlyph.HEIGHT.set(guest.ram, glyph, 2);
        long at = guest.drawable(QxlDrawType.TEXT);
        QxlText.STR.set(guest.ram, QxlDrawable.TEXT.at(at), address(string));
        return at;
    }
}
