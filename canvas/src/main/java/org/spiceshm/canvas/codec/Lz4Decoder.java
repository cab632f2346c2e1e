package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes LZ4 pictures: bytes of a bitmap with packed rows, in blocks that may refer to the blocks before them.
 * spice-gtk, canvas_base.c: canvas_get_lz4; LZ4 block format description.
 *
 * <pre>
 * top_down u8 | format u8 | { size u32 big-endian | block } ...
 * block: { llllmmmm [255]* l  literals  offset u16  [255]* m } ... the last sequence ends after its literals
 * </pre>
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread. When a stream is
 * refused, the target's pixels are undefined.
 */
public final class Lz4Decoder {
    private static final String NAME = "LZ4";
    private static final Struct HEADER = Struct.littleEndian(NAME);
    private static final Struct.U8 TOP_DOWN = HEADER.u8("top_down");
    private static final Struct.U8 FORMAT = HEADER.u8("format");
    private static final Struct BLOCK = Struct.littleEndian(NAME);
    private static final Struct.U32 SIZE = BLOCK.u32("size");

    private static final int LONG_LENGTH = 15;
    private static final int MIN_MATCH = 4;
    private static final int MAX_BYTES_PER_BYTE = 255;
    /** So that a length that has grown past what there is room for, by one byte's worth, is still an int. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 2 * MAX_BYTES_PER_BYTE;
    /** Literals that are copied as two words. */
    private static final int SHORT = 16;
    /** Bytes of a match that are copied at once: no more than there is slack. */
    private static final int GROUP_BYTES = CompressedBytes.SLACK_BYTES;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int OPAQUE = 0xff00_0000;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final CompressedBytes input = new CompressedBytes();
    private final CompressedBytes output = new CompressedBytes();

    /**
     * Decodes a picture: 16BIT becomes RGB_555, 24BIT XRGB_32 with a top byte of 255, 32BIT XRGB_32 with the fourth byte
     * on top, RGBA ARGB_32.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, Pixmap target) throws MalformedMessageException {
        input.load(data);
        if (!(HEADER.size() <= input.length())) {
            throw malformed("header", "got " + input.length() + " bytes, expected " + HEADER.size());
        }
        int number = FORMAT.get(input.segment(), 0);
        BitmapFormat format = BitmapFormat.ofNumber(number);
        if (format == null || format.number() < BitmapFormat.BIT_16.number() || format == BitmapFormat.A8) {
            throw malformed(FORMAT.name(), "got " + number + ", expected 6 to 9");
        }
        long bytes = (long) width * height * format.bitsPerPixel() / Byte.SIZE;
        if (!(bytes <= (long) MAX_BYTES_PER_BYTE * input.length() && bytes <= MAX_BYTES)) {
            throw malformed("blocks", "got " + input.length() + " bytes, too few for " + bytes);
        }
        output.room((int) bytes);
        decodeBlocks();
        toPixels(format, width, height, target);
        if (TOP_DOWN.get(input.segment(), 0) == 0) {
            Rows.flip(target);
        }
    }

    private void decodeBlocks() throws MalformedMessageException {
        int at = (int) HEADER.size();
        int end = input.length();
        int done = 0;
        while (at < end) {
            if (!(BLOCK.size() <= end - at)) {
                throw malformed(SIZE.name(), "got " + (end - at) + " bytes, expected 4");
            }
            int size = Integer.reverseBytes(SIZE.get(input.segment(), at));
            at += (int) BLOCK.size();
            if (!(0 < size && size <= end - at)) {
                throw malformed(SIZE.name(), "got " + Integer.toUnsignedString(size) + ", expected 1 to " + (end - at));
            }
            done = decodeBlock(input.array(), at, at + size, output.array(), done, output.length());
            at += size;
        }
        if (!(done == output.length())) {
            throw malformed("blocks", "got " + done + " bytes of pixels, expected " + output.length());
        }
    }

    /** Decodes one block; returns where the output ends. */
    private static int decodeBlock(byte[] input, int start, int end, byte[] output, int outputStart, int limit)
            throws MalformedMessageException {
        int at = start;
        int done = outputStart;
        while (true) {
            int token = input[at++] & 0xff;
            int literals = token >> 4;
            if (literals == LONG_LENGTH) {
                int next;
                do {
                    next = input[at++] & 0xff;
                    literals += next;
                } while (next == 0xff && at < end && literals <= limit);
            }
            if (!(literals <= end - at && literals <= limit - done)) {
                throw malformed(
                        "block",
                        "got " + literals + " literals, expected at most " + (end - at) + " and " + (limit - done));
            }
            if (literals <= SHORT) {
                // INVARIANT: both arrays have SLACK_BYTES more than these bytes.
                WORD.set(output, done, (long) WORD.get(input, at));
                WORD.set(output, done + Long.BYTES, (long) WORD.get(input, at + Long.BYTES));
            } else {
                System.arraycopy(input, at, output, done, literals);
            }
            at += literals;
            done += literals;
            if (at == end) {
                return done;
            }
            int offset = (input[at] & 0xff) | (input[at + 1] & 0xff) << 8;
            at += 2;
            int length = token & 0xf;
            // The first byte more without a branch, as nobody could foretell it.
            int isLong = (LONG_LENGTH - 1 - length) >> (Integer.SIZE - 1);
            int more = input[at] & isLong & 0xff;
            at -= isLong;
            length += more + MIN_MATCH;
            while (more == 0xff && at < end && length <= limit) {
                more = input[at++] & 0xff;
                length += more;
            }
            if (!(at < end)) {
                throw malformed("block", "got the end of a block after a match, expected literals");
            }
            if (!(0 < offset && offset <= done && length <= limit - done)) {
                throw malformed(
                        "block",
                        "got a match of " + length + " bytes from " + offset + " back, expected at most "
                                + (limit - done) + " and " + done);
            }
            copyMatch(output, done, offset, length);
            done += length;
        }
    }

    /** Copies groups of bytes, of which up to a group may lie in the slack. */
    private static void copyMatch(byte[] output, int done, int offset, int length) {
        if (length > 2 * GROUP_BYTES) {
            copyLong(output, done - offset, done, length);
        } else if (offset >= Integer.BYTES) {
            copyGroup(output, done - offset, done);
            if (length > GROUP_BYTES) {
                copyGroup(output, done - offset + GROUP_BYTES, done + GROUP_BYTES);
            }
        } else {
            for (int i = done; i < done + length; i++) {
                output[i] = output[i - offset];
            }
        }
    }

    /** Pixel after pixel, as each may be the one before it. */
    private static void copyGroup(byte[] output, int from, int to) {
        for (int i = 0; i < GROUP_BYTES; i += Integer.BYTES) {
            CompressedBytes.INT.set(output, to + i, (int) CompressedBytes.INT.get(output, from + i));
        }
    }

    /** Copies what there is, twice as much, and so on, where the places overlap. */
    private static void copyLong(byte[] output, int from, int to, int length) {
        int distance = to - from;
        int done = 0;
        while (done < length) {
            int part = Math.min(distance + done, length - done);
            System.arraycopy(output, from, output, to + done, part);
            done += part;
        }
    }

    private void toPixels(BitmapFormat format, int width, int height, Pixmap target) {
        byte[] bytes = output.array();
        int count = width * height;
        switch (format) {
            case BIT_16 -> {
                target.resize(SurfaceFormat.RGB_555, width, height);
                int[] pixels = target.pixels();
                for (int i = 0; i < count; i++) {
                    pixels[i] = (bytes[2 * i] & 0xff) | (bytes[2 * i + 1] & 0xff) << 8;
                }
            }
            case BIT_24 -> {
                target.resize(SurfaceFormat.XRGB_32, width, height);
                int[] pixels = target.pixels();
                for (int i = 0; i < count; i++) {
                    pixels[i] = (int) CompressedBytes.INT.get(bytes, 3 * i) | OPAQUE;
                }
            }
            case BIT_32, RGBA -> {
                target.resize(
                        format == BitmapFormat.RGBA ? SurfaceFormat.ARGB_32 : SurfaceFormat.XRGB_32, width, height);
                MemorySegment.copy(output.segment(), INT, 0, target.pixels(), 0, count);
            }
            case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8, A8 ->
                throw new IllegalStateException("format " + format);
        }
    }

    private static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException(NAME, field, detail);
    }
}
