package org.spiceshm.canvas;

/** What became of a drawing command. Unless it is {@link #DRAWN}, no pixel was touched. */
public enum Outcome {
    /** Pixels were written. */
    DRAWN,
    /** The command is in order and has no effect: everything is clipped away, or the operation keeps the destination. */
    NOTHING,
    /** The command is in order, and this canvas does not know how to draw it. */
    UNSUPPORTED,
    /** The command contradicts itself or the image it draws. */
    INVALID
}
