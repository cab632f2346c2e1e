package org.spiceshm.canvas;

/**
 * PDF's blend modes for premultiplied colours: what a source of alpha {@code sa} and a destination of alpha {@code da}
 * make where they overlap. PDF Reference 1.7, 7.2.4, with the alphas multiplied in as pixman-combine-float.c does.
 */
enum BlendMode {
    // In the order of their numbers in the X Render extension.
    MULTIPLY,
    SCREEN,
    OVERLAY,
    DARKEN,
    LIGHTEN,
    COLOR_DODGE,
    COLOR_BURN,
    HARD_LIGHT,
    SOFT_LIGHT,
    DIFFERENCE,
    EXCLUSION,
    HSL_HUE,
    HSL_SATURATION,
    HSL_COLOR,
    HSL_LUMINOSITY;

    private static final BlendMode[] VALUES = values();

    static final int COUNT = VALUES.length;

    private static final float SMALLEST = Float.MIN_NORMAL;

    /** Mode 0 to {@link #COUNT} - 1. */
    static BlendMode of(int index) {
        return VALUES[index];
    }

    /** Whether every channel is computed by itself. */
    boolean isSeparable() {
        return compareTo(HSL_HUE) < 0;
    }

    /** Whether some quotient or root is needed. */
    boolean divides() {
        return switch (this) {
            case MULTIPLY, SCREEN, OVERLAY, DARKEN, LIGHTEN, HARD_LIGHT, DIFFERENCE, EXCLUSION -> false;
            case COLOR_DODGE, COLOR_BURN, SOFT_LIGHT, HSL_HUE, HSL_SATURATION, HSL_COLOR, HSL_LUMINOSITY -> true;
        };
    }

    /**
     * One channel of a mode that does not divide, nor is MULTIPLY: {@code s} of the source, {@code d} of the destination, all 0 to 255; the
     * result is in 65025ths.
     */
    int whole(int sa, int s, int da, int d) {
        return switch (this) {
            case SCREEN -> d * sa + s * da - s * d;
            case OVERLAY -> 2 * d < da ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
            case DARKEN -> Math.min(s * da, d * sa);
            case LIGHTEN -> Math.max(s * da, d * sa);
            case HARD_LIGHT -> 2 * s < sa ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
            case DIFFERENCE -> Math.abs(d * sa - s * da);
            case EXCLUSION -> s * da + d * sa - 2 * d * s;
            case MULTIPLY, COLOR_DODGE, COLOR_BURN, SOFT_LIGHT, HSL_HUE, HSL_SATURATION, HSL_COLOR, HSL_LUMINOSITY ->
                throw new IllegalStateException("whole numbers for " + this);
        };
    }

    /** One channel of a mode that divides: {@code s} of the source, {@code d} of the destination, all 0 to 1. */
    float quotient(float sa, float s, float da, float d) {
        return switch (this) {
            case COLOR_DODGE -> dodge(sa, s, da, d);
            case COLOR_BURN -> burn(sa, s, da, d);
            case SOFT_LIGHT -> softLight(sa, s, da, d);
            case MULTIPLY,
                    SCREEN,
                    OVERLAY,
                    DARKEN,
                    LIGHTEN,
                    HARD_LIGHT,
                    DIFFERENCE,
                    EXCLUSION,
                    HSL_HUE,
                    HSL_SATURATION,
                    HSL_COLOR,
                    HSL_LUMINOSITY -> throw new IllegalStateException("one channel of " + this);
        };
    }

    private static boolean isZero(float value) {
        return -SMALLEST < value && value < SMALLEST;
    }

    private static float dodge(float sa, float s, float da, float d) {
        if (isZero(d)) {
            return 0;
        }
        if (d * sa >= sa * da - s * da || isZero(sa - s)) {
            return sa * da;
        }
        return sa * sa * d / (sa - s);
    }

    private static float burn(float sa, float s, float da, float d) {
        if (d >= da) {
            return sa * da;
        }
        if (sa * (da - d) >= s * da || isZero(s)) {
            return 0;
        }
        return sa * (da - sa * (da - d) / s);
    }

    private static float softLight(float sa, float s, float da, float d) {
        if (isZero(da)) {
            return 2 * s <= sa ? d * sa : 0;
        }
        if (2 * s <= sa) {
            return d * sa - d * (da - d) * (sa - 2 * s) / da;
        }
        if (4 * d <= da) {
            return d * sa + (2 * s - sa) * d * ((16 * d / da - 12) * d / da + 3);
        }
        return d * sa + ((float) Math.sqrt(d * da) - d) * (2 * s - sa);
    }

    /**
     * The colour that an inseparable mode makes: the hue, saturation or luminosity of one picture with the rest of the
     * other. Reused.
     */
    static final class Color {
        private static final float RED_WEIGHT = 0.3f;
        private static final float GREEN_WEIGHT = 0.59f;
        private static final float BLUE_WEIGHT = 0.11f;

        private float red;
        private float green;
        private float blue;

        float red() {
            return red;
        }

        float green() {
            return green;
        }

        float blue() {
            return blue;
        }

        void blend(BlendMode mode, float sa, float sr, float sg, float sb, float da, float dr, float dg, float db) {
            switch (mode) {
                case HSL_HUE -> {
                    set(sr * da, sg * da, sb * da);
                    setSaturation(saturation(dr, dg, db) * sa);
                    setLuminosity(sa * da, luminosity(dr, dg, db) * sa);
                }
                case HSL_SATURATION -> {
                    set(dr * sa, dg * sa, db * sa);
                    setSaturation(saturation(sr, sg, sb) * da);
                    setLuminosity(sa * da, luminosity(dr, dg, db) * sa);
                }
                case HSL_COLOR -> {
                    set(sr * da, sg * da, sb * da);
                    setLuminosity(sa * da, luminosity(dr, dg, db) * sa);
                }
                case HSL_LUMINOSITY -> {
                    set(dr * sa, dg * sa, db * sa);
                    setLuminosity(sa * da, luminosity(sr, sg, sb) * da);
                }
                default -> throw new IllegalStateException("all channels of " + mode);
            }
            red += (1 - sa) * dr + (1 - da) * sr;
            green += (1 - sa) * dg + (1 - da) * sg;
            blue += (1 - sa) * db + (1 - da) * sb;
        }

        private void set(float r, float g, float b) {
            red = r;
            green = g;
            blue = b;
        }

        private static float luminosity(float r, float g, float b) {
            return r * RED_WEIGHT + g * GREEN_WEIGHT + b * BLUE_WEIGHT;
        }

        private static float saturation(float r, float g, float b) {
            return Math.max(Math.max(r, g), b) - Math.min(Math.min(r, g), b);
        }

        private void setSaturation(float wanted) {
            float least = Math.min(Math.min(red, green), blue);
            float range = Math.max(Math.max(red, green), blue) - least;
            float factor = isZero(range) ? 0 : wanted / range;
            set((red - least) * factor, (green - least) * factor, (blue - least) * factor);
        }

        /** Shifts all channels, then pulls them towards the luminosity until they lie in 0 to {@code alpha}. */
        private void setLuminosity(float alpha, float wanted) {
            float shift = wanted - luminosity(red, green, blue);
            set(red + shift, green + shift, blue + shift);
            float center = luminosity(red, green, blue);
            float least = Math.min(Math.min(red, green), blue);
            float most = Math.max(Math.max(red, green), blue);
            if (least < 0) {
                pull(center, isZero(center - least) ? 0 : center / (center - least), 0);
            }
            if (most > alpha) {
                pull(center, isZero(most - center) ? 0 : (alpha - center) / (most - center), alpha);
            }
        }

        private void pull(float center, float factor, float otherwise) {
            if (factor == 0) {
                set(otherwise, otherwise, otherwise);
            } else {
                set(
                        center + (red - center) * factor,
                        center + (green - center) * factor,
                        center + (blue - center) * factor);
            }
        }
    }
}
