package org.spiceshm.canvas.codec;

import java.util.HexFormat;

/**
 * The Huffman tables and divisors of ITU-T T.81, annex K, as an encoder needs them. Kind 0 is for luma, 1 for chroma.
 *
 * <p>Owned by the encoder's thread.
 */
final class JpegTables {
    static final int LUMA = 0;
    static final int CHROMA = 1;
    private static final int KINDS = 2;
    /** A reciprocal has so many bits of fraction; coefficients have 15 bits, and come eight times too large. */
    private static final int RECIPROCAL_BITS = 24;

    private static final int SCALE_BITS = 3;
    private static final int CODES = 256;

    /** T.81, table K.1 and K.2, row by row. */
    private static final int[][] BASE = {
        {
            16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
            29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
            121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99
        },
        {
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
                    99,
            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                    99,
            99, 99, 99, 99, 99, 99, 99, 99
        }
    };

    /** T.81, tables K.3 to K.6: sixteen counts, then the symbols. */
    private static final byte[][] DC = {
        hex("00010501010101010100000000000000" + "000102030405060708090a0b"),
        hex("00030101010101010101010000000000" + "000102030405060708090a0b")
    };

    private static final byte[][] AC = {
        hex(
                "0002010303020403050504040000017d"
                        + "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
                        + "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5"
                        + "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"),
        hex("000201020404030407050404000102770001020311040521310612415107617113223281081442"
                + "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a63646566"
                + "6768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8"
                + "c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa")
    };

    /** SOI, and APP0: JFIF 1.01, no density. */
    private static final byte[] START = hex("ffd8ffe000104a46494600010100000100010000");
    /** DQT, of one table of bytes. */
    private static final byte[] DIVISORS_HEAD = hex("ffdb0043");
    /** SOF0, of three components of 8 bits; height and width follow. */
    private static final byte[] FRAME_HEAD = hex("ffc0001108");
    /** Luma is sampled twice as often each way. */
    private static final byte[] COMPONENTS = hex("03012200021101031101");
    /** DHT. */
    private static final byte[] CODES_HEAD = hex("ffc4");
    /** SOS, of all three components. */
    private static final byte[] SCAN_HEAD = hex("ffda000c03010002110311003f00");

    /** Length times 2^16 plus the code, for each symbol of each kind. */
    final int[][] dcWords = {words(DC[LUMA]), words(DC[CHROMA])};

    final int[][] acWords = {words(AC[LUMA]), words(AC[CHROMA])};
    /** Divisors and their reciprocals in the order of the stream. */
    private final int[][] divisors = new int[KINDS][JpegIdct.SIZE];

    private final int[][] reciprocals = new int[KINDS][JpegIdct.SIZE];
    private final int[] natural = new int[JpegIdct.SIZE];
    private int quality;

    /** Sets the divisors for a quality of 1 to 100. */
    void scale(int newQuality) {
        if (quality == newQuality) {
            return;
        }
        quality = newQuality;
        int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        for (int kind = 0; kind < KINDS; kind++) {
            for (int k = 0; k < JpegIdct.SIZE; k++) {
                int base = BASE[kind][JpegDecoder.naturalOrder(k)];
                int divisor = Math.max(1, Math.min(255, (base * percent + 50) / 100));
                divisors[kind][k] = divisor;
                reciprocals[kind][k] = (1 << RECIPROCAL_BITS) / divisor + 1;
            }
        }
    }

    /** Divides a block's coefficients and brings them to the order of the stream; a bit is set for each that is not 0. */
    long quantize(int[] block, int kind) {
        int[] natural = this.natural;
        System.arraycopy(block, 0, natural, 0, JpegIdct.SIZE);
        int[] divisor = divisors[kind];
        int[] reciprocal = reciprocals[kind];
        long nonZero = 0;
        for (int k = 0; k < JpegIdct.SIZE; k++) {
            int value = natural[JpegDecoder.naturalOrder(k)];
            int sign = value >> 31;
            int magnitude = (value ^ sign) - sign + ((divisor[k] << SCALE_BITS) >> 1);
            int quotient = (int) (((long) magnitude * reciprocal[k]) >> (RECIPROCAL_BITS + SCALE_BITS));
            block[k] = (quotient ^ sign) - sign;
            nonZero |= (quotient == 0 ? 0L : 1L) << k;
        }
        return nonZero;
    }

    /** Everything before the scan's data; returns where that begins. */
    int writeHead(byte[] output, int start, int width, int height) {
        int at = put(output, start, START);
        for (int kind = 0; kind < KINDS; kind++) {
            at = put(output, at, DIVISORS_HEAD);
            output[at++] = (byte) kind;
            for (int k = 0; k < JpegIdct.SIZE; k++) {
                output[at++] = (byte) divisors[kind][k];
            }
        }
        at = put(output, at, FRAME_HEAD);
        at = put16(output, at, height);
        at = put16(output, at, width);
        at = put(output, at, COMPONENTS);
        for (int kind = 0; kind < KINDS; kind++) {
            at = putTable(output, at, kind, DC[kind]);
            at = putTable(output, at, 0x10 | kind, AC[kind]);
        }
        return put(output, at, SCAN_HEAD);
    }

    private static int putTable(byte[] output, int start, int kind, byte[] table) {
        int at = put(output, start, CODES_HEAD);
        at = put16(output, at, Short.BYTES + 1 + table.length);
        output[at++] = (byte) kind;
        return put(output, at, table);
    }

    private static int put16(byte[] output, int at, int value) {
        output[at] = (byte) (value >> 8);
        output[at + 1] = (byte) value;
        return at + Short.BYTES;
    }

    private static int put(byte[] output, int at, byte[] bytes) {
        System.arraycopy(bytes, 0, output, at, bytes.length);
        return at + bytes.length;
    }

    private static int[] words(byte[] table) {
        int[] words = new int[CODES];
        int code = 0;
        int symbol = JpegHuffman.MAX_BITS;
        for (int length = 1; length <= JpegHuffman.MAX_BITS; length++) {
            for (int i = 0; i < table[length - 1]; i++) {
                words[table[symbol++] & 0xff] = length << 16 | code++;
            }
            code <<= 1;
        }
        return words;
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
