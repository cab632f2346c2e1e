package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.shm.DamageRects;

/** Readers get each record once, or are told that they have lost some. */
final class DamageJournalTest {
    private static final long STRESS_NANOS = 1_500_000_000L;

    private final DamageJournal journal = new DamageJournal();
    private final DamageRects rects = new DamageRects();

    private void write(long epoch, int n) {
        rects.clear();
        rects.add(n & 0x3fff, 1, (n & 0x3fff) + 1, 2);
        journal.write(epoch, n, 10L * n, rects);
    }

    @Test
    void readsItsEpochOnly() {
        DamageJournal.Reader reader = journal.new Reader();
        write(1, 5);
        write(2, 6);
        rects.clear();
        assertTrue(reader.read(2, journal.published(), rects));
        assertEquals(1, rects.count());
        assertEquals(6, rects.top(0));
        assertEquals(6, reader.sequence());
        assertEquals(60, reader.readNanos());
        assertFalse(reader.read(2, journal.published(), rects));
    }

    @Test
    void aRingFullIsNotLostAndOneMoreIs() {
        DamageJournal.Reader exact = journal.new Reader();
        for (int i = 1; i <= DamageJournal.SIZE; i++) {
            write(1, i);
        }
        assertTrue(exact.read(1, journal.published(), new DamageRects()));
        assertFalse(exact.lost());
        DamageJournal.Reader behind = journal.new Reader();
        for (int i = 1; i <= DamageJournal.SIZE + 1; i++) {
            write(1, i);
        }
        assertTrue(behind.read(1, journal.published(), new DamageRects()));
        assertTrue(behind.lost());
        assertEquals(DamageJournal.SIZE + 1, behind.sequence());
        assertFalse(behind.read(1, journal.published(), new DamageRects()));
    }

    @Test
    void sequencesRiseAfterALossEvenIfTheWriterWentOn() {
        DamageJournal.Reader reader = journal.new Reader();
        write(1, 1);
        long early = journal.published();
        for (int i = 2; i <= DamageJournal.SIZE + 10; i++) {
            write(1, i);
        }
        assertTrue(reader.read(1, early, new DamageRects()));
        assertTrue(reader.lost());
        long told = reader.sequence();
        assertFalse(reader.read(1, journal.published(), new DamageRects()));
        write(1, DamageJournal.SIZE + 11);
        assertTrue(reader.read(1, journal.published(), new DamageRects()));
        assertTrue(told < reader.sequence());
    }

    @Test
    void aReaderBesideAWriterNeverSeesHalfARecord() throws InterruptedException {
        DamageJournal.Reader reader = journal.new Reader();
        long end = System.nanoTime() + STRESS_NANOS;
        AtomicLong passes = new AtomicLong();
        Thread writer = Thread.ofPlatform().start(() -> {
            // Bursts that a reader can follow, and some that it cannot.
            for (int n = 1; System.nanoTime() < end; n++) {
                write(1, n);
                if (n % 100 == 0 && n % 40_000 < 20_000) {
                    awaitTwoMore(passes);
                }
            }
        });
        DamageRects read = new DamageRects();
        long before = 0;
        long whole = 0;
        while (writer.isAlive()) {
            passes.incrementAndGet();
            read.clear();
            long limit = journal.published();
            if (!reader.read(1, limit, read)) {
                continue;
            }
            assertTrue(before < reader.sequence(), () -> "sequence fell to " + reader.sequence());
            before = reader.sequence();
            if (!reader.lost()) {
                whole++;
                assertTrue(reader.readNanos() <= 10 * reader.sequence());
                for (int i = 0; i < read.count(); i++) {
                    assertEquals(1, read.left(i));
                    assertTrue(read.top(i) < read.bottom(i));
                }
            }
        }
        writer.join();
        assertTrue(whole > 0);
    }

    private static void awaitTwoMore(AtomicLong passes) {
        long wanted = passes.get() + 2;
        while (passes.get() < wanted) {
            Thread.onSpinWait();
        }
    }
}
