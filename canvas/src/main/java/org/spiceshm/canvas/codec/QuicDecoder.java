package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes QUIC pictures: each component is predicted from its left and upper neighbours, and the residual is coded by
 * {@link QuicCode} as {@link QuicModel} advises; equal pixels under equal pixels are runs. spice-common, quic.c,
 * quic_rgb_tmpl.c.
 *
 * <p>Bits are taken from the top of 32-bit words. {@link #stream} holds the words with their bytes turned round, so that
 * bit 0 of the stream is the top bit of byte 0.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread. When a stream is
 * refused, the target's pixels are undefined.
 */
public final class QuicDecoder {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt TURNED = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Where reading stops when a stream has no end: so far behind its last byte. */
    private static final int OVERRUN_BYTES = 8;

    private static final int COLORS = 0xff_ffff;

    private final QuicState colorState = new QuicState();
    private final QuicState alphaState = new QuicState();
    private final QuicModel red = new QuicModel();
    private final QuicModel green = new QuicModel();
    private final QuicModel blue = new QuicModel();
    private final QuicModel alpha = new QuicModel();

    private byte[] stream = new byte[0];
    private MemorySegment streamSegment = MemorySegment.ofArray(stream);
    private int length;
    private int limit;
    /** The next byte of the stream to be loaded. */
    private int at;
    /** Bits that are loaded, at the top; more of them than {@link #available} are right, but need not be there. */
    private long bits;

    private int available;

    private QuicCode code = QuicCode.BITS_8;
    /** Each pixel's residuals as they were last coded, in the bits of its components. */
    private int[] residuals = new int[0];

    private byte[] alphaResiduals = new byte[0];

    /**
     * Decodes a picture: RGB16 becomes RGB_555, RGB24 and RGB32 XRGB_32 with a top byte of zero, RGBA ARGB_32.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, Pixmap target) throws MalformedMessageException {
        QuicHeader.Type type = QuicHeader.read(data, width, height);
        load(data);
        code = type == QuicHeader.Type.RGB16 ? QuicCode.BITS_5 : QuicCode.BITS_8;
        reset(width);
        target.resize(formatOf(type), width, height);
        int[] pixels = target.pixels();
        for (int y = 0; y < height; y++) {
            decodeColors(pixels, y * width, width, y == 0);
            if (type == QuicHeader.Type.RGBA) {
                decodeAlpha(pixels, y * width, width, y == 0);
            }
            checkEnd();
        }
    }

    private static SurfaceFormat formatOf(QuicHeader.Type type) {
        return switch (type) {
            case RGB16 -> SurfaceFormat.RGB_555;
            case RGB24, RGB32 -> SurfaceFormat.XRGB_32;
            case RGBA -> SurfaceFormat.ARGB_32;
        };
    }

    private void load(MemorySegment data) throws MalformedMessageException {
        length = Math.toIntExact(data.byteSize());
        if (!(length % Integer.BYTES == 0)) {
            throw QuicHeader.malformed("data", "got " + length + " bytes, expected a multiple of four");
        }
        limit = length + OVERRUN_BYTES;
        if (stream.length < limit + Long.BYTES) {
            stream = new byte[limit + Long.BYTES];
            streamSegment = MemorySegment.ofArray(stream);
        }
        MemorySegment.copy(data, WORD, 0, streamSegment, TURNED, 0, length / Integer.BYTES);
        Arrays.fill(stream, length, limit + Long.BYTES, (byte) 0);
        at = (int) QuicHeader.STRUCT.size();
        bits = 0;
        available = 0;
    }

    private void reset(int width) {
        if (residuals.length < width) {
            residuals = new int[width];
            alphaResiduals = new byte[width];
        }
        // A run leaves the residuals of the row above standing, so those of another picture must go.
        Arrays.fill(residuals, 0, width, 0);
        Arrays.fill(alphaResiduals, 0, width, (byte) 0);
        colorState.reset();
        alphaState.reset();
        red.reset(code);
        green.reset(code);
        blue.reset(code);
        alpha.reset(code);
    }

    /** The reference reads a word ahead, and all encoders write one more for it. */
    private void checkEnd() throws MalformedMessageException {
        long taken = (long) Byte.SIZE * at - available;
        if (!(taken <= (long) Byte.SIZE * length - Integer.SIZE)) {
            throw QuicHeader.malformed("data", "got the end of the data, expected more pixels");
        }
    }

    private void decodeColors(int[] pixels, int base, int width, boolean first) throws MalformedMessageException {
        int from = 0;
        while (from < width) {
            int to = colorState.segmentEnd(from, width);
            decodeColors(pixels, base, width, first, from, to);
            colorState.advance(to - from);
            from = to;
        }
    }

    private void decodeColors(int[] pixels, int base, int width, boolean first, int from, int to)
            throws MalformedMessageException {
        byte[] stream = this.stream;
        int limit = this.limit;
        int at = this.at;
        long bits = this.bits;
        int available = this.available;
        int depth = code.depth;
        int mask = code.mask;
        int low = code.lowBits;
        int high = code.highBits;
        int[] prefix = code.prefix;
        int[] residuals = this.residuals;
        byte[] redCodes = red.codes;
        byte[] greenCodes = green.codes;
        byte[] blueCodes = blue.codes;
        int above = base - width;
        int lastRun = 0;
        int left = from == 0 ? 0 : pixels[base + from - 1];
        int beforeLeft = from < 2 ? 0 : pixels[base + from - 2];
        int context = residuals[Math.max(from - 1, 0)];
        int wait = colorState.wait;
        int i = from;
        while (i < to) {
            int up = left;
            if (!first) {
                up = pixels[above + i] & COLORS;
                if (left == beforeLeft && i > 2 && i != lastRun && ((up ^ pixels[above + i - 1]) & COLORS) == 0) {
                    this.at = at;
                    this.bits = bits;
                    this.available = available;
                    int run = decodeRun(colorState, to - i);
                    at = this.at;
                    bits = this.bits;
                    available = this.available;
                    lastRun = i;
                    Arrays.fill(pixels, base + i, base + i + run, left);
                    i += run;
                    context = residuals[i - 1];
                    continue;
                }
                if (i == 0) {
                    left = up;
                }
            }

            bits |= (long) LONG.get(stream, at) >>> available;
            at = Math.min(at + ((63 - available) >> 3), limit);
            available |= 56;
            int chosen = redCodes[context >> (2 * depth)];
            int zeros = Long.numberOfLeadingZeros(bits);
            int taken;
            int r;
            if (zeros < prefix[chosen]) {
                taken = zeros + 1 + chosen;
                r = zeros << chosen | (int) (bits << (zeros + 1) >>> 1 >>> (63 - chosen));
            } else {
                taken = code.longBits[chosen];
                r = (code.longStart[chosen] + ((int) (bits >>> (64 - taken)) & code.longMask[chosen])) & mask;
            }
            bits <<= taken;
            available -= taken;

            chosen = greenCodes[(context >> depth) & mask];
            zeros = Long.numberOfLeadingZeros(bits);
            int g;
            if (zeros < prefix[chosen]) {
                taken = zeros + 1 + chosen;
                g = zeros << chosen | (int) (bits << (zeros + 1) >>> 1 >>> (63 - chosen));
            } else {
                taken = code.longBits[chosen];
                g = (code.longStart[chosen] + ((int) (bits >>> (64 - taken)) & code.longMask[chosen])) & mask;
            }
            bits <<= taken;
            available -= taken;

            if (available < QuicCode.MAX_BITS) {
                bits |= (long) LONG.get(stream, at) >>> available;
                at = Math.min(at + ((63 - available) >> 3), limit);
                available |= 56;
            }
            chosen = blueCodes[context & mask];
            zeros = Long.numberOfLeadingZeros(bits);
            int b;
            if (zeros < prefix[chosen]) {
                taken = zeros + 1 + chosen;
                b = zeros << chosen | (int) (bits << (zeros + 1) >>> 1 >>> (63 - chosen));
            } else {
                taken = code.longBits[chosen];
                b = (code.longStart[chosen] + ((int) (bits >>> (64 - taken)) & code.longMask[chosen])) & mask;
            }
            bits <<= taken;
            available -= taken;

            if (wait == 0) {
                int trigger = colorState.trigger();
                red.update(context >> (2 * depth), r, trigger);
                green.update((context >> depth) & mask, g, trigger);
                blue.update(context & mask, b, trigger);
                wait = colorState.nextWait();
            } else {
                wait--;
            }
            context = r << (2 * depth) | g << depth | b;
            residuals[i] = context;

            // All three components at once, each in its own bits: their mean, the residual, their sum.
            int predicted = (left & up) + (((left ^ up) & ~low) >> 1);
            int sign = context & low;
            int residual = ((context >>> 1) & ~high) ^ ((sign << depth) - sign);
            int pixel = ((predicted & ~high) + (residual & ~high)) ^ ((predicted ^ residual) & high);
            beforeLeft = left;
            left = pixel;
            pixels[base + i] = pixel;
            i++;
        }
        colorState.wait = wait;
        this.at = at;
        this.bits = bits;
        this.available = available;
    }

    private void decodeAlpha(int[] pixels, int base, int width, boolean first) throws MalformedMessageException {
        int from = 0;
        while (from < width) {
            int to = alphaState.segmentEnd(from, width);
            decodeAlpha(pixels, base, width, first, from, to);
            alphaState.advance(to - from);
            from = to;
        }
    }

    private void decodeAlpha(int[] pixels, int base, int width, boolean first, int from, int to)
            throws MalformedMessageException {
        int above = base - width;
        int lastRun = 0;
        int left = from == 0 ? 0 : pixels[base + from - 1] >>> 24;
        int beforeLeft = from < 2 ? 0 : pixels[base + from - 2] >>> 24;
        int context = alphaResiduals[Math.max(from - 1, 0)] & 0xff;
        int i = from;
        while (i < to) {
            int up = left;
            if (!first) {
                up = pixels[above + i] >>> 24;
                if (left == beforeLeft && i > 2 && i != lastRun && up == pixels[above + i - 1] >>> 24) {
                    int run = decodeRun(alphaState, to - i);
                    lastRun = i;
                    for (int x = base + i; x < base + i + run; x++) {
                        pixels[x] |= left << 24;
                    }
                    i += run;
                    context = alphaResiduals[i - 1] & 0xff;
                    continue;
                }
                if (i == 0) {
                    left = up;
                }
            }
            refill();
            int chosen = alpha.codes[context];
            int zeros = Long.numberOfLeadingZeros(bits);
            int value;
            if (zeros < code.prefix[chosen]) {
                value = zeros << chosen | (int) (bits << (zeros + 1) >>> 1 >>> (63 - chosen));
                skip(zeros + 1 + chosen);
            } else {
                int taken = code.longBits[chosen];
                value = (code.longStart[chosen] + ((int) (bits >>> (64 - taken)) & code.longMask[chosen])) & code.mask;
                skip(taken);
            }
            if (alphaState.wait == 0) {
                alpha.update(context, value, alphaState.trigger());
                alphaState.wait = alphaState.nextWait();
            } else {
                alphaState.wait--;
            }
            alphaResiduals[i] = (byte) value;
            context = value;
            beforeLeft = left;
            left = (((left + up) >> 1) + unmap(value)) & code.mask;
            pixels[base + i] |= left << 24;
            i++;
        }
    }

    /** How many pixels are like the one to the left; at most {@code most}. */
    private int decodeRun(QuicState state, int most) throws MalformedMessageException {
        int run = 0;
        refill();
        int order = QuicState.RUN_ORDER[state.run];
        while (bits < 0) {
            skip(1);
            run += 1 << order;
            if (!(run <= most)) {
                throw QuicHeader.malformed("data", "got a run past the end of a row, expected at most " + most);
            }
            state.run = Math.min(state.run + 1, QuicState.RUN_ORDER.length - 1);
            order = QuicState.RUN_ORDER[state.run];
            if (available < Integer.SIZE) {
                refill();
            }
        }
        skip(1);
        if (order > 0) {
            run += (int) (bits >>> (Long.SIZE - order));
            skip(order);
        }
        if (!(run <= most)) {
            throw QuicHeader.malformed("data", "got a run of " + run + ", expected at most " + most);
        }
        state.run = Math.max(state.run - 1, 0);
        return run;
    }

    private void refill() {
        bits |= (long) LONG.get(stream, at) >>> available;
        at = Math.min(at + ((63 - available) >> 3), limit);
        available |= 56;
    }

    private void skip(int count) {
        bits <<= count;
        available -= count;
    }

    /** Small residuals of either sign are small numbers: 0, -1, 1, -2, ... */
    private static int unmap(int value) {
        return value >>> 1 ^ -(value & 1);
    }
}
