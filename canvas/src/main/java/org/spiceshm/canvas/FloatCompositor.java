package org.spiceshm.canvas;

import org.jspecify.annotations.Nullable;

/**
 * The operators of the X Render extension that need a division: the disjoint and conjoint ones, and the blend modes of
 * PDF. On rows of premultiplied ARGB, in single precision as pixman-combine-float.c computes them, rounded to 8 bits at
 * the end; blend modes without a division in whole numbers, as pixman-combine32.c. Owned by the render thread.
 *
 * <p>Disjoint and conjoint operators are {@code source * Fa + destination * Fb}, like the basic ones, with factors that
 * are quotients of the two alphas.
 */
final class FloatCompositor {
    private static final int DISJOINT = 0x10;
    private static final int CONJOINT = 0x20;
    private static final int OPERATORS = 12;
    private static final int BLEND = 0x30;

    private static final float ONE_255TH = 1.0f / 255;
    /** pixman-private.h: FLOAT_IS_ZERO. */
    private static final float SMALLEST = Float.MIN_NORMAL;

    /** What source or destination is multiplied by; a and b are the two alphas. */
    private enum Factor {
        ZERO,
        ONE,
        /** b / a */
        QUOTIENT,
        /** (1 - b) / a */
        REST_QUOTIENT,
        /** 1 - b / a */
        LESS_QUOTIENT,
        /** 1 - (1 - b) / a */
        LESS_REST_QUOTIENT;

        /** The factor of what has alpha {@code a} beside something that has alpha {@code b}. */
        private float of(float a, float b) {
            return switch (this) {
                case ZERO -> 0;
                case ONE -> 1;
                case QUOTIENT -> isZero(a) ? 1 : clamp(b / a);
                case REST_QUOTIENT -> isZero(a) ? 1 : clamp((1 - b) / a);
                case LESS_QUOTIENT -> isZero(a) ? 0 : clamp(1 - b / a);
                case LESS_REST_QUOTIENT -> isZero(a) ? 0 : clamp(1 - (1 - b) / a);
            };
        }
    }

    // Order: CLEAR, SRC, DST, OVER, OVER_REVERSE, IN, IN_REVERSE, OUT, OUT_REVERSE, ATOP, ATOP_REVERSE, XOR.
    private static final Factor[] DISJOINT_SOURCE = {
        Factor.ZERO,
        Factor.ONE,
        Factor.ZERO,
        Factor.ONE,
        Factor.REST_QUOTIENT,
        Factor.LESS_REST_QUOTIENT,
        Factor.ZERO,
        Factor.REST_QUOTIENT,
        Factor.ZERO,
        Factor.LESS_REST_QUOTIENT,
        Factor.REST_QUOTIENT,
        Factor.REST_QUOTIENT
    };
    private static final Factor[] CONJOINT_SOURCE = {
        Factor.ZERO,
        Factor.ONE,
        Factor.ZERO,
        Factor.ONE,
        Factor.LESS_QUOTIENT,
        Factor.QUOTIENT,
        Factor.ZERO,
        Factor.LESS_QUOTIENT,
        Factor.ZERO,
        Factor.QUOTIENT,
        Factor.LESS_QUOTIENT,
        Factor.LESS_QUOTIENT
    };

    /** The operator in which source and destination have changed places. */
    private static final int[] REVERSE = {0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 11};

    private final BlendMode.Color color = new BlendMode.Color();

    static boolean supports(int operator) {
        return (DISJOINT <= operator && operator < DISJOINT + OPERATORS)
                || (CONJOINT <= operator && operator < CONJOINT + OPERATORS)
                || (BLEND <= operator && operator < BLEND + BlendMode.COUNT);
    }

    /**
     * Whether pixman computes the operator in 8 bits, since it needs no division: a mask of one value for all channels is
     * then rounded to 8 bits when it is applied.
     */
    static boolean roundsMask(int operator) {
        return switch (operator) {
            case DISJOINT + 1, CONJOINT + 1 -> true;
            default -> operator >= BLEND && !BlendMode.of(operator - BLEND).divides();
        };
    }

    private static boolean isZero(float value) {
        return -SMALLEST < value && value < SMALLEST;
    }

    private static float clamp(float value) {
        return Math.clamp(value, 0f, 1f);
    }

    /**
     * {@code destination = source OP destination}.
     *
     * @param mask a value for every channel, or null
     * @param componentAlpha whether the mask's channels differ
     */
    void combine(
            int operator, int[] destination, int[] source, int @Nullable [] mask, boolean componentAlpha, int width) {
        if (operator >= BLEND) {
            BlendMode mode = BlendMode.of(operator - BLEND);
            if (!mode.divides()) {
                blendWhole(mode, destination, source, mask, width);
            } else if (mode.isSeparable() || !componentAlpha) { // as in pixman, the others leave all as it is
                blend(mode, destination, source, mask, width);
            }
            return;
        }
        Factor[] table = operator >= CONJOINT ? CONJOINT_SOURCE : DISJOINT_SOURCE;
        int index = operator & 0xf;
        Factor sourceFactor = table[index];
        Factor targetFactor = table[REVERSE[index]];
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int m = mask == null ? -1 : mask[i];
            destination[i] = combine(sourceFactor, targetFactor, s, d, m, 24)
                    | combine(sourceFactor, targetFactor, s, d, m, 16)
                    | combine(sourceFactor, targetFactor, s, d, m, 8)
                    | combine(sourceFactor, targetFactor, s, d, m, 0);
        }
    }

    private static int combine(Factor sourceFactor, Factor targetFactor, int s, int d, int m, int shift) {
        float alpha = channel(s, 24) * channel(m, shift);
        float targetAlpha = channel(d, 24);
        float sum = channel(s, shift) * channel(m, shift) * sourceFactor.of(alpha, targetAlpha)
                + channel(d, shift) * targetFactor.of(targetAlpha, alpha);
        return rounded(Math.min(1f, sum)) << shift;
    }

    /** As pixman-combine32.c: in 65025ths, rounded once, but for MULTIPLY. */
    private static void blendWhole(BlendMode mode, int[] destination, int[] source, int @Nullable [] mask, int width) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int alphas = (s >>> 24) * 0x01010101;
            if (mask != null) {
                alphas = Compositor.multiply(mask[i], s >>> 24);
                s = Compositor.multiplyChannels(s, mask[i]);
            }
            if (mode == BlendMode.MULTIPLY) {
                destination[i] = multiplied(s, d, alphas);
                continue;
            }
            int sa = s >>> 24;
            int da = d >>> 24;
            destination[i] = rounded255(da * 255 + sa * 255 - sa * da) << 24
                    | whole(mode, s, d, alphas, 16)
                    | whole(mode, s, d, alphas, 8)
                    | whole(mode, s, d, alphas, 0);
        }
    }

    /** MULTIPLY rounds each of its three products. */
    private static int multiplied(int s, int d, int alphas) {
        int apart = Compositor.add(Compositor.multiply(s, ~d >>> 24), Compositor.multiplyChannels(d, ~alphas));
        return Compositor.add(Compositor.multiplyChannels(d, s), apart);
    }

    private static int whole(BlendMode mode, int source, int destination, int alphas, int shift) {
        int s = source >>> shift & 0xff;
        int d = destination >>> shift & 0xff;
        int sa = alphas >>> shift & 0xff;
        int da = destination >>> 24;
        return rounded255((255 - sa) * d + (255 - da) * s + mode.whole(sa, s, da, d)) << shift;
    }

    private static int rounded255(int value) {
        int t = Math.clamp(value, 0, 255 * 255) + 0x80;
        return (t + (t >> 8)) >> 8;
    }

    private void blend(BlendMode mode, int[] destination, int[] source, int @Nullable [] mask, int width) {
        for (int i = 0; i < width; i++) {
            int s = source[i];
            int d = destination[i];
            int m = mask == null ? -1 : mask[i];
            float alpha = channel(s, 24) * channel(m, 24);
            float targetAlpha = channel(d, 24);
            int result = rounded(alpha + targetAlpha - alpha * targetAlpha) << 24;
            if (mode.isSeparable()) {
                result |= separable(mode, s, d, m, 16) | separable(mode, s, d, m, 8) | separable(mode, s, d, m, 0);
            } else {
                float cover = channel(m, 24);
                // pixman multiplies green twice, and blue not at all; without a mask it makes no difference.
                color.blend(
                        mode,
                        alpha,
                        channel(s, 16) * cover,
                        channel(s, 8) * cover * cover,
                        channel(s, 0),
                        targetAlpha,
                        channel(d, 16),
                        channel(d, 8),
                        channel(d, 0));
                result |= rounded(color.red()) << 16 | rounded(color.green()) << 8 | rounded(color.blue());
            }
            destination[i] = result;
        }
    }

    private static int separable(BlendMode mode, int s, int d, int m, int shift) {
        float alpha = channel(s, 24) * channel(m, shift);
        float targetAlpha = channel(d, 24);
        float from = channel(s, shift) * channel(m, shift);
        float to = channel(d, shift);
        float sum = (1 - alpha) * to + (1 - targetAlpha) * from + mode.quotient(alpha, from, targetAlpha, to);
        return rounded(sum) << shift;
    }

    private static float channel(int pixel, int shift) {
        return (pixel >>> shift & 0xff) * ONE_255TH;
    }

    private static int rounded(float value) {
        int scaled = (int) (clamp(value) * 256);
        return scaled - (scaled >> 8);
    }
}
