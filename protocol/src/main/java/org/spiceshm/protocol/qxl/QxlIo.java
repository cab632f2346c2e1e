package org.spiceshm.protocol.qxl;

/** The I/O ports: offsets in BAR 3, written one byte at a time. spice-protocol, qxl_dev.h: QXL_IO_*. */
public final class QxlIo {
    /** The command ring has got something. */
    public static final int NOTIFY_CMD = 0;

    /** The cursor ring has got something. */
    public static final int NOTIFY_CURSOR = 1;

    /** Render an area back into guest memory, and wait. */
    public static final int UPDATE_AREA = 2;

    /** Mask or pending bits have changed: look at the interrupt level again. */
    public static final int UPDATE_IRQ = 3;

    /** The guest has run out of memory: give back what there is. */
    public static final int NOTIFY_OOM = 4;

    /** Hard reset. */
    public static final int RESET = 5;

    /** Hard reset and compat mode; the value is the id of a mode in the ROM. */
    public static final int SET_MODE = 6;

    /** A text stands in log_buf. */
    public static final int LOG = 7;

    /** Add the slot that stands in mem_slot; the value is its number. */
    public static final int MEMSLOT_ADD = 8;

    /** Delete a slot; the value is its number. */
    public static final int MEMSLOT_DEL = 9;

    /** Never implemented by any device. */
    public static final int DETACH_PRIMARY = 10;

    /** Never implemented by any device. */
    public static final int ATTACH_PRIMARY = 11;

    /** Create the primary that stands in create_surface. */
    public static final int CREATE_PRIMARY = 12;

    /** Destroy the primary. */
    public static final int DESTROY_PRIMARY = 13;

    /** Destroy a surface; the value is its number. */
    public static final int DESTROY_SURFACE_WAIT = 14;

    /** Destroy all surfaces. */
    public static final int DESTROY_ALL_SURFACES = 15;

    /** As UPDATE_AREA, answered by an interrupt. */
    public static final int UPDATE_AREA_ASYNC = 16;

    /** As MEMSLOT_ADD, answered by an interrupt. */
    public static final int MEMSLOT_ADD_ASYNC = 17;

    /** As CREATE_PRIMARY, answered by an interrupt. */
    public static final int CREATE_PRIMARY_ASYNC = 18;

    /** As DESTROY_PRIMARY, answered by an interrupt. */
    public static final int DESTROY_PRIMARY_ASYNC = 19;

    /** As DESTROY_SURFACE_WAIT, answered by an interrupt. */
    public static final int DESTROY_SURFACE_ASYNC = 20;

    /** As DESTROY_ALL_SURFACES, answered by an interrupt. */
    public static final int DESTROY_ALL_SURFACES_ASYNC = 21;

    /** Render all surfaces back into guest memory, answered by an interrupt. */
    public static final int FLUSH_SURFACES_ASYNC = 22;

    /** Publish what has been released so far. */
    public static final int FLUSH_RELEASE = 23;

    /** The monitors stand at monitors_config, answered by an interrupt. */
    public static final int MONITORS_CONFIG_ASYNC = 24;

    /** Number of ports. */
    public static final int RANGE_SIZE = 25;

    /** Whether a port is answered by the IO_CMD interrupt. */
    public static boolean isAsync(int port) {
        return UPDATE_AREA_ASYNC <= port && port < RANGE_SIZE && port != FLUSH_RELEASE;
    }

    private QxlIo() {}
}
