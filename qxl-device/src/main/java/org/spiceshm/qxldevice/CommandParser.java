package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlCompatUpdateCmd;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlSurface;
import org.spiceshm.protocol.qxl.QxlSurfaceCmd;
import org.spiceshm.protocol.qxl.QxlUpdateCmd;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Copies a command and all that it names, but for pixels, into a {@link CommandSlot}, and checks the copy. The rules are
 * spice-server's (red-parse-qxl.cpp, red-worker.cpp) without its aborts. Commands of compat mode leave it as native ones.
 * Owned by the device thread; allocates nothing.
 */
final class CommandParser {
    /** The reference looks no further for a message's end. */
    static final int MAX_MESSAGE_BYTES = 100_000;

    private final GuestMemory guest;
    private final SurfaceTable surfaces;
    private final DrawableParser drawables;
    private final CursorParser cursors;
    private boolean compat;

    CommandParser(GuestMemory guest, SurfaceTable surfaces) {
        this.guest = guest;
        this.surfaces = surfaces;
        drawables = new DrawableParser(guest, surfaces);
        cursors = new CursorParser(guest);
    }

    /** From now on commands are of the native layout. */
    void setNative() {
        compat = false;
        drawables.setCompat(false, false);
    }

    /**
     * From now on commands are of the first generation's layout.
     *
     * @param sixteenBitColours whether colours are x1r5g5b5, though the surface is of 32 bits
     */
    void setCompat(boolean sixteenBitColours) {
        compat = true;
        drawables.setCompat(true, sixteenBitColours);
    }

    /**
     * Fills {@code slot} from the ring item {@code type}, {@code physical}. On a fault the slot asks for nothing but the
     * command's release, if its release info could be found.
     */
    void parse(CommandSlot slot, int type, long physical, boolean cursorRing) {
        slot.commandType = type;
        slot.commandAddress = physical;
        slot.cursorRing = cursorRing;
        GuestFault fault = parseCommand(slot, type, physical, cursorRing);
        if (fault != null) {
            slot.fault = fault;
            slot.kind = CommandSlot.Kind.NONE;
        }
    }

    private @Nullable GuestFault parseCommand(CommandSlot slot, int type, long physical, boolean cursorRing) {
        if (type == QxlCommandType.NOP) {
            return null;
        }
        GuestFault fault = guest.findReleaseInfo(slot, physical);
        if (!(QxlCommandType.NOP < type && type <= QxlCommandType.SURFACE)) {
            return GuestFault.COMMAND_TYPE_UNKNOWN;
        }
        if (fault != null) {
            return fault;
        }
        if (cursorRing != (type == QxlCommandType.CURSOR)) {
            return GuestFault.COMMAND_ON_WRONG_RING;
        }
        return switch (type) {
            case QxlCommandType.DRAW -> drawables.parse(slot, physical);
            case QxlCommandType.SURFACE -> compat ? GuestFault.COMMAND_IN_WRONG_MODE : surfaceCommand(slot, physical);
            case QxlCommandType.CURSOR -> cursors.parse(slot, physical);
            case QxlCommandType.UPDATE -> compat ? compatUpdateCommand(slot, physical) : updateCommand(slot, physical);
            default -> guest.scanText(physical + ReleaseRing.RELEASE_INFO_BYTES, MAX_MESSAGE_BYTES);
        };
    }

    // ---- surfaces

    private @Nullable GuestFault surfaceCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlSurfaceCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        slot.surfaceId = QxlSurfaceCmd.SURFACE_ID.get(copy, 0);
        if (!(SurfaceTable.PRIMARY < slot.surfaceId && slot.surfaceId < surfaces.count())) {
            return GuestFault.SURFACE_ID_OUT_OF_RANGE;
        }
        return switch (QxlSurfaceCmd.TYPE.get(copy, 0)) {
            case QxlFlags.SURFACE_CREATE -> surfaceCreate(slot);
            case QxlFlags.SURFACE_DESTROY -> surfaceDestroy(slot);
            default -> GuestFault.SURFACE_COMMAND_UNKNOWN;
        };
    }

    private @Nullable GuestFault surfaceCreate(CommandSlot slot) {
        if (surfaces.exists(slot.surfaceId)) {
            return GuestFault.SURFACE_ALREADY_EXISTS;
        }
        MemorySegment copy = slot.snapshot();
        long create = QxlSurfaceCmd.SURFACE_CREATE.at(0);
        int formatNumber = QxlSurface.FORMAT.get(copy, create);
        int width = QxlSurface.WIDTH.get(copy, create);
        int height = QxlSurface.HEIGHT.get(copy, create);
        int stride = QxlSurface.STRIDE.get(copy, create);
        GuestFault fault = SurfaceTable.checkShape(formatNumber, width, height, stride);
        if (fault == null) {
            fault = surfaceMemory(slot, QxlSurface.DATA.get(copy, create), height, stride);
        }
        SurfaceFormat format = SurfaceFormat.ofNumber(formatNumber);
        if (fault == null && format != null) {
            slot.kind = CommandSlot.Kind.SURFACE_CREATE;
            surfaces.put(slot.surfaceId, format, width, height);
        }
        return fault;
    }

    private @Nullable GuestFault surfaceDestroy(CommandSlot slot) {
        GuestFault fault = surfaces.check(slot.surfaceId);
        if (fault == null) {
            slot.kind = CommandSlot.Kind.SURFACE_DESTROY;
            surfaces.remove(slot.surfaceId);
        }
        return fault;
    }

    /** Finds a new surface's memory; its one piece is the whole of it. */
    @Nullable
    GuestFault surfaceMemory(CommandSlot slot, long physical, int height, int stride) {
        GuestFault fault = guest.addPiece(slot, physical, SurfaceTable.bytes(height, stride));
        if (fault == null) {
            slot.surfaceMemory = slot.pieceMemory(0);
            slot.surfaceMemoryOffset = slot.pieceOffset(0);
        }
        return fault;
    }

    private @Nullable GuestFault updateCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlUpdateCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        fault = updateArea(slot, QxlUpdateCmd.SURFACE_ID.get(copy, 0), copy, QxlUpdateCmd.AREA.at(0));
        if (fault == null) {
            slot.ticket = QxlUpdateCmd.UPDATE_ID.get(copy, 0);
        }
        return fault;
    }

    private @Nullable GuestFault compatUpdateCommand(CommandSlot slot, long physical) {
        GuestFault fault = guest.copy(slot, physical, QxlCompatUpdateCmd.STRUCT.size());
        if (fault != null) {
            return fault;
        }
        MemorySegment copy = slot.snapshot();
        fault = updateArea(slot, SurfaceTable.PRIMARY, copy, QxlCompatUpdateCmd.AREA.at(0));
        if (fault == null) {
            slot.ticket = QxlCompatUpdateCmd.UPDATE_ID.get(copy, 0);
        }
        return fault;
    }

    /** Makes the slot ask for an area to be written back; the area is cut to the surface. */
    @Nullable
    GuestFault updateArea(CommandSlot slot, int surface, MemorySegment copy, long area) {
        GuestFault fault = surfaces.check(surface);
        if (fault != null) {
            return fault;
        }
        slot.surfaceId = surface;
        slot.boxTop = QxlRect.TOP.get(copy, area);
        slot.boxLeft = QxlRect.LEFT.get(copy, area);
        slot.boxBottom = Math.min(QxlRect.BOTTOM.get(copy, area), surfaces.height(surface));
        slot.boxRight = Math.min(QxlRect.RIGHT.get(copy, area), surfaces.width(surface));
        boolean valid =
                0 <= slot.boxTop && slot.boxTop < slot.boxBottom && 0 <= slot.boxLeft && slot.boxLeft < slot.boxRight;
        if (!valid) {
            return GuestFault.UPDATE_AREA_INVALID;
        }
        slot.kind = CommandSlot.Kind.UPDATE_AREA;
        return null;
    }
}
