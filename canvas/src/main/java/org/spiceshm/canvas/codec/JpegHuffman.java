package org.spiceshm.canvas.codec;

/** A Huffman table of a JPEG stream, laid out for decoding: ITU-T T.81, annexes C and F.2.2.3. Owned by the decoder's thread. */
final class JpegHuffman {
    static final int MAX_BITS = 16;
    /** Codes of up to so many bits are looked up at once. */
    static final int FAST_BITS = 9;

    private static final int VALUES = 256;

    /** For the next {@link #FAST_BITS} bits: length times 256 plus the symbol; 0 if the code is longer. */
    final short[] fast = new short[1 << FAST_BITS];
    /** The first code that is longer than each length, at the top of 16 bits. */
    private final int[] limit = new int[MAX_BITS + 1];
    /** What to subtract from a code of each length to find its symbol's index. */
    private final int[] offset = new int[MAX_BITS + 1];

    private final byte[] symbols = new byte[VALUES];
    private boolean defined;

    void clear() {
        defined = false;
    }

    boolean isDefined() {
        return defined;
    }

    /** Takes a table: how many codes there are of each length, and the symbols; whether it is a code at all. */
    boolean define(byte[] data, int counts, int symbolsAt, int symbolCount) {
        java.util.Arrays.fill(fast, (short) 0);
        System.arraycopy(data, symbolsAt, symbols, 0, symbolCount);
        int code = 0;
        int index = 0;
        for (int length = 1; length <= MAX_BITS; length++) {
            int count = data[counts + length - 1] & 0xff;
            offset[length] = code - index;
            if (!(code + count <= 1 << length)) {
                return false;
            }
            for (int i = 0; i < count; i++, code++, index++) {
                if (length <= FAST_BITS) {
                    int first = code << (FAST_BITS - length);
                    short entry = (short) (length << Byte.SIZE | (symbols[index] & 0xff));
                    java.util.Arrays.fill(fast, first, first + (1 << (FAST_BITS - length)), entry);
                }
            }
            limit[length] = code << (MAX_BITS - length);
            code <<= 1;
        }
        defined = true;
        return true;
    }

    /** Length times 256 plus the symbol for the next 16 bits, if the code is longer than {@link #FAST_BITS}; -1 if there is none. */
    int slow(int sixteen) {
        for (int length = FAST_BITS + 1; length <= MAX_BITS; length++) {
            if (sixteen < limit[length]) {
                int index = (sixteen >> (MAX_BITS - length)) - offset[length];
                return length << Byte.SIZE | (symbols[index & 0xff] & 0xff);
            }
        }
        return -1;
    }
}
