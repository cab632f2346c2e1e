package org.spiceshm.server;

import org.spiceshm.protocol.spice.CursorShape;

/**
 * The pointer, as it is now. Immutable; a new one for every change, and a cursor channel says what differs from the one
 * that it told last.
 *
 * @param shapeVersion counts shapes, so that the same shape set again is told again
 * @param resets how often the device has been reset
 */
record CursorState(
        int x,
        int y,
        boolean visible,
        CursorShape shape,
        long shapeVersion,
        int trailLength,
        int trailFrequency,
        long resets) {
    static final CursorState INITIAL = new CursorState(0, 0, false, new CursorShape.None(), 0, 0, 0, 0);
}
