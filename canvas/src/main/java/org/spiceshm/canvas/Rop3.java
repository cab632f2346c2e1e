package org.spiceshm.canvas;

/**
 * Ternary raster operations, as GDI numbers them: bit {@code 4 * brush + 2 * source + destination} of the code is the
 * result. All 256 codes are computed alike, {@code (d & keep) ^ flip}, where keep and flip are functions of brush and
 * source, hence of the form {@code (s & mask) ^ invert} once the brush is known.
 */
final class Rop3 {
    final int keepMaskAnd;
    final int keepMaskXor;
    final int keepInvertAnd;
    final int keepInvertXor;
    final int flipMaskAnd;
    final int flipMaskXor;
    final int flipInvertAnd;
    final int flipInvertXor;

    private static final Rop3[] ALL = new Rop3[256];

    static {
        for (int code = 0; code < ALL.length; code++) {
            ALL[code] = new Rop3(code);
        }
    }

    private Rop3(int code) {
        int forZeros = code & 0xf;
        int forOnes = code >> 4;
        keepMaskXor = Rop.keepMask(forZeros);
        keepMaskAnd = Rop.keepMask(forOnes) ^ keepMaskXor;
        keepInvertXor = Rop.keepInvert(forZeros);
        keepInvertAnd = Rop.keepInvert(forOnes) ^ keepInvertXor;
        flipMaskXor = Rop.flipMask(forZeros);
        flipMaskAnd = Rop.flipMask(forOnes) ^ flipMaskXor;
        flipInvertXor = Rop.flipInvert(forZeros);
        flipInvertAnd = Rop.flipInvert(forOnes) ^ flipInvertXor;
    }

    /** The operation with this code, 0 to 255. */
    static Rop3 of(int code) {
        return ALL[code];
    }

    int keepMask(int brush) {
        return (brush & keepMaskAnd) ^ keepMaskXor;
    }

    int keepInvert(int brush) {
        return (brush & keepInvertAnd) ^ keepInvertXor;
    }

    int flipMask(int brush) {
        return (brush & flipMaskAnd) ^ flipMaskXor;
    }

    int flipInvert(int brush) {
        return (brush & flipInvertAnd) ^ flipInvertXor;
    }
}
