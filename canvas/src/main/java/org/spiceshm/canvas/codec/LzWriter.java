package org.spiceshm.canvas.codec;

import org.spiceshm.canvas.Pixmap;

/**
 * Writes what tokens of LZ and GLZ have in common: literals, and lengths that go on. The mirror of {@link LzTokens}.
 *
 * <p>Owned by its encoder.
 */
final class LzWriter {
    private static final int SLACK_BYTES = 64;

    private byte[] output = new byte[0];
    private int at;

    /** Makes room for a picture behind a header, which ends at {@code start}. */
    void begin(EncodedBytes target, int start, int pixels) {
        // A literal takes four bytes and a part of a control byte at most, in the longest type.
        output = target.ensure(start, 4L * pixels + pixels / 8 + SLACK_BYTES);
        at = start;
    }

    /** Where the next token goes. */
    int at() {
        return at;
    }

    /** Writes the low bytes of {@code value}, at most four, the lowest first; what follows in the array is undefined. */
    void write(int value, int count) {
        CompressedBytes.INT.set(output, at, value);
        at += count;
    }

    /** What a length is more than its token's first byte says. */
    void writeMore(int length) {
        int more = length;
        for (; more >= 0xff; more -= 0xff) {
            output[at++] = (byte) 0xff;
        }
        output[at++] = (byte) more;
    }

    /** Literals of units {@code from} to {@code to}. */
    void writeLiterals(int[] units, int from, int to, int unitBytes) {
        byte[] output = this.output;
        int at = this.at;
        for (int i = from; i < to; ) {
            int part = Math.min(LzTokens.MAX_LITERALS, to - i);
            output[at++] = (byte) (part - 1);
            int end = i + part;
            if (unitBytes == LzTokens.RGB24) {
                for (; i < end; i++) {
                    CompressedBytes.INT.set(output, at, units[i]);
                    at += 3;
                }
            } else if (unitBytes == LzTokens.RGB16) {
                for (; i < end; i++) {
                    output[at++] = (byte) (units[i] >> 8);
                    output[at++] = (byte) units[i];
                }
            } else {
                for (; i < end; i++) {
                    output[at++] = (byte) units[i];
                }
            }
        }
        this.at = at;
    }

    /** The bits of a picture's pixels from {@code shift} on that {@code mask} has. */
    static void copyPart(Pixmap picture, int shift, int mask, int[] target) {
        int[] pixels = picture.pixels();
        int count = picture.widthPixels() * picture.heightPixels();
        for (int i = 0; i < count; i++) {
            target[i] = (pixels[i] >>> shift) & mask;
        }
    }
}
