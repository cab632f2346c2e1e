package org.spiceshm.protocol.qxl;

/** Kinds of drawables. spice-protocol, qxl_dev.h: QXL_DRAW_*. */
public final class QxlDrawType {
    /** Nothing. */
    public static final int NOP = 0;

    /** QXLFill. */
    public static final int FILL = 1;

    /** QXLOpaque. */
    public static final int OPAQUE = 2;

    /** QXLCopy. */
    public static final int COPY = 3;

    /** QXLCopyBits. */
    public static final int COPY_BITS = 4;

    /** QXLBlend. */
    public static final int BLEND = 5;

    /** QXLBlackness. */
    public static final int BLACKNESS = 6;

    /** QXLWhiteness. */
    public static final int WHITENESS = 7;

    /** QXLInvers. */
    public static final int INVERS = 8;

    /** QXLRop3. */
    public static final int ROP3 = 9;

    /** QXLStroke. */
    public static final int STROKE = 10;

    /** QXLText. */
    public static final int TEXT = 11;

    /** QXLTransparent. */
    public static final int TRANSPARENT = 12;

    /** QXLAlphaBlend. */
    public static final int ALPHA_BLEND = 13;

    /** QXLComposite. */
    public static final int COMPOSITE = 14;

    private QxlDrawType() {}
}
