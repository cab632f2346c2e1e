package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;

/** Streams that are long, or pictures that are large, for nothing but to make numbers overflow or memory be held. */
final class HostileSizesTest {
    /** So many bytes of 255 make a length that is no int any more. */
    private static final int LENGTH_BYTES = Integer.MAX_VALUE / 255 + 2;

    private static final byte TOP_DOWN = 1;
    private static final byte BIT_32 = 8;

    @Test
    void lz4RefusesLiteralsWithoutEnd() {
        assertRefused((byte) 0xf0);
    }

    @Test
    void lz4RefusesAMatchWithoutEnd() {
        assertRefused((byte) 0x1f, (byte) 42, (byte) 1, (byte) 0);
    }

    /** A block that begins so, and whose first length goes on and on. */
    private static void assertRefused(byte... start) {
        int size = start.length + LENGTH_BYTES + 16;
        ByteBuffer stream = ByteBuffer.allocate(6 + size);
        stream.put(TOP_DOWN).put(BIT_32).putInt(size).put(start);
        Arrays.fill(stream.array(), stream.position(), stream.position() + LENGTH_BYTES, (byte) 0xff);
        Lz4Decoder decoder = new Lz4Decoder();
        assertThrows(
                MalformedMessageException.class,
                () -> decoder.decode(MemorySegment.ofArray(stream.array()), 1, 1, new Pixmap()));
    }

    /** What a large picture leaves behind is not given to a tiny one, which nobody would count as large. */
    @Test
    void aTinyPictureHoldsNoLargeArray() throws MalformedMessageException {
        int most = 1 << 16;
        GlzWindow window = new GlzWindow(most);
        window.add(window.allocate(0, most), 0);
        window.add(window.allocate(1, 1), 0);
        GlzImage tiny = window.allocate(2, 1);
        assertTrue(tiny.pixels.length <= 2, () -> "pixels: " + tiny.pixels.length);
        GlzImage large = window.allocate(3, most);
        assertTrue(large.pixels.length == most, () -> "pixels: " + large.pixels.length);
    }
}
