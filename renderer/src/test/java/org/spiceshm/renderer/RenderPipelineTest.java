package org.spiceshm.renderer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiceshm.protocol.qxl.CommandSlot.Kind;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Seal;

/** From slots to pixels, damage, completion: on one thread and on several. */
final class RenderPipelineTest {
    private static final int RED = 0xff0000;
    private static final int BLUE = 0x0000ff;
    private static final long STRESS_NANOS = 1_000_000_000L;

    private static PipelineOptions options(boolean oneThread) {
        return new PipelineOptions(64, oneThread, 100, 1 << 18, null);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void drawsAndTellsExactlyWhatChanged(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            pipe.primary(64, 32);
            pipe.drain();
            pipe.solid(0, 1, 2, 5, 9, RED);
            pipe.drain();
            pipe.copyBits(10, 20, 14, 27, 2, 1);
            pipe.drain();
            PrimarySurface primary = pipe.newest();
            assertEquals(RED, Pipe.pixel(primary, 2, 1));
            assertEquals(0, Pipe.pixel(primary, 9, 1));
            assertEquals(RED, Pipe.pixel(primary, 26, 13));
            assertEquals(List.of("created 64x32", "damage 1 2 5 9", "damage 10 20 14 27"), pipe.told);
            assertEquals(0, primary.offset() % 4096);
        }
    }

    /** Notes what it is told, with a pixel of the framebuffer as it is then. */
    private static final class Observer implements BatchObserver {
        private final List<String> told = new CopyOnWriteArrayList<>();
        private @Nullable PrimarySurface primary;
        private volatile boolean wants;

        @Override
        public void primary(@Nullable PrimarySurface newest) {
            primary = newest;
            told.add(newest == null ? "none" : newest.widthPixels() + "x" + newest.heightPixels());
        }

        @Override
        public boolean wantsBatches() {
            return wants;
        }

        @Override
        public void batchEnded(DamageBatch batch) {
            PrimarySurface now = primary;
            int pixel = now == null ? 0 : Pipe.pixel(now, 2, 1);
            StringBuilder text = new StringBuilder(batch.sequence() + ": " + Integer.toHexString(pixel));
            for (int i = 0; i < batch.rects().count(); i++) {
                text.append(' ')
                        .append(batch.rects().top(i))
                        .append('-')
                        .append(batch.rects().bottom(i));
            }
            told.add(text.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoLooksOnSeesEachBatchWholeAndWhatItHasChangedIfThatIsWanted(boolean oneThread) throws IOException {
        Observer observer = new Observer();
        try (Pipe pipe = new Pipe(options(oneThread), observer)) {
            pipe.primary(64, 32);
            pipe.drain();
            pipe.solid(0, 1, 2, 5, 9, RED);
            pipe.drain();
            observer.wants = true;
            pipe.solid(0, 1, 0, 7, 9, BLUE);
            pipe.drain();
            pipe.kind(Kind.PRIMARY_DESTROY, 0);
            pipe.drain();
            String red = Integer.toHexString(RED);
            String blue = Integer.toHexString(BLUE);
            assertEquals(List.of("64x32", "1: 0", "2: " + red, "3: " + blue + " 1-7", "none"), observer.told);
        }
    }

    @Test
    void damageStandsInTheSegmentsRing() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            DamageRing.Reader ring = new DamageRing.Reader(pipe.segments.get(0).memory());
            pipe.primary(64, 32);
            pipe.solid(0, 1, 2, 5, 9, RED);
            pipe.drain();
            assertTrue(ring.hasNext() && ring.take());
            assertEquals(List.of(1, 2, 5, 9), List.of(ring.top(), ring.left(), ring.bottom(), ring.right()));
            assertEquals(pipe.lastSequence, ring.batch());
            pipe.kind(Kind.PRIMARY_DESTROY, 0);
            pipe.primary(512, 256);
            pipe.solid(0, 3, 3, 4, 4, RED);
            pipe.drain();
            assertFalse(ring.hasNext(), "the next segment has a ring of its own");
            assertEquals(
                    1,
                    pipe.segments.get(1).memory().get(ValueLayout.JAVA_LONG, DamageRing.WAKE_OFFSET - 64),
                    "published");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void switchKeepsTheOldRoomAndGrowthGivesASealedSegment(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            pipe.primary(16, 16);
            pipe.solid(0, 0, 0, 16, 16, RED);
            pipe.kind(Kind.PRIMARY_DESTROY, 0);
            pipe.primary(32, 16);
            pipe.solid(0, 0, 0, 16, 32, BLUE);
            pipe.drain();
            PrimarySurface old = pipe.primaries.get(0);
            assertEquals(1, pipe.segments.size());
            assertEquals(RED, Pipe.pixel(old, 15, 15));
            assertEquals(BLUE, Pipe.pixel(pipe.newest(), 31, 15));
            long before = new SequencePage.Reader(old.segment().memory()).beginRead();
            pipe.kind(Kind.PRIMARY_DESTROY, 0);
            pipe.primary(512, 256);
            pipe.drain();
            assertEquals(2, pipe.segments.size());
            FramebufferSegment larger = pipe.segments.get(1);
            assertEquals(
                    EnumSet.of(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL),
                    larger.readOnlyFile().seals());
            assertEquals(larger, pipe.newest().segment());
            assertEquals(larger.sizeBytes(), larger.readOnlyFile().sizeBytes());
            SequencePage.Reader page = new SequencePage.Reader(larger.memory());
            long sequence = page.beginRead();
            assertTrue(before < sequence, "batches are counted on");
            assertTrue(page.validate(sequence), "quiet between batches");
        }
    }

    @Test
    void damageOfAPrimaryThatWasReplacedIsNotTold() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            pipe.primary(64, 64);
            pipe.drain();
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            pipe.pipeline.betweenBatches(() -> {
                entered.countDown();
                awaitQuietly(go);
            });
            awaitQuietly(entered);
            // All in one batch, as the render thread is busy.
            pipe.solid(0, 0, 0, 64, 64, RED);
            pipe.primary(8, 8);
            pipe.solid(0, 0, 0, 4, 4, BLUE);
            go.countDown();
            pipe.drain();
            assertEquals(List.of("created 64x64", "created 8x8", "damage 0 0 4 4"), pipe.told);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void writesBackByBothStridesAndReadsKeptData() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            for (int stride : new int[] {32, -32}) {
                pipe.guest.fill((byte) 0);
                pipe.primary(8, 4, stride, 0);
                pipe.solid(0, 0, 0, 1, 8, RED);
                pipe.update(0, 0, 2, 1, 5);
                pipe.drain();
                long row = stride > 0 ? 0 : 3 * 32;
                assertEquals(0, pipe.guest.get(ValueLayout.JAVA_INT, row + 4));
                assertEquals(RED, pipe.guest.get(ValueLayout.JAVA_INT, row + 8));
                assertEquals(RED, pipe.guest.get(ValueLayout.JAVA_INT, row + 16));
                assertEquals(0, pipe.guest.get(ValueLayout.JAVA_INT, row + 20));
                pipe.kind(Kind.PRIMARY_DESTROY, 0);
                pipe.primary(8, 4, stride, QxlFlags.SURFACE_KEEP_DATA);
                pipe.drain();
                assertEquals(RED, Pipe.pixel(pipe.newest(), 2, 0));
                assertEquals(0, Pipe.pixel(pipe.newest(), 2, 3));
                pipe.kind(Kind.PRIMARY_DESTROY, 0);
            }
        }
    }

    @Test
    void twoSurfacesOverOneAddressShareTheirPixels() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            pipe.surface(3, SurfaceFormat.XRGB_32, 8, 4, 32, 4096, 0);
            pipe.surface(40, SurfaceFormat.XRGB_32, 8, 4, 32, 4096, 0);
            pipe.solid(3, 0, 0, 4, 8, RED);
            pipe.kind(Kind.SURFACE_DESTROY, 3);
            pipe.update(40, 0, 0, 4, 8);
            pipe.drain();
            assertEquals(RED, pipe.guest.get(ValueLayout.JAVA_INT, 4096 + 3 * 32 + 28));
            assertEquals(List.of(), pipe.told, "nothing offscreen is told");
        }
    }

    @Test
    void oneBitSurfacesAreWrittenBackByBytes() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            pipe.guest.fill((byte) 0x55);
            pipe.surface(1, SurfaceFormat.A1, 20, 2, 4, 0, QxlFlags.SURFACE_KEEP_DATA);
            pipe.guest.set(ValueLayout.JAVA_INT, 0, 0);
            pipe.drain();
            pipe.guest.set(ValueLayout.JAVA_INT, 0, 0);
            pipe.update(1, 0, 9, 1, 17);
            pipe.drain();
            assertEquals(0, pipe.guest.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(0, pipe.guest.get(ValueLayout.JAVA_BYTE, 3));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fullRingSaysSoAndResumes(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            pipe.primary(8, 8);
            pipe.drain();
            pipe.held = true;
            for (int i = 0; i < 64; i++) {
                pipe.solid(0, 0, 0, 1, 1, i);
            }
            assertNull(pipe.claim());
            pipe.held = false;
            pipe.hold.release(1 << 10);
            pipe.solid(0, 0, 0, 1, 1, BLUE);
            pipe.drain();
            assertEquals(BLUE, Pipe.pixel(pipe.newest(), 0, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void betweenBatchesRunsWhenIdleAndUnderLoad(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            pipe.quiet = true;
            pipe.primary(8, 8);
            pipe.drain();
            pipe.pipeline.betweenBatches(() -> {
                throw new IllegalStateException("a task that fails, as the test wants it");
            });
            CountDownLatch idle = new CountDownLatch(1);
            pipe.pipeline.betweenBatches(idle::countDown);
            awaitQuietly(idle);
            CountDownLatch loaded = new CountDownLatch(1);
            pipe.pipeline.betweenBatches(() -> {
                SequencePage.Reader page =
                        new SequencePage.Reader(pipe.newest().segment().memory());
                assertTrue(page.validate(page.beginRead()));
                loaded.countDown();
            });
            for (int i = 0; i < 1000; i++) {
                pipe.solid(0, 0, 0, 8, 8, i);
            }
            awaitQuietly(loaded);
            pipe.drain();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void faultsPassThroughAndADisplayThatFailsStopsNothing(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            pipe.solid(7, 0, 0, 1, 1, RED);
            pipe.put(slot -> {
                slot.kind = Kind.DRAW;
                slot.fault = GuestFault.SURFACE_ABSENT;
            });
            pipe.put(slot -> slot.kind = Kind.PRIMARY_CREATE); // without a format: our mistake
            pipe.drain();
            assertEquals(
                    List.of(GuestFault.SURFACE_ABSENT, GuestFault.SURFACE_ABSENT, GuestFault.UNSUPPORTED), pipe.faults);
            pipe.primary(8, 8);
            pipe.fails = true;
            pipe.solid(0, 0, 0, 1, 1, RED);
            pipe.drain();
            pipe.fails = false;
            pipe.solid(0, 0, 0, 8, 8, BLUE);
            pipe.drain();
            assertEquals(BLUE, Pipe.pixel(pipe.newest(), 7, 7));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void copiesByTheSequencePageAreNeverTornAndOthersAre(boolean oneThread) throws IOException {
        try (Pipe pipe = new Pipe(options(oneThread))) {
            int size = 200;
            pipe.quiet = true;
            pipe.primary(size, size);
            pipe.solid(0, 0, 0, size, size, 0);
            pipe.drain();
            Torn torn = new Torn(pipe.newest());
            Thread reader = Thread.ofPlatform().start(torn);
            long end = System.nanoTime() + STRESS_NANOS;
            for (int n = 1; System.nanoTime() < end || (torn.whole.get() == 0 && n < 1 << 20); n++) {
                pipe.solid(0, 0, 0, size, size, n & 0xffffff);
                if (n % 4 == 0) {
                    pipe.drain();
                }
            }
            torn.stop = true;
            join(reader);
            pipe.drain();
            assertEquals(0, torn.acceptedTorn.get());
            assertTrue(torn.whole.get() > 0, "some copies are whole");
            assertNotEquals(0, torn.seenTorn.get(), "without the page some would have been torn");
            SequencePage.Reader page =
                    new SequencePage.Reader(pipe.newest().segment().memory());
            assertEquals(page.beginRead(), pipe.lastSequence);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Copies a picture of one colour again and again. */
    private static final class Torn implements Runnable {
        final PrimarySurface primary;
        volatile boolean stop;
        final AtomicLong whole = new AtomicLong();
        final AtomicLong seenTorn = new AtomicLong();
        final AtomicLong acceptedTorn = new AtomicLong();

        Torn(PrimarySurface primary) {
            this.primary = primary;
        }

        @Override
        public void run() {
            SequencePage.Reader page = new SequencePage.Reader(primary.segment().memory());
            while (!stop) {
                long sequence = page.beginRead();
                boolean same = isOneColour();
                boolean valid = page.validate(sequence);
                whole.addAndGet(valid ? 1 : 0);
                seenTorn.addAndGet(same ? 0 : 1);
                acceptedTorn.addAndGet(valid && !same ? 1 : 0);
            }
        }

        private boolean isOneColour() {
            int first = Pipe.pixel(primary, 0, 0);
            boolean same = true;
            for (int y = 0; y < primary.heightPixels(); y++) {
                same &= Pipe.pixel(primary, y, y) == first;
            }
            return same;
        }
    }

    @Test
    void allocatesNothingForACommand() throws IOException {
        try (Pipe pipe = new Pipe(options(true))) {
            pipe.quiet = true;
            pipe.primary(64, 64);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 20; round++) {
                long before = threads.getThreadAllocatedBytes(pipe.pipeline.renderThreadId());
                for (int i = 0; i < 5000; i++) {
                    pipe.solid(0, i % 60, 0, i % 60 + 3, 64, i);
                }
                pipe.drain();
                least = Math.min(least, threads.getThreadAllocatedBytes(pipe.pipeline.renderThreadId()) - before);
            }
            assertEquals(0, least);
        }
    }
}
