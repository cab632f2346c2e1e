package org.spiceshm.canvas.codec;

import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;

/**
 * Encodes baseline JPEG pictures: YCbCr, chroma at half resolution, the Huffman tables and divisors of ITU-T T.81,
 * annex K, the latter scaled by quality as the Independent JPEG Group's library scales them.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread.
 */
public final class JpegEncoder {
    private static final int MAX_QUALITY = 100;
    private static final int UNIT = 2 * JpegIdct.SIDE;
    /** What a unit of six blocks takes at most: 64 codes of 26 bits each, every byte stuffed. */
    private static final int MAX_UNIT_BYTES = 6 * 64 * 26 / 8 * 2;

    private static final int HEAD_BYTES = 1024;

    private final JpegTables tables = new JpegTables();
    private final JpegFdct fdct = new JpegFdct();
    private final int[] block = new int[JpegIdct.SIZE];
    /** Sixteen rows of luma and eight of each chroma, less 128. */
    private int[] luma = new int[0];

    private int[] blueness = new int[0];
    private int[] redness = new int[0];
    private int stride;

    private byte[] output = new byte[0];
    private int at;
    private long bits;
    private int pending;
    private int lumaPredictor;
    private int bluePredictor;
    private int redPredictor;

    /**
     * Encodes the colours of an XRGB_32 or ARGB_32 picture after what {@code target} holds.
     *
     * @param quality 1 to 100, as the Independent JPEG Group counts; the reference uses 85
     */
    public void encode(Pixmap picture, int quality, EncodedBytes target) {
        if (!(1 <= quality && quality <= MAX_QUALITY)) {
            throw new IllegalArgumentException("quality: got " + quality + ", expected 1 to 100");
        }
        if (picture.format().bitsPerPixel() != Integer.SIZE) {
            throw new IllegalArgumentException("picture: got " + picture.format() + ", expected 32 bits");
        }
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        tables.scale(quality);
        begin(width);
        at = target.length();
        output = target.ensure(at, HEAD_BYTES);
        at = tables.writeHead(output, at, width, height);
        for (int y = 0; y < height; y += UNIT) {
            output = target.ensure(at, (long) (stride / UNIT) * MAX_UNIT_BYTES + HEAD_BYTES);
            convert(picture.pixels(), width, height, y);
            for (int x = 0; x < stride; x += UNIT) {
                encodeUnit(x, width - x, height - y);
            }
        }
        finish();
        target.length(at);
    }

    private void begin(int width) {
        stride = (width + UNIT - 1) / UNIT * UNIT;
        if (luma.length < stride * UNIT) {
            luma = new int[stride * UNIT];
            blueness = new int[stride * UNIT / 4];
            redness = new int[stride * UNIT / 4];
        }
        bits = 0;
        pending = 0;
        lumaPredictor = bluePredictor = redPredictor = 0;
    }

    /** Sixteen rows from {@code top} on; what lies beyond the picture repeats its last column and row. */
    private void convert(int[] pixels, int width, int height, int top) {
        for (int y = 0; y < UNIT; y += 2) {
            int first = Math.min(top + y, height - 1) * width;
            int second = Math.min(top + y + 1, height - 1) * width;
            int upper = y * stride;
            int lower = upper + stride;
            int chroma = y / 2 * (stride / 2);
            toLuma(pixels, first, width, upper);
            toLuma(pixels, second, width, lower);
            for (int x = 0; x < width; x += 2) {
                int right = Math.min(x + 1, width - 1);
                toChroma(
                        pixels[first + x],
                        pixels[first + right],
                        pixels[second + x],
                        pixels[second + right],
                        chroma + x / 2,
                        1 + ((x >> 1) & 1));
            }
            Arrays.fill(luma, upper + width, upper + stride, luma[upper + width - 1]);
            Arrays.fill(luma, lower + width, lower + stride, luma[lower + width - 1]);
            int half = (width + 1) / 2;
            Arrays.fill(blueness, chroma + half, chroma + stride / 2, blueness[chroma + half - 1]);
            Arrays.fill(redness, chroma + half, chroma + stride / 2, redness[chroma + half - 1]);
        }
    }

    /** JFIF 1.02, with 16 bits of fraction. */
    private void toLuma(int[] pixels, int from, int count, int to) {
        int[] luma = this.luma;
        for (int x = 0; x < count; x++) {
            int p = pixels[from + x];
            int y = (19595 * ((p >> 16) & 0xff) + 38470 * ((p >> 8) & 0xff) + 7471 * (p & 0xff) + 32768) >> 16;
            luma[to + x] = y - 128;
        }
    }

    /** The mean of four pixels; {@code round} alternates, so that halves do not all go up. */
    private void toChroma(int a, int b, int c, int d, int to, int round) {
        int red = ((a >> 16) & 0xff) + ((b >> 16) & 0xff) + ((c >> 16) & 0xff) + ((d >> 16) & 0xff);
        int green = ((a >> 8) & 0xff) + ((b >> 8) & 0xff) + ((c >> 8) & 0xff) + ((d >> 8) & 0xff);
        int blue = (a & 0xff) + (b & 0xff) + (c & 0xff) + (d & 0xff);
        int half = round << 16;
        blueness[to] = Math.min(127, (-11059 * red - 21709 * green + 32768 * blue + half) >> 18);
        redness[to] = Math.min(127, (32768 * red - 27439 * green - 5329 * blue + half) >> 18);
    }

    /** Sixteen by sixteen pixels from {@code x} on, of which the picture has {@code width} by {@code height}. */
    private void encodeUnit(int x, int width, int height) {
        for (int y = 0; y < UNIT; y += JpegIdct.SIDE) {
            for (int i = 0; i < UNIT; i += JpegIdct.SIDE) {
                if (y < height && i < width) {
                    lumaPredictor = encodeBlock(luma, y * stride + x + i, stride, JpegTables.LUMA, lumaPredictor);
                } else {
                    repeatLevel();
                }
            }
        }
        bluePredictor = encodeBlock(blueness, x / 2, stride / 2, JpegTables.CHROMA, bluePredictor);
        redPredictor = encodeBlock(redness, x / 2, stride / 2, JpegTables.CHROMA, redPredictor);
    }

    /** A block that nobody will see. */
    private void repeatLevel() {
        writeWord(tables.dcWords[JpegTables.LUMA][0]);
        writeWord(tables.acWords[JpegTables.LUMA][0]);
    }

    /** Writes one block; returns its first coefficient, from which the next one's is told. */
    private int encodeBlock(int[] samples, int index, int rowStride, int kind, int predictor) {
        int[] block = this.block;
        fdct.transform(samples, index, rowStride, block);
        long nonZero = tables.quantize(block, kind);
        int first = block[0];
        int difference = first - predictor;
        int size = Integer.SIZE - Integer.numberOfLeadingZeros(Math.abs(difference));
        writeWord(tables.dcWords[kind][size]);
        write((difference < 0 ? difference - 1 : difference) & ((1 << size) - 1), size);
        int[] acWords = tables.acWords[kind];
        int last = 0;
        for (long rest = nonZero & ~1L; rest != 0; rest &= rest - 1) {
            int k = Long.numberOfTrailingZeros(rest);
            int run = k - last - 1;
            for (; run > 15; run -= 16) {
                writeWord(acWords[0xf0]);
            }
            int value = block[k];
            size = Integer.SIZE - Integer.numberOfLeadingZeros(Math.abs(value));
            int word = acWords[run << 4 | size];
            write((word & 0xffff) << size | ((value < 0 ? value - 1 : value) & ((1 << size) - 1)), (word >> 16) + size);
            last = k;
        }
        if (last != JpegIdct.SIZE - 1) {
            writeWord(acWords[0]);
        }
        return first;
    }

    /** Writes a code as {@link JpegTables} has it. */
    private void writeWord(int word) {
        write(word & 0xffff, word >> 16);
    }

    /** Writes at most 26 bits. */
    private void write(int value, int count) {
        bits = bits << count | value;
        pending += count;
        if (pending >= Integer.SIZE) {
            pending -= Integer.SIZE;
            int word = (int) (bits >>> pending);
            if (((~word - 0x0101_0101) & word & 0x8080_8080) == 0) {
                CompressedBytes.INT.set(output, at, Integer.reverseBytes(word));
                at += Integer.BYTES;
            } else {
                for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
                    writeByte(word >> shift);
                }
            }
        }
    }

    private void writeByte(int value) {
        output[at++] = (byte) value;
        if ((value & 0xff) == 0xff) {
            output[at++] = 0;
        }
    }

    /** The last byte is filled up with ones. */
    private void finish() {
        write(0x7f, 7);
        for (; pending >= Byte.SIZE; pending -= Byte.SIZE) {
            writeByte((int) (bits >>> (pending - Byte.SIZE)));
        }
        output[at++] = (byte) 0xff;
        output[at++] = (byte) 0xd9;
    }
}
