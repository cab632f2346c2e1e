package org.spiceshm.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Writes a PNG of 8 bits a channel row by row: each row filtered by Sub or Up, whichever leaves the smaller numbers, and deflated
 * at level 3, which on screens takes a third of the time of level 6 for a third more bytes. PNG specification, 5 and 9.
 *
 * <p>One picture, one thread; does not close the stream.
 */
public final class PngWriter implements AutoCloseable {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int HEADER_BYTES = 13;
    private static final byte DEPTH = 8;
    private static final byte FILTER_SUB = 1;
    private static final byte FILTER_UP = 2;
    private static final int MAX_CHANNELS = 4;
    private static final int LEVEL = 3;
    private static final int CHUNK_BYTES = 64 * 1024;

    /** What is written of a pixel. PNG specification, 11.2.1: colour type. */
    public enum Channels {
        /** The low byte, as grey. */
        GREY(0, 1),
        /** Red, green and blue of 0x??RRGGBB. */
        RGB(2, 3),
        /** The four bytes of 0xAARRGGBB as they are. */
        RGBA(6, 4);

        private final byte colorType;
        private final int count;

        Channels(int colorType, int count) {
            this.colorType = (byte) colorType;
            this.count = count;
        }
    }

    private final OutputStream out;
    private final Channels channels;
    private final int width;
    private final int height;
    private final Deflater deflater = new Deflater(LEVEL);
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private int chunkLength;
    private byte[] row;
    private byte[] above;
    private final byte[] sub;
    private final byte[] up;
    private int rows;

    /** Begins a picture of RGB; all of {@code height} rows must follow, and then {@link #finish}. */
    public PngWriter(OutputStream out, int width, int height) throws IOException {
        this(out, Channels.RGB, width, height);
    }

    /** Begins a picture; all of {@code height} rows must follow, and then {@link #finish}. */
    public PngWriter(OutputStream out, Channels channels, int width, int height) throws IOException {
        if (!(0 < width && 0 < height && width <= (Integer.MAX_VALUE - 1) / MAX_CHANNELS)) {
            throw new IllegalArgumentException("picture: got " + width + "x" + height + ", expected 1x1 or more");
        }
        this.out = out;
        this.channels = channels;
        this.width = width;
        this.height = height;
        row = new byte[channels.count * width];
        above = new byte[row.length];
        sub = new byte[1 + row.length];
        up = new byte[1 + row.length];
        sub[0] = FILTER_SUB;
        up[0] = FILTER_UP;
        out.write(SIGNATURE);
        byte[] header = ByteBuffer.allocate(HEADER_BYTES)
                .putInt(width)
                .putInt(height)
                .put(DEPTH)
                .put(channels.colorType)
                .array();
        writeChunk("IHDR", header, header.length);
    }

    /** The next row: {@code width} pixels from {@code index} on. */
    public void row(int[] pixels, int index) throws IOException {
        if (!(rows < height)) {
            throw new IllegalStateException("row " + rows + " of a picture of " + height + " rows");
        }
        rows++;
        switch (channels) {
            case GREY -> {
                for (int x = 0; x < width; x++) {
                    row[x] = (byte) pixels[index + x];
                }
            }
            case RGB -> {
                for (int x = 0, at = 0; x < width; x++, at += 3) {
                    putColors(pixels[index + x], at);
                }
            }
            case RGBA -> {
                for (int x = 0, at = 0; x < width; x++, at += 4) {
                    putColors(pixels[index + x], at);
                    row[at + 3] = (byte) (pixels[index + x] >> 24);
                }
            }
        }
        deflate(filtered());
        byte[] next = above;
        above = row;
        row = next;
    }

    private void putColors(int pixel, int at) {
        row[at] = (byte) (pixel >> 16);
        row[at + 1] = (byte) (pixel >> 8);
        row[at + 2] = (byte) pixel;
    }

    /** Writes what is left. */
    public void finish() throws IOException {
        if (!(rows == height)) {
            throw new IllegalStateException("the end after " + rows + " of " + height + " rows");
        }
        deflater.finish();
        while (!deflater.finished()) {
            drain();
        }
        flushChunk();
        writeChunk("IEND", chunk, 0);
        out.flush();
    }

    /** Frees the compressor. */
    @Override
    public void close() {
        deflater.end();
    }

    private byte[] filtered() {
        long subSum = 0;
        long upSum = 0;
        for (int i = 0; i < row.length; i++) {
            byte bySub = (byte) (row[i] - (i < channels.count ? 0 : row[i - channels.count]));
            byte byUp = (byte) (row[i] - above[i]);
            sub[i + 1] = bySub;
            up[i + 1] = byUp;
            subSum += Math.abs(bySub);
            upSum += Math.abs(byUp);
        }
        return upSum <= subSum ? up : sub;
    }

    private void deflate(byte[] bytes) throws IOException {
        deflater.setInput(bytes);
        while (!deflater.needsInput()) {
            drain();
        }
    }

    private void drain() throws IOException {
        chunkLength += deflater.deflate(chunk, chunkLength, chunk.length - chunkLength);
        if (chunkLength == chunk.length) {
            flushChunk();
        }
    }

    private void flushChunk() throws IOException {
        if (chunkLength != 0) {
            writeChunk("IDAT", chunk, chunkLength);
            chunkLength = 0;
        }
    }

    private void writeChunk(String type, byte[] data, int length) throws IOException {
        byte[] head = ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(length)
                .put(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .array();
        CRC32 crc = new CRC32();
        crc.update(head, Integer.BYTES, Integer.BYTES);
        crc.update(data, 0, length);
        out.write(head);
        out.write(data, 0, length);
        out.write(
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array());
    }
}
