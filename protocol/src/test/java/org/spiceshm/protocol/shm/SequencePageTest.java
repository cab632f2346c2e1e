package org.spiceshm.protocol.shm;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;

class SequencePageTest {
    @Test
    void fieldsLieWhereTheExtensionSays() {
        MemorySegment page = page();
        new SequencePage.Writer(page).begin(7);
        new SequencePage.Writer(page).end(6);
        assertEquals(136, SequencePage.BYTES);
        assertEquals('S', page.get(ValueLayout.JAVA_BYTE, 0));
        assertEquals('S', page.get(ValueLayout.JAVA_BYTE, 1));
        assertEquals('H', page.get(ValueLayout.JAVA_BYTE, 2));
        assertEquals('M', page.get(ValueLayout.JAVA_BYTE, 3));
        assertEquals(1, page.get(ValueLayout.JAVA_BYTE, 4));
        assertEquals(7, page.get(ValueLayout.JAVA_BYTE, 64));
        assertEquals(6, page.get(ValueLayout.JAVA_BYTE, 128));
    }

    @Test
    void copyIsWholeOnlyIfNoBatchBegan() {
        MemorySegment page = page();
        SequencePage.Writer writer = new SequencePage.Writer(page);
        SequencePage.Reader reader = new SequencePage.Reader(page.asReadOnly());
        writer.begin(1);
        assertFalse(reader.validate(reader.beginRead()));
        writer.end(1);
        long read = reader.beginRead();
        assertEquals(1, read);
        assertTrue(reader.validate(read));
        writer.begin(2);
        assertFalse(reader.validate(read));
        writer.end(2);
        assertFalse(reader.validate(read));
        assertTrue(reader.validate(reader.beginRead()));
    }

    @Test
    void otherPagesAreRefused() {
        MemorySegment page = page();
        assertDoesNotThrow(() -> SequencePage.check(page));
        assertThrows(MalformedMessageException.class, () -> SequencePage.check(page.asSlice(0, 135)));
        page.set(ValueLayout.JAVA_BYTE, 4, (byte) 2);
        assertThrows(MalformedMessageException.class, () -> SequencePage.check(page));
        assertThrows(MalformedMessageException.class, () -> SequencePage.check(page().fill((byte) 0)));
    }

    private static MemorySegment page() {
        MemorySegment page = Arena.ofAuto().allocate(4096, 64);
        SequencePage.initialize(page);
        return page;
    }
}
