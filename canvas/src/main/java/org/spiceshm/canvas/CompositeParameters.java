package org.spiceshm.canvas;

/**
 * How a COMPOSITE combines its pictures: the flag word of QXLComposite (spice-protocol, qxl_dev.h: SPICE_COMPOSITE_*),
 * the origins and the transforms. Owned by the render thread; reused for every command.
 */
public final class CompositeParameters {
    static final int COMPONENT_ALPHA = 1 << 18;
    static final int HAS_MASK = 1 << 19;
    static final int HAS_SOURCE_TRANSFORM = 1 << 20;
    static final int HAS_MASK_TRANSFORM = 1 << 21;
    static final int SOURCE_OPAQUE = 1 << 22;

    static final int REPEAT_NONE = 0;
    static final int REPEAT_NORMAL = 1;
    static final int REPEAT_PAD = 2;
    static final int REPEAT_REFLECT = 3;

    final Transform sourceTransform = new Transform();
    final Transform maskTransform = new Transform();
    int sourceX;
    int sourceY;
    int maskX;
    int maskY;

    private int flags;

    /** Takes the flag word; origins become zero and transforms the identity. */
    public void reset(int newFlags) {
        flags = newFlags;
        sourceX = sourceY = maskX = maskY = 0;
        sourceTransform.identity();
        maskTransform.identity();
    }

    /** The source's pixel, before its transform, at the box's left-top corner; 16 bits each. */
    public void sourceOrigin(int x, int y) {
        sourceX = (short) x;
        sourceY = (short) y;
    }

    /** The mask's pixel, before its transform, at the box's left-top corner; 16 bits each. */
    public void maskOrigin(int x, int y) {
        maskX = (short) x;
        maskY = (short) y;
    }

    /** Where the source is looked at, 16.16 numbers; counts only if the flags say that there is a transform. */
    public void sourceTransform(int t00, int t01, int t02, int t10, int t11, int t12) {
        if ((flags & HAS_SOURCE_TRANSFORM) != 0) {
            sourceTransform.set(t00, t01, t02, t10, t11, t12);
        }
    }

    /** Where the mask is looked at, 16.16 numbers; counts only if the flags say that there is a transform. */
    public void maskTransform(int t00, int t01, int t02, int t10, int t11, int t12) {
        if ((flags & HAS_MASK_TRANSFORM) != 0) {
            maskTransform.set(t00, t01, t02, t10, t11, t12);
        }
    }

    /** Whether the command has a mask picture. */
    public boolean hasMask() {
        return (flags & HAS_MASK) != 0;
    }

    int operator() {
        return flags & 0xff;
    }

    int sourceFilter() {
        return flags >>> 8 & 7;
    }

    int maskFilter() {
        return flags >>> 11 & 7;
    }

    int sourceRepeat() {
        return flags >>> 14 & 3;
    }

    int maskRepeat() {
        return flags >>> 16 & 3;
    }

    boolean componentAlpha() {
        return (flags & COMPONENT_ALPHA) != 0;
    }

    boolean sourceOpaque() {
        return (flags & SOURCE_OPAQUE) != 0;
    }
}
