package org.spiceshm.qxldevice;

import org.spiceshm.protocol.qxl.QxlIo;

/** What the device is being used as. */
public enum DeviceMode {
    /** Just reset and without VGA, or without a primary; the rings are read. */
    UNDEFINED,
    /** A plain VGA card, as a device with VGA is after a reset; the rings are not read, the picture is looked at. */
    VGA,
    /** A primary was created by a native driver. */
    NATIVE,
    /** A first-generation driver has set a mode: one surface, drawn on by commands of another layout. */
    COMPAT;

    /** Whether a port, if there is one of that number, does anything in this mode (QEMU, qxl.c, ioport_write). */
    boolean acts(int port) {
        return switch (this) {
            case UNDEFINED, NATIVE -> true;
            case VGA ->
                switch (port) {
                    case QxlIo.RESET,
                            QxlIo.SET_MODE,
                            QxlIo.MEMSLOT_ADD,
                            QxlIo.MEMSLOT_ADD_ASYNC,
                            QxlIo.MEMSLOT_DEL,
                            QxlIo.CREATE_PRIMARY,
                            QxlIo.CREATE_PRIMARY_ASYNC,
                            QxlIo.UPDATE_IRQ,
                            QxlIo.LOG,
                            QxlIo.DETACH_PRIMARY,
                            QxlIo.ATTACH_PRIMARY -> true;
                    default -> !(0 <= port && port < QxlIo.RANGE_SIZE);
                };
            case COMPAT ->
                switch (port) {
                    // These name surfaces, or are younger than them.
                    case QxlIo.DESTROY_SURFACE_WAIT,
                            QxlIo.DESTROY_SURFACE_ASYNC,
                            QxlIo.FLUSH_SURFACES_ASYNC,
                            QxlIo.MONITORS_CONFIG_ASYNC -> false;
                    default -> true;
                };
        };
    }
}
