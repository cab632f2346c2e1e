package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Inflater;

/** Reads what the PNG specification says about 8-bit RGB and RGBA, all five filters, and checks every checksum; alpha is dropped. */
final class PngReader {
    final int width;
    final int height;
    final int[] pixels;

    private PngReader(int width, int height, int[] pixels) {
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    static PngReader of(byte[] png) throws Exception {
        ByteBuffer in = ByteBuffer.wrap(png);
        assertEquals(0x89504e470d0a1a0aL, in.getLong());
        int width = 0;
        int height = 0;
        int channels = 3;
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        String type = "";
        while (!type.equals("IEND")) {
            byte[] chunk = new byte[in.getInt() + 4];
            in.get(chunk);
            CRC32 crc = new CRC32();
            crc.update(chunk);
            assertEquals((int) crc.getValue(), in.getInt());
            type = new String(chunk, 0, 4, StandardCharsets.US_ASCII);
            if (type.equals("IHDR")) {
                ByteBuffer head = ByteBuffer.wrap(chunk, 4, 13);
                width = head.getInt();
                height = head.getInt();
                int kind = head.getInt();
                // Depth 8, RGB or RGBA, deflate, adaptive filters, not interlaced.
                channels = kind == 0x08060000 ? 4 : 3;
                assertEquals(channels == 4 ? 0x08060000 : 0x08020000, kind);
                assertEquals(0, head.get());
            } else if (type.equals("IDAT")) {
                data.write(chunk, 4, chunk.length - 4);
            }
        }
        assertEquals(0, in.remaining());
        byte[] raw = inflate(data.toByteArray(), (channels * width + 1) * height);
        return new PngReader(width, height, unfilter(raw, width, channels));
    }

    private static byte[] inflate(byte[] data, int length) throws Exception {
        Inflater inflater = new Inflater();
        inflater.setInput(data);
        byte[] out = new byte[length];
        int done = 0;
        while (done < length && !inflater.finished()) {
            done += inflater.inflate(out, done, length - done);
        }
        assertEquals(length, done);
        inflater.end();
        return out;
    }

    private static int[] unfilter(byte[] raw, int width, int channels) {
        int rowBytes = channels * width;
        int height = raw.length / (rowBytes + 1);
        int[] out = new int[width * height];
        int[] above = new int[rowBytes];
        for (int y = 0; y < height; y++) {
            int at = y * (rowBytes + 1);
            int[] row = new int[rowBytes];
            for (int i = 0; i < rowBytes; i++) {
                int left = i < channels ? 0 : row[i - channels];
                int corner = i < channels ? 0 : above[i - channels];
                int predicted = switch (raw[at]) {
                    case 0 -> 0;
                    case 1 -> left;
                    case 2 -> above[i];
                    case 3 -> (left + above[i]) / 2;
                    default -> paeth(left, above[i], corner);
                };
                row[i] = raw[at + 1 + i] + predicted & 0xff;
            }
            for (int x = 0; x < width; x++) {
                int first = channels * x;
                out[y * width + x] = row[first] << 16 | row[first + 1] << 8 | row[first + 2];
            }
            above = row;
        }
        return out;
    }

    private static int paeth(int a, int b, int c) {
        int p = a + b - c;
        int pa = Math.abs(p - a);
        int pb = Math.abs(p - b);
        int pc = Math.abs(p - c);
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
}
