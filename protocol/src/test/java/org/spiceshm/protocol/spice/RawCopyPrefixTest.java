package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.Numbering;

class RawCopyPrefixTest {
    @Test
    void prefixAndPixelsAreWhatTheRecordEncodes() throws MalformedMessageException {
        byte[] body = new byte[RawCopyPrefix.BYTES + RawCopyPrefix.pixelBytes(3, 2)];
        Arrays.fill(body, (byte) 0xcc);
        RawCopyPrefix.write(MemorySegment.ofArray(body), 0, 0, 10, 20, 12, 23, 77, BitmapFormat.BIT_32);
        DrawMessage.Copy copy = assertInstanceOf(
                DrawMessage.Copy.class,
                DisplayServerMessage.decode(DrawMessage.Copy.TYPE, MemorySegment.ofArray(body), Numbering.CURRENT));
        assertEquals(new DisplayBase(0, new Rect(10, 20, 12, 23), new Clip.None()), copy.base());
        assertEquals(Rect.ofSize(3, 2), copy.sourceArea());
        assertEquals(QMask.NONE, copy.mask());
        Image.Bitmap bitmap = assertInstanceOf(Image.Bitmap.class, copy.source());
        assertEquals(new Image.Descriptor(77, 0, 3, 2), bitmap.descriptor());
        assertEquals(12, bitmap.strideBytes());
        assertEquals("cc".repeat(24), Hex.text(bitmap.data().toArray(ValueLayout.JAVA_BYTE)));
        assertEquals(Hex.text(body), Hex.text(copy.encode()));
    }
}
