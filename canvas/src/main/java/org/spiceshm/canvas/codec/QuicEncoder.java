package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;

/**
 * Encodes QUIC pictures, to the bytes that the reference encodes them to: the mirror of {@link QuicDecoder}. spice-common,
 * quic.c, quic_rgb_tmpl.c.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class QuicEncoder {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt TURNED = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** What a pixel takes at most: four codewords; and a run's end beside it. */
    private static final int MAX_PIXEL_BYTES = 4 * QuicCode.MAX_BITS / Byte.SIZE + 4;

    private static final int MAX_ROW_OVERHEAD_BYTES = 64;
    private static final int COLORS = 0xff_ffff;

    private final QuicState colorState = new QuicState();
    private final QuicState alphaState = new QuicState();
    private final QuicModel red = new QuicModel();
    private final QuicModel green = new QuicModel();
    private final QuicModel blue = new QuicModel();
    private final QuicModel alpha = new QuicModel();
    private QuicCode code = QuicCode.BITS_8;
    private int[] residuals = new int[0];
    private byte[] alphaResiduals = new byte[0];

    private byte[] output = new byte[0];
    private int at;
    /** Bits that do not fill a byte yet: the low {@link #pending} of them. */
    private long bits;

    private int pending;

    /**
     * Encodes a picture after what {@code target} holds: RGB_555 as RGB16, XRGB_32 as RGB32, ARGB_32 as RGBA.
     *
     * @throws IllegalArgumentException for other formats
     */
    public void encode(Pixmap picture, EncodedBytes target) {
        QuicHeader.Type type = typeOf(picture);
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        int start = target.length();
        target.ensure(start, QuicHeader.STRUCT.size());
        QuicHeader.write(target.segment(), start, type, width, height);
        at = start + (int) QuicHeader.STRUCT.size();
        reset(type, width);
        int[] pixels = picture.pixels();
        for (int y = 0; y < height; y++) {
            output = target.ensure(at, (long) width * MAX_PIXEL_BYTES + MAX_ROW_OVERHEAD_BYTES);
            encodeColors(pixels, y * width, width, y == 0);
            if (type == QuicHeader.Type.RGBA) {
                encodeAlpha(pixels, y * width, width, y == 0);
            }
        }
        finish(target.segment(), start + (int) QuicHeader.STRUCT.size());
        target.length(at);
    }

    private static QuicHeader.Type typeOf(Pixmap picture) {
        return switch (picture.format()) {
            case RGB_555 -> QuicHeader.Type.RGB16;
            case XRGB_32 -> QuicHeader.Type.RGB32;
            case ARGB_32 -> QuicHeader.Type.RGBA;
            case A1, A8, RGB_565 ->
                throw new IllegalArgumentException("picture: got " + picture.format() + ", expected colours");
        };
    }

    private void reset(QuicHeader.Type type, int width) {
        code = type == QuicHeader.Type.RGB16 ? QuicCode.BITS_5 : QuicCode.BITS_8;
        if (residuals.length < width) {
            residuals = new int[width];
            alphaResiduals = new byte[width];
        }
        Arrays.fill(residuals, 0, width, 0);
        Arrays.fill(alphaResiduals, 0, width, (byte) 0);
        colorState.reset();
        alphaState.reset();
        red.reset(code);
        green.reset(code);
        blue.reset(code);
        alpha.reset(code);
        bits = 0;
        pending = 0;
    }

    private void encodeColors(int[] pixels, int base, int width, boolean first) {
        int from = 0;
        while (from < width) {
            int to = colorState.segmentEnd(from, width);
            encodeColors(pixels, base, width, first, from, to);
            colorState.advance(to - from);
            from = to;
        }
    }

    private void encodeColors(int[] pixels, int base, int width, boolean first, int from, int to) {
        byte[] output = this.output;
        int at = this.at;
        long bits = this.bits;
        int pending = this.pending;
        int depth = code.depth;
        int mask = code.mask;
        int low = code.lowBits;
        int high = code.highBits;
        int[] words = code.words;
        int[] residuals = this.residuals;
        byte[] redCodes = red.codes;
        byte[] greenCodes = green.codes;
        byte[] blueCodes = blue.codes;
        int rgb = (1 << (3 * depth)) - 1;
        int above = base - width;
        int lastRun = 0;
        int left = from == 0 ? 0 : pixels[base + from - 1] & rgb;
        int beforeLeft = from < 2 ? 0 : pixels[base + from - 2] & rgb;
        int context = residuals[Math.max(from - 1, 0)];
        int wait = colorState.wait;
        int i = from;
        while (i < to) {
            int up = left;
            int pixel = pixels[base + i] & rgb;
            if (!first) {
                up = pixels[above + i] & rgb;
                if (left == beforeLeft && i > 2 && i != lastRun && ((up ^ pixels[above + i - 1]) & rgb) == 0) {
                    int run = runLength(pixels, base + i, base + to, left, rgb);
                    this.at = at;
                    this.bits = bits;
                    this.pending = pending;
                    encodeRun(colorState, run);
                    at = this.at;
                    bits = this.bits;
                    pending = this.pending;
                    lastRun = i;
                    i += run;
                    context = residuals[i - 1];
                    continue;
                }
                if (i == 0) {
                    left = up;
                }
            }
            // All three components at once, each in its own bits: their mean, the difference, and 0, -1, 1, -2, ... as
            // 0, 1, 2, 3, ...
            int predicted = (left & up) + (((left ^ up) & ~low) >> 1);
            int difference = ((pixel | high) - (predicted & ~high)) ^ ((pixel ^ ~predicted) & high);
            int sign = (difference & high) >>> (depth - 1);
            int mapped = ((difference & ~high) << 1) ^ ((sign << depth) - sign);
            int r = mapped >> (2 * depth);
            int g = (mapped >> depth) & mask;
            int b = mapped & mask;

            int redWord = words[redCodes[context >> (2 * depth)] << Byte.SIZE | r];
            int greenWord = words[greenCodes[(context >> depth) & mask] << Byte.SIZE | g];
            int blueWord = words[blueCodes[context & mask] << Byte.SIZE | b];
            int greenBits = greenWord >> QuicCode.WORD_BITS;
            int blueBits = blueWord >> QuicCode.WORD_BITS;
            int firstBits = (redWord >> QuicCode.WORD_BITS) + greenBits;
            long two = (long) (redWord & QuicCode.WORD_MASK) << greenBits | (greenWord & QuicCode.WORD_MASK);
            // INVARIANT: pending <= 7 here, and two codewords have at most 52 bits.
            bits = bits << firstBits | two;
            pending += firstBits;
            if (pending + blueBits > Long.SIZE) {
                LONG.set(output, at, bits << (Long.SIZE - pending));
                at += pending >> 3;
                pending &= 7;
            }
            bits = bits << blueBits | (blueWord & QuicCode.WORD_MASK);
            pending += blueBits;
            LONG.set(output, at, bits << (Long.SIZE - pending));
            at += pending >> 3;
            pending &= 7;

            if (wait == 0) {
                int trigger = colorState.trigger();
                red.update(context >> (2 * depth), r, trigger);
                green.update((context >> depth) & mask, g, trigger);
                blue.update(context & mask, b, trigger);
                wait = colorState.nextWait();
            } else {
                wait--;
            }
            context = mapped;
            residuals[i] = context;
            beforeLeft = left;
            left = pixel;
            i++;
        }
        colorState.wait = wait;
        this.at = at;
        this.bits = bits;
        this.pending = pending;
    }

    private void encodeAlpha(int[] pixels, int base, int width, boolean first) {
        int from = 0;
        while (from < width) {
            int to = alphaState.segmentEnd(from, width);
            encodeAlpha(pixels, base, width, first, from, to);
            alphaState.advance(to - from);
            from = to;
        }
    }

    private void encodeAlpha(int[] pixels, int base, int width, boolean first, int from, int to) {
        int above = base - width;
        int lastRun = 0;
        int left = from == 0 ? 0 : pixels[base + from - 1] >>> 24;
        int beforeLeft = from < 2 ? 0 : pixels[base + from - 2] >>> 24;
        int context = alphaResiduals[Math.max(from - 1, 0)] & 0xff;
        int signShift = Integer.SIZE - code.depth;
        int i = from;
        while (i < to) {
            int up = left;
            if (!first) {
                up = pixels[above + i] >>> 24;
                if (left == beforeLeft && i > 2 && i != lastRun && up == pixels[above + i - 1] >>> 24) {
                    int run = runLength(pixels, base + i, base + to, left << 24, ~COLORS);
                    encodeRun(alphaState, run);
                    lastRun = i;
                    i += run;
                    context = alphaResiduals[i - 1] & 0xff;
                    continue;
                }
                if (i == 0) {
                    left = up;
                }
            }
            int value = map(((pixels[base + i] >>> 24) - ((left + up) >> 1)) << signShift, signShift);
            int word = code.words[alpha.codes[context] << Byte.SIZE | value];
            write(word & QuicCode.WORD_MASK, word >> QuicCode.WORD_BITS);
            if (alphaState.wait == 0) {
                alpha.update(context, value, alphaState.trigger());
                alphaState.wait = alphaState.nextWait();
            } else {
                alphaState.wait--;
            }
            alphaResiduals[i] = (byte) value;
            context = value;
            beforeLeft = left;
            left = pixels[base + i] >>> 24;
            i++;
        }
    }

    /** Pixels that are {@code value} in the bits of {@code mask}, as the one before them is. */
    private static int runLength(int[] pixels, int from, int to, int value, int mask) {
        int end = from;
        while (end < to && (pixels[end] & mask) == value) {
            int same = Arrays.mismatch(pixels, end, to, pixels, end - 1, to - 1);
            end = same < 0 ? to : Math.max(end + same, end + 1);
        }
        return end - from;
    }

    private void encodeRun(QuicState state, int run) {
        int rest = run;
        int order = QuicState.RUN_ORDER[state.run];
        while (rest >= 1 << order) {
            rest -= 1 << order;
            write(1, 1);
            state.run = Math.min(state.run + 1, QuicState.RUN_ORDER.length - 1);
            order = QuicState.RUN_ORDER[state.run];
        }
        write(rest, order + 1);
        state.run = Math.max(state.run - 1, 0);
    }

    private void write(int value, int count) {
        bits = bits << count | value;
        pending += count;
        LONG.set(output, at, bits << (Long.SIZE - pending));
        at += pending >> 3;
        pending &= 7;
    }

    /** The word that is begun, and one more, since decoders read a word ahead; then words instead of bits in order. */
    private void finish(MemorySegment segment, int base) {
        write(0, 16);
        write(0, 16);
        int over = ((at - base) * Byte.SIZE + pending) % Integer.SIZE;
        if (over != 0) {
            write(0, Integer.SIZE - over);
        }
        int words = (at - base) / Integer.BYTES;
        MemorySegment.copy(segment, TURNED, base, segment, WORD, base, words);
    }

    /** From a residual at the top of an int to 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
    private static int map(int residual, int shift) {
        int signed = residual >> shift;
        return signed << 1 ^ signed >> 31;
    }
}
