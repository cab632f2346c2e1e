package org.spiceshm.protocol.qxl;

/** Kinds of ring items. spice-protocol, qxl_dev.h: QXLCmdType. */
public final class QxlCommandType {
    /** Nothing. */
    public static final int NOP = 0;

    /** A QXLDrawable. */
    public static final int DRAW = 1;

    /** A QXLUpdateCmd. */
    public static final int UPDATE = 2;

    /** A QXLCursorCmd, on the cursor ring only. */
    public static final int CURSOR = 3;

    /** A text for the log. */
    public static final int MESSAGE = 4;

    /** A QXLSurfaceCmd. */
    public static final int SURFACE = 5;

    private QxlCommandType() {}
}
