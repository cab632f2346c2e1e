package org.spiceshm.protocol.qxl;

/** Flags and small enumerations of the QXL structs. spice-protocol, qxl_dev.h and enums.h. */
public final class QxlFlags {
    /** QXLSurfaceCmd.type. */
    public static final int SURFACE_CREATE = 0;

    /** QXLSurfaceCmd.type. */
    public static final int SURFACE_DESTROY = 1;

    /** QXLSurfaceCreate.flags, QXLSurfaceCmd.flags: what the memory holds is the picture. */
    public static final int SURFACE_KEEP_DATA = 1;

    /** QXLCursorCmd.type. */
    public static final int CURSOR_SET = 0;

    /** QXLCursorCmd.type. */
    public static final int CURSOR_MOVE = 1;

    /** QXLCursorCmd.type. */
    public static final int CURSOR_HIDE = 2;

    /** QXLCursorCmd.type. */
    public static final int CURSOR_TRAIL = 3;

    /** QXLClip.type. */
    public static final int CLIP_NONE = 0;

    /** QXLClip.type. */
    public static final int CLIP_RECTS = 1;

    /** QXLBrush.type. */
    public static final int BRUSH_NONE = 0;

    /** QXLBrush.type. */
    public static final int BRUSH_SOLID = 1;

    /** QXLBrush.type. */
    public static final int BRUSH_PATTERN = 2;

    /** QXLImageDescriptor.type. */
    public static final int IMAGE_BITMAP = 0;

    /** QXLImageDescriptor.type. */
    public static final int IMAGE_QUIC = 1;

    /** QXLImageDescriptor.type. */
    public static final int IMAGE_SURFACE = 104;

    /** QXLImageDescriptor.flags. */
    public static final int IMAGE_HIGH_BITS_SET = 2;

    /** QXLBitmap.flags: data points at pixels, not at a chunk. */
    public static final int BITMAP_DIRECT = 1;

    /** QXLBitmap.flags: the first row is the top one. */
    public static final int BITMAP_TOP_DOWN = 4;

    /** QXLLineAttr.flags. */
    public static final int LINE_STYLED = 8;

    /** QXLString.flags. */
    public static final int STRING_A1 = 1;

    /** QXLString.flags. */
    public static final int STRING_A4 = 2;

    /** QXLString.flags. */
    public static final int STRING_A8 = 4;

    /** QXLDrawable.effect: the command is to be dropped. */
    public static final int EFFECT_NOP = 6;

    /** QXLComposite.flags. */
    public static final int COMPOSITE_HAS_MASK = 1 << 19;

    /** QXLComposite.flags. */
    public static final int COMPOSITE_HAS_SOURCE_TRANSFORM = 1 << 20;

    /** QXLComposite.flags. */
    public static final int COMPOSITE_HAS_MASK_TRANSFORM = 1 << 21;

    private QxlFlags() {}
}
