package org.spiceshm.protocol.qxl;

/** Interrupt bits of int_pending and int_mask. spice-protocol, qxl_dev.h: QXL_INTERRUPT_*. */
public final class QxlInterrupt {
    /** The command ring has room, or the release ring has got something. */
    public static final int DISPLAY = 1;

    /** The cursor ring has room. */
    public static final int CURSOR = 1 << 1;

    /** An asynchronous port is done. */
    public static final int IO_CMD = 1 << 2;

    /** A guest fault. */
    public static final int ERROR = 1 << 3;

    /** Clients have come or gone. */
    public static final int CLIENT = 1 << 4;

    /** The client asks for other monitors. */
    public static final int CLIENT_MONITORS_CONFIG = 1 << 5;

    private QxlInterrupt() {}
}
