package org.spiceshm.canvas.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** One target for each decoder; what they find is stored beside their seeds and run by {@link FuzzInputsTest}. */
final class DecoderFuzz {
    @FuzzTest(maxDuration = "3m")
    void quic(byte[] input) {
        FuzzTarget.QUIC.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void lz(byte[] input) {
        FuzzTarget.LZ.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void lzPalette(byte[] input) {
        FuzzTarget.LZ_PALETTE.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void glz(byte[] input) {
        FuzzTarget.GLZ.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void zlibGlz(byte[] input) {
        FuzzTarget.ZLIB_GLZ.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void lz4(byte[] input) {
        FuzzTarget.LZ4.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void jpeg(byte[] input) {
        FuzzTarget.JPEG.run(input);
    }

    @FuzzTest(maxDuration = "3m")
    void jpegAlpha(byte[] input) {
        FuzzTarget.JPEG_ALPHA.run(input);
    }
}
