package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlCursorCmd;
import org.spiceshm.protocol.qxl.QxlCursorHeader;
import org.spiceshm.protocol.qxl.QxlCursorSet;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.spice.CursorType;

/** Copies pointer commands and their shapes into a {@link CommandSlot}, and checks the copy. Owned by the device thread. */
final class CursorParser {
    /** CVE-2021-4206: so that no product of the two overflows. */
    static final int MAX_CURSOR_SIDE = 512;

    private final GuestMemory guest;

    CursorParser(GuestMemory guest) {
        this.guest = guest;
    }

    @Nullable
    GuestFault parse(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCursorCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        slot.kind = CommandSlot.Kind.CURSOR;
        MemorySegment copy = slot.snapshot();
        return switch (QxlCursorCmd.TYPE.get(copy, 0)) {
            case QxlFlags.CURSOR_SET -> cursorShape(slot, QxlCursorSet.SHAPE.get(copy, QxlCursorCmd.SET.at(0)));
            case QxlFlags.CURSOR_MOVE, QxlFlags.CURSOR_HIDE, QxlFlags.CURSOR_TRAIL -> null;
            default -> GuestFault.CURSOR_COMMAND_UNKNOWN;
        };
    }

    private @Nullable GuestFault cursorShape(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCursor.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        int header = guest.copiedTo();
        // CVE-2021-4207: width and height are taken from the copy, here and ever after.
        MemorySegment copy = slot.snapshot();
        int type = QxlCursorHeader.TYPE.get(copy, header);
        int width = QxlCursorHeader.WIDTH.get(copy, header);
        int height = QxlCursorHeader.HEIGHT.get(copy, header);
        CursorType shape = CursorType.ofNumber(type);
        if (shape == null) {
            return GuestFault.CURSOR_TYPE_UNKNOWN;
        }
        if (!(width <= MAX_CURSOR_SIDE && height <= MAX_CURSOR_SIDE)) {
            return GuestFault.CURSOR_TOO_LARGE;
        }
        fault = guest.walkChunks(slot, physical + QxlCursor.CHUNK.offset());
        if (fault != null) {
            return fault;
        }
        long needed = shape.dataBytes(width, height);
        if (!(needed <= guest.chunkBytes() && needed <= QxlCursor.DATA_SIZE.getUnsigned(copy, header))) {
            return GuestFault.CURSOR_DATA_TOO_SHORT;
        }
        fault = guest.linearize(slot);
        slot.styleOffset = header;
        slot.dataOffset = guest.copiedTo();
        slot.dataLength = (int) needed;
        return fault;
    }
}
