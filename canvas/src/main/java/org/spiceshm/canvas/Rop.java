package org.spiceshm.canvas;

/**
 * Two-operand raster operations. A rop descriptor (spice-protocol, enums.h: SpiceRopd; resolved as spice-common's
 * canvas_base.c does) becomes a truth table of four bits: bit {@code 2 * source + destination} is the result.
 *
 * <p>Any such table can be computed without a branch: {@code (d & keep) ^ flip}, where {@code keep} and {@code flip}
 * are each one of 0, all ones, the source and its inverse, hence again of the form {@code (s & mask) ^ invert}.
 */
final class Rop {
    static final int INVERS_SRC = 1;
    static final int INVERS_BRUSH = 1 << 1;
    static final int INVERS_DEST = 1 << 2;
    static final int PUT = 1 << 3;
    static final int OR = 1 << 4;
    static final int AND = 1 << 5;
    static final int XOR = 1 << 6;
    static final int BLACKNESS = 1 << 7;
    static final int WHITENESS = 1 << 8;
    static final int INVERS = 1 << 9;
    static final int INVERS_RES = 1 << 10;

    /** The table of "destination becomes source". */
    static final int COPY = 0b1100;
    /** The table of "destination stays". */
    static final int NOOP = 0b1010;

    private static final int SOURCE = 0b1100;
    private static final int DESTINATION = 0b1010;
    private static final int ALL = 0b1111;

    private Rop() {}

    /** The truth table; the other two are the bits of the descriptor that invert the first and the second operand. */
    static int table(int descriptor, int inversSource, int inversDestination) {
        int source = (descriptor & inversSource) != 0 ? ~SOURCE & ALL : SOURCE;
        int destination = (descriptor & inversDestination) != 0 ? ~DESTINATION & ALL : DESTINATION;
        int invert = (descriptor & INVERS_RES) != 0 ? ALL : 0;
        if ((descriptor & PUT) != 0) {
            return source ^ invert;
        }
        if ((descriptor & OR) != 0) {
            return (source | destination) ^ invert;
        }
        if ((descriptor & AND) != 0) {
            return (source & destination) ^ invert;
        }
        if ((descriptor & XOR) != 0) {
            return source ^ destination ^ invert;
        }
        if ((descriptor & BLACKNESS) != 0) {
            return 0;
        }
        if ((descriptor & WHITENESS) != 0) {
            return ALL;
        }
        if ((descriptor & INVERS) != 0) {
            return ~DESTINATION & ALL;
        }
        return SOURCE; // no operation named: a plain copy, without inversions
    }

    /** Whether the result depends on the destination. */
    static boolean readsDestination(int table) {
        return (table & 0b0101) != (table >> 1 & 0b0101);
    }

    /** Whether to do it twice is the same as to do it once. */
    static boolean isIdempotent(int table) {
        for (int source = 0; source < 2; source++) {
            for (int destination = 0; destination < 2; destination++) {
                int once = table >> (2 * source + destination) & 1;
                if ((table >> (2 * source + once) & 1) != once) {
                    return false;
                }
            }
        }
        return true;
    }

    static int keepMask(int table) {
        return spread(table ^ table >> 1 ^ table >> 2 ^ table >> 3);
    }

    static int keepInvert(int table) {
        return spread(table ^ table >> 1);
    }

    static int flipMask(int table) {
        return spread(table ^ table >> 2);
    }

    static int flipInvert(int table) {
        return spread(table);
    }

    private static int spread(int bit) {
        return -(bit & 1);
    }
}
