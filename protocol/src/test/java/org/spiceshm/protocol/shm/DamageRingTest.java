package org.spiceshm.protocol.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DamageRingTest {
    private final MemorySegment segment = Arena.ofAuto().allocate(DamageRing.FIRST_SURFACE_OFFSET, 64);
    private final DamageRing.Writer writer = new DamageRing.Writer(segment);
    private final DamageRing.Reader reader = new DamageRing.Reader(segment.asReadOnly());

    private void write(long batch, int... edges) {
        DamageRects rects = new DamageRects();
        for (int i = 0; i < edges.length; i += 4) {
            rects.add(edges[i], edges[i + 1], edges[i + 2], edges[i + 3]);
        }
        writer.write(batch, 100 + batch, 7, rects);
    }

    private long u64(long at) {
        return segment.get(ValueLayout.JAVA_LONG, at);
    }

    private int i32(long at) {
        return segment.get(ValueLayout.JAVA_INT, at);
    }

    @Test
    void fieldsLieWhereTheExtensionSays() {
        write(1, 0, 0, 9, 9);
        write(5, 1, 2, 3, 4, 21, 22, 23, 24);
        assertEquals(3, u64(4096), "claimed");
        assertEquals(3, u64(4096 + 64), "published");
        assertEquals(2, i32(4096 + 128), "wake, once a batch");
        assertEquals(4096 + 128, DamageRing.WAKE_OFFSET);
        long record = 8192 + 64;
        assertEquals(List.of(1L, 5L, 105L), List.of(u64(record), u64(record + 8), u64(record + 16)));
        assertEquals(7, i32(record + 24));
        assertEquals(
                List.of(1, 2, 3, 4), List.of(i32(record + 28), i32(record + 32), i32(record + 36), i32(record + 40)));
        assertEquals(2, u64(record + 64));
        assertEquals(270_336, DamageRing.FIRST_SURFACE_OFFSET);
        assertEquals(270_336, 8192 + 64 * DamageRing.RECORDS);
    }

    @Test
    void aReaderTakesEveryRecordOnceAndInOrder() {
        assertFalse(reader.hasNext());
        int wake = reader.wake();
        write(1, 0, 0, 1, 1, 2, 2, 3, 3);
        assertNotEquals(wake, reader.wake());
        write(2, 4, 5, 6, 8);
        assertTrue(reader.hasNext() && reader.take());
        assertEquals(1, reader.batch());
        assertTrue(reader.hasNext() && reader.take());
        assertTrue(reader.hasNext() && reader.take());
        assertEquals(List.of(2L, 102L), List.of(reader.batch(), reader.readNanos()));
        assertEquals(
                List.of(7, 4, 5, 6, 8),
                List.of(reader.surfaceId(), reader.top(), reader.left(), reader.bottom(), reader.right()));
        assertFalse(reader.hasNext());
    }

    @Test
    void aReaderThatComesLateBeginsBehindTheNewest() {
        write(1, 0, 0, 1, 1);
        DamageRing.Reader late = new DamageRing.Reader(segment);
        assertFalse(late.hasNext());
        write(2, 0, 0, 1, 1);
        assertTrue(late.hasNext() && late.take());
        assertEquals(2, late.batch());
    }

    @Test
    void aFullRingIsReadWhollyAndOneMoreRecordLosesTheFirst() {
        DamageRing.Reader other = new DamageRing.Reader(segment);
        for (int i = 1; i <= DamageRing.RECORDS; i++) {
            write(i, 0, 0, 1, 1);
        }
        for (int i = 1; i <= DamageRing.RECORDS; i++) {
            assertTrue(other.take());
            assertEquals(i, other.batch());
        }
        write(DamageRing.RECORDS + 1, 0, 0, 1, 1);
        assertTrue(reader.hasNext());
        assertFalse(reader.take(), "overwritten");
        assertFalse(reader.hasNext(), "reading goes on behind the newest");
        write(DamageRing.RECORDS + 2, 0, 0, 1, 1);
        assertTrue(reader.take());
        assertEquals(DamageRing.RECORDS + 2, reader.batch());
    }

    /** Every record says the same thing five times; a mixture of two would not. */
    @Test
    @Timeout(60)
    void aReaderThatIsOvertakenAgainAndAgainTakesNoMixedRecord() throws InterruptedException {
        int records = 3_000_000;
        Thread telling = Thread.ofPlatform().start(() -> {
            DamageRects rects = new DamageRects();
            for (int n = 1; n <= records; n++) {
                rects.clear();
                rects.add(n, n, n + 1, n + 1);
                writer.write(n, n, n, rects);
            }
        });
        long last = 0;
        long taken = 0;
        while (last != records) {
            boolean ended = !telling.isAlive();
            if (reader.hasNext() && reader.take()) {
                long n = reader.batch();
                assertTrue(last < n, "in order");
                assertEquals(
                        List.of(n, n, n, n),
                        List.of(
                                reader.readNanos(),
                                (long) reader.surfaceId(),
                                (long) reader.top(),
                                (long) reader.right() - 1));
                last = n;
                taken++;
            } else if (ended && !reader.hasNext()) {
                break;
            }
        }
        telling.join();
        assertTrue(taken > 0);
    }

    @Test
    void nothingInTheSegmentMakesAReaderFail() {
        for (long published : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 5}) {
            segment.set(ValueLayout.JAVA_LONG, 4096 + 64, published);
            segment.set(ValueLayout.JAVA_LONG, 4096, -published);
            for (int i = 0; i < 10 && reader.hasNext(); i++) {
                reader.take();
            }
            assertFalse(reader.hasNext());
        }
    }

    @Test
    void onlySegmentsWithRoomForItHaveARing() {
        assertFalse(DamageRing.fits(DamageRing.FIRST_SURFACE_OFFSET - 1));
        assertTrue(DamageRing.fits(DamageRing.FIRST_SURFACE_OFFSET));
    }
}
