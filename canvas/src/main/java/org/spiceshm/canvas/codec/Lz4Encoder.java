package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.spice.BitmapFormat;

/**
 * Encodes LZ4 pictures, as one block: greedy matches of whole pixels. LZ4 block format description.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class Lz4Encoder {
    private static final int MIN_MATCH = 4;
    private static final int MAX_OFFSET = 0xffff;
    /** A block ends with at least so many bytes of literals. */
    private static final int LAST_LITERALS = 5;
    /** No match starts nearer to a block's end. */
    private static final int MATCH_LIMIT = 12;

    private static final int LONG_LENGTH = 15;
    private static final int HEADER_BYTES = 6;
    private static final int SLACK_BYTES = 64;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final PixelMatcher matcher = new PixelMatcher();
    private EncodedBytes target = new EncodedBytes();
    private byte[] output = new byte[0];
    private int at;
    private int pixelBytes;

    /**
     * Encodes a picture after what {@code newTarget} holds, rows top-down: RGB_555 as 16BIT, XRGB_32 as 32BIT, ARGB_32 as
     * RGBA.
     *
     * @throws IllegalArgumentException for other formats
     */
    public void encode(Pixmap picture, EncodedBytes newTarget) {
        BitmapFormat format = switch (picture.format()) {
            case RGB_555 -> BitmapFormat.BIT_16;
            case XRGB_32 -> BitmapFormat.BIT_32;
            case ARGB_32 -> BitmapFormat.RGBA;
            case A1, A8, RGB_565 ->
                throw new IllegalArgumentException("picture: got " + picture.format() + ", expected colours");
        };
        int count = picture.widthPixels() * picture.heightPixels();
        pixelBytes = format.bitsPerPixel() / Byte.SIZE;
        target = newTarget;
        int start = target.length();
        long length = (long) count * pixelBytes;
        output = target.ensure(start, HEADER_BYTES + length + length / 255 + SLACK_BYTES);
        output[start] = 1; // top-down
        output[start + 1] = (byte) format.number();
        at = start + HEADER_BYTES;
        encodeBlock(picture.pixels(), picture.widthPixels(), count);
        CompressedBytes.INT.set(output, start + 2, Integer.reverseBytes(at - start - HEADER_BYTES));
        target.length(at);
    }

    private void encodeBlock(int[] pixels, int width, int count) {
        matcher.begin(pixels, width, count, MAX_OFFSET / pixelBytes, false);
        int misses = 0;
        int literals = 0;
        int i = 0;
        int last = count - Math.max(PixelMatcher.LOOK_AHEAD, MATCH_LIMIT / pixelBytes);
        int end = count - (LAST_LITERALS + pixelBytes - 1) / pixelBytes;
        while (i <= last) {
            if (!matcher.find(i)) {
                i += 1 + (misses++ >> PixelMatcher.PATIENCE);
                continue;
            }
            int length = Math.min(matcher.length, end - i);
            writeLiterals(pixels, literals, i, Math.min(length * pixelBytes - MIN_MATCH, LONG_LENGTH));
            writeMatch(length * pixelBytes - MIN_MATCH, matcher.distance * pixelBytes);
            matcher.skip(i, i + length);
            misses = 0;
            i += length;
            literals = i;
        }
        writeLiterals(pixels, literals, count, 0);
    }

    private void writeLiterals(int[] pixels, int from, int to, int matchBits) {
        byte[] output = this.output;
        int bytes = (to - from) * pixelBytes;
        CompressedBytes.INT.set(output, at, Math.min(bytes, LONG_LENGTH) << 4 | matchBits);
        at++;
        writeMore(bytes - LONG_LENGTH);
        if (pixelBytes == Short.BYTES) {
            for (int i = from, to16 = at; i < to; i++, to16 += Short.BYTES) {
                output[to16] = (byte) pixels[i];
                output[to16 + 1] = (byte) (pixels[i] >> 8);
            }
        } else if (bytes < SLACK_BYTES) {
            for (int i = from, to32 = at; i < to; i++, to32 += Integer.BYTES) {
                CompressedBytes.INT.set(output, to32, pixels[i]);
            }
        } else {
            MemorySegment.copy(pixels, from, target.segment(), INT, at, to - from);
        }
        at += bytes;
    }

    /** Writes what follows the literals; {@code length} is less the shortest that there is. */
    private void writeMatch(int length, int offset) {
        CompressedBytes.INT.set(output, at, offset);
        at += Short.BYTES;
        writeMore(length - LONG_LENGTH);
    }

    /** Writes what a length is more than its token says, if it is not less. */
    private void writeMore(int length) {
        int more = length;
        for (; more >= 0xff; more -= 0xff) {
            output[at++] = (byte) 0xff;
        }
        output[at] = (byte) more;
        // Without a branch, as nobody could foretell it.
        at += 1 + (more >> (Integer.SIZE - 1));
    }
}
